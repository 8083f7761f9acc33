"""Clean texts and keys from untrusted sources: readable text with normalised white space, or None if nothing remains.

`tidy` is idempotent; `strip_markup` (HTML, entities, markers) is not, so use it for raw reviews only.
"""

from __future__ import annotations

import html
import re

from rdrec.core import settings
from rdrec.core.untrusted import shown

_BREAKING_TAG = re.compile(r"<\s{0,5}/?\s{0,5}(?:br|p|div|li|ul|ol|tr|h[1-6])\b[^<>]{0,2000}>", re.IGNORECASE)
_INLINE_TAG = re.compile(
    r"<\s{0,5}/?\s{0,5}(?:a|abbr|b|big|blockquote|center|code|em|font|hr|i|img|pre|q|s|small|span|strike|strong|sub|sup|table|tbody|td|th|u|video|input)"
    r"\b[^<>]{0,2000}>",
    re.IGNORECASE,
)
_LINE_BREAK = re.compile(r"(?<![ \t])[ \t]*+(?:\r\n|[\n\r\v\f\x85\u2028\u2029])\s*+")
# C0 and C1 controls, zero-width and bidirectional controls (which hide or reverse text), noncharacters; but not emoji joiners
_CONTROL = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
_BLANKS = re.compile(r"[^\S\n]+")
_SPACES = re.compile(" {2,}")
_VIDEO = re.compile(r"\[\[VIDEO ?ID:[^\[\]]{0,200}\]\]", re.IGNORECASE)
_PRODUCT = re.compile(r"\[\[ASIN:\s?\w{1,20}([^\[\]]{0,1000})\]\]", re.IGNORECASE)
_SURROGATE = re.compile("[\ud800-\udfff]")
_ENDLESS_REFERENCE = re.compile(r"&#[0-9]{20,};?")  # no character has such a number, and Python converts only 4,300 digits


def strip_markup(text: str) -> str:
    """Remove Amazon's markers (keeping product names), HTML tags (a break becomes a line break) and entities.

    `I &lt;3 it<br />` becomes `I <3 it`; nested entities are decoded `data.unescape_rounds` deep.
    """
    for _ in range(settings.integer("data.unescape_rounds")):
        before = text
        if "[[" in text:
            text = _PRODUCT.sub(r"\1", _VIDEO.sub("", text))
        if "<" in text:
            text = _INLINE_TAG.sub("", _BREAKING_TAG.sub("\n", text))
        if "&" in text:
            text = html.unescape(_ENDLESS_REFERENCE.sub("\ufffd", text))
        if text == before:
            break
    return text


def replace_surrogates(text: str) -> tuple[str, int]:
    """Replace lone surrogates, which cannot be stored in a file, by U+FFFD; return the text and their number."""
    return (text, 0) if text.isascii() else _SURROGATE.subn("\ufffd", text)


def tidy(text: str | None, limit: int | None = None) -> str | None:
    """Remove control characters, collapse runs of blanks and line breaks, cut to `limit` characters; None if nothing remains."""
    if text is None:
        return None
    if text.isprintable():  # fast path for most texts: only spaces, nothing hidden
        text = _spaced(text)
    elif text.replace("\n", "").isprintable():
        text = "\n".join(line for line in map(_spaced, text.split("\n")) if line)
    else:
        text = _LINE_BREAK.sub("\n", text)
        text = _BLANKS.sub(" ", _CONTROL.sub("", text))
        text = _LINE_BREAK.sub("\n", text).strip()
    if limit is not None and len(text) > limit:
        text = text[:limit].rstrip()
    return text or None


def _spaced(line: str) -> str:
    return (_SPACES.sub(" ", line) if "  " in line else line).strip()


def one_line(text: str | None) -> str | None:
    """`tidy` on a single line, cut to `data.max_title_chars`: for titles, summaries and names."""
    return tidy(None if text is None else re.sub(r"\s+", " ", text), settings.integer("data.max_title_chars"))


def as_key(value: object) -> str | None:
    """A user or item key as text, or None if it is neither text nor a whole number (7.0, written by pandas, is one)."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:  # beyond 2**53, different integers share a float
        return str(int(value))
    fits = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**64
    return str(value) if fits else None


def key_fault(key: object) -> str | None:
    """Why `key` cannot be a user or item key, or None: it must be printable, without outer blanks, and not too long."""
    if not isinstance(key, str):
        return f"expected a text, not {shown(key)}"
    if not key or key != key.strip():
        return "is empty" if not key.strip() else "begins or ends with a blank"
    if len(key) > settings.integer("data.max_key_chars"):
        return f"is longer than {settings.integer('data.max_key_chars')} characters"
    if not key.isprintable():
        return "contains an unprintable character"
    return None


def same_text(text: str) -> str:
    """The normalised form under which two reviews count as the same text."""
    return " ".join(text.split()).casefold()
