"""Texts and numbers from outside, checked at the border: what passes can be stored, printed and computed with.

`str.isdigit` accepts "²", and Python refuses to convert or print integers of more than 4,300 digits.
"""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from math import inf
from time import time

_WHOLE = re.compile(r"[0-9]{1,18}")  # fits into 64 bits
_SECONDS = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,9})?")
_SHOWN = 60


def whole_number(text: str) -> int | None:
    """The value of 1 to 18 ASCII digits; None for anything else."""
    return int(text) if _WHOLE.fullmatch(text) else None


def retry_after(value: str | None) -> float | None:
    """Seconds from a Retry-After header, which holds seconds or a date; None where it says nothing usable."""
    if value is None:
        return None
    if _SECONDS.fullmatch(value.strip()):
        return float(value)
    if value.strip().isdecimal() and value.isascii():
        return inf  # more digits than any wait has
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time())
    except (ValueError, TypeError, OverflowError):
        return None


def shown(value: object) -> str:
    """A value for an error message, truncated."""
    try:
        said = repr(value)
    except ValueError:  # holds an integer of thousands of digits
        return f"a {type(value).__name__} with a number of thousands of digits"
    return said if len(said) <= _SHOWN else said[: _SHOWN - 3] + "..."
