"""Make untrusted text safe to show: remove control, bidirectional, zero-width and private characters.  And a capital at the start."""

from __future__ import annotations

import unicodedata

_MARKS, _BREAKS = ("Mn", "Me"), ("Zl", "Zp")
MAX_MARKS = 3  # combining marks on one letter; more is "zalgo" text that covers its neighbours


def plain(text: object, limit: int | None = None) -> str:
    """Text for plain-text widgets, without control, bidirectional, zero-width and private characters; line breaks stay.

    Longer text is cut at `limit` characters and ends with an ellipsis.
    """
    value = str(text)
    if not (value.isascii() and value.isprintable()):
        value = _visible(value)
    return value if limit is None or len(value) <= limit else value[: limit - 1].rstrip() + "…"


def upper_first(text: str) -> str:
    """The text with a capital at the start, the rest unchanged."""
    return text[:1].upper() + text[1:]


def _visible(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not any(map(_is_special, set(text))):
        return text
    kept: list[str] = []
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in _MARKS else 0
        if character in "\n\t" or (category[0] != "C" and category not in _BREAKS and marks <= MAX_MARKS):
            kept.append(character)
        elif category in _BREAKS:
            kept.append("\n")
    return "".join(kept)


def _is_special(character: str) -> bool:
    category = unicodedata.category(character)
    return (category[0] == "C" and character not in "\n\t") or category in _BREAKS or category in _MARKS
