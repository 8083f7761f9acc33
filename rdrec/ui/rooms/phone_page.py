"""The page that a phone opens: one small file without Gradio, the same for all rooms.

It contains only our own text.  What a room shows arrives as JSON and becomes text nodes (assets/rooms/phone.js), so no title can become
markup, and the content security policy allows no script and no style but those in the page.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache

from rdrec.core.home import PROJECT
from rdrec.explorer.rooms import CODE_LENGTH
from rdrec.ui.render import document, fill
from rdrec.ui.rooms import strings as words

_FOLDER = PROJECT / "assets" / "rooms"


@dataclass(frozen=True, slots=True)
class PhonePage:
    """The page as it is sent, and its content security policy."""

    body: bytes
    policy: str


@cache
def cached_page() -> PhonePage:
    """The page, made once."""
    style = (_FOLDER / "phone.css").read_text("utf-8")
    code = (_FOLDER / "phone.js").read_text("utf-8")
    text = document(words.PHONE_TITLE, style, code, fill("phone", most=4 * CODE_LENGTH, words=words))
    policy = (
        f"default-src 'none'; script-src '{_digest(code)}'; style-src '{_digest(style)}'; connect-src 'self'; img-src data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'self' https://huggingface.co https://*.hf.space"
    )
    return PhonePage(text.encode(), policy)


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
