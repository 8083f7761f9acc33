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
from rdrec.ui.render import Html, document, element
from rdrec.ui.rooms import strings as words

_FOLDER = PROJECT / "assets" / "rooms"


@dataclass(frozen=True, slots=True)
class PhonePage:
    """The page as it is sent, and its content security policy."""

    body: bytes
    policy: bytes


@cache
def cached_page() -> PhonePage:
    """The page, made once."""
    style = (_FOLDER / "phone.css").read_text("utf-8")
    code = (_FOLDER / "phone.js").read_text("utf-8")
    text = document(words.PHONE_TITLE, style, code, _main())
    policy = (
        f"default-src 'none'; script-src '{_digest(code)}'; style-src '{_digest(style)}'; connect-src 'self'; img-src data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'self' https://huggingface.co https://*.hf.space"
    )
    return PhonePage(text.encode(), policy.encode())


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _main() -> Html:
    code = element(
        "input", name="room", id="code", maxlength=4 * CODE_LENGTH, autocomplete="off", autocapitalize="characters", type="text"
    )
    return element(
        "main",
        element("header", element("b", words.NAME), element("span", words.ROOM, " ", element("b", id="room"), id="where", hidden="")),
        element("p", words.LOST, id="lost", role="alert", hidden=""),
        element("noscript", element("p", words.NEEDS_SCRIPT)),
        element("h1", id="text", tabindex=-1),
        element("p", id="said", role="status"),
        element("div", element("p", words.BOUGHT_BEFORE, cls="small"), element("ul", id="context"), id="before", hidden=""),
        element("ol", id="choices"),
        element("p", id="because", hidden=""),
        element("form", element("label", words.ENTER, " ", code), " ", element("button", words.JOIN), id="join", hidden=""),
        element("p", element("a", words.OWN_WINDOW, href="?room=", target="_blank", id="own"), id="framed", hidden=""),
        element("p", words.NO_NAMES, cls="small"),
        element("span", words.MINE, id="mine", hidden=""),
        element("span", words.ANSWER, id="answer", hidden=""),
    )  # fmt: skip
