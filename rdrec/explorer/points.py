"""How figures are written: points of 100, with their sign where they are differences, p-values and ranks."""

from __future__ import annotations


def of_100(value: float) -> str:
    """A share as points of 100."""
    return f"{100 * value:.1f}"


def signed(value: float) -> str:
    """Points of 100 with their sign; what rounds to zero has none."""
    words = f"{100 * value:+.1f}"
    return "0.0" if float(words) == 0 else words.replace("-", "−")


def chance(p: float) -> str:
    """A p-value."""
    return f"{p:.3f}" if p >= 0.001 else "< 0.001"


def ordinal(rank: int) -> str:
    """'1st', '43rd', '1,012th'."""
    ending = "th" if rank % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank:,}{ending}"
