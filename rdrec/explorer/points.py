"""Format shares, differences, p-values and ranks for the page."""

from __future__ import annotations


def of_100(value: float) -> str:
    """A share as points out of 100."""
    return f"{100 * value:.1f}"


def signed(value: float) -> str:
    """A difference as points out of 100 with a sign, except for zero."""
    points = f"{100 * value:+.1f}"
    return "0.0" if float(points) == 0 else points.replace("-", "−")


def p_value(p: float) -> str:
    """A p-value in a table."""
    return f"{p:.3f}" if p >= 0.001 else "<\N{NO-BREAK SPACE}0.001"


def chance(p: float) -> str:
    """A p-value in a sentence, behind the letter: "= 0.118"."""
    return f"=\N{NO-BREAK SPACE}{p_value(p)}" if p >= 0.001 else p_value(p)


def ordinal(rank: int) -> str:
    """'1st', '43rd', '1,012th'."""
    ending = "th" if rank % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank:,}{ending}"
