"""Format shares, differences, p-values, ranks and dates for the page."""

from __future__ import annotations

from datetime import UTC, datetime

from rdrec.explorer import sentences


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


def date_words(timestamp: int | None, pattern: str = "%-d %b %Y") -> str:
    """Format Unix seconds as a date; "no date" if there is none."""
    if timestamp is None:
        return sentences.NO_DATE
    try:
        return datetime.fromtimestamp(timestamp, UTC).strftime(pattern)
    except (ValueError, OverflowError, OSError):  # outside the years that datetime supports
        return sentences.NO_DATE
