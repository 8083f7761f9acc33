"""Dates of purchases, in words."""

from __future__ import annotations

from datetime import UTC, datetime

from rdrec.explorer import sentences


def date_words(timestamp: int | None, pattern: str = "%-d %b %Y") -> str:
    """Format Unix seconds as a date; "no date" if there is none."""
    if timestamp is None:
        return sentences.NO_DATE
    try:
        return datetime.fromtimestamp(timestamp, UTC).strftime(pattern)
    except (ValueError, OverflowError, OSError):  # outside the years that datetime supports
        return sentences.NO_DATE
