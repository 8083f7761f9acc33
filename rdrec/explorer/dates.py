"""Dates of purchases, in words."""

from __future__ import annotations

from datetime import UTC, datetime

from rdrec.explorer import sentences


def date_words(timestamp: int | None, pattern: str = "%-d %b %Y") -> str:
    """A time in seconds as a date; a sentence where there is none."""
    if timestamp is None:
        return sentences.NO_DATE
    try:
        return datetime.fromtimestamp(timestamp, UTC).strftime(pattern)
    except (ValueError, OverflowError, OSError):  # no year that a calendar has
        return sentences.NO_DATE
