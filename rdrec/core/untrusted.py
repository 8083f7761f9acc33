"""Check texts and numbers from untrusted sources, so that they can be stored, printed and used in computations.

`str.isdigit` accepts "²", and Python refuses to convert or print integers of more than 4,300 digits.
"""

from __future__ import annotations

import re
import stat
import tomllib
from email.utils import parsedate_to_datetime
from math import inf
from pathlib import Path
from time import time
from typing import Any

_WHOLE = re.compile(r"[0-9]{1,18}")  # fits into 64 bits
_SECONDS = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,9})?")
_SHOWN = 60
_MOST_TOML_BYTES, _MOST_DOTS = 1_000_000, 1_000
_MOST_WORK = 4 * _MOST_DOTS**2  # the sum over all lines of the square of their dots


def whole_number(text: str) -> int | None:
    """The value of 1 to 18 ASCII digits; None for anything else."""
    return int(text) if _WHOLE.fullmatch(text) else None


def retry_after(value: str | None) -> float | None:
    """Seconds from a Retry-After header, which contains seconds or a date; None if it is neither."""
    if value is None:
        return None
    if _SECONDS.fullmatch(value.strip()):
        return float(value)
    if value.strip().isdecimal() and value.isascii():
        return inf  # too many digits for a float
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time())
    except (ValueError, TypeError, OverflowError):
        return None


def read_toml(path: Path) -> dict[str, Any]:
    """Read a small TOML file.  Dotted keys are limited, because the parser needs time and memory quadratic in their number of parts.

    Raises OSError, and ValueError with a message for any other file.
    """
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode) or facts.st_size > _MOST_TOML_BYTES:
        raise ValueError(f"it is not a regular file of at most {_MOST_TOML_BYTES:,} bytes")
    text = path.read_bytes().decode()
    # A key can be anywhere on a line, even in an inline table, but cannot span lines.
    dots = [line.count(".") for line in text.splitlines()]
    if max(dots, default=0) > _MOST_DOTS:
        raise ValueError(f"a line has more than {_MOST_DOTS:,} dots, so a key may have more than that many parts")
    if sum(count * count for count in dots) > _MOST_WORK:
        raise ValueError("too many lines have hundreds of dots, so keys may have as many parts")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def shown(value: object) -> str:
    """A value for an error message, truncated."""
    try:
        text = repr(value)
    except ValueError:  # contains an integer with thousands of digits
        return f"a {type(value).__name__} that contains a number with thousands of digits"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
