"""The lecturer's panel: open a room, its QR code and address, the question, the votes as bars.  assets/rooms/panel.js fills it.

The room's key stays in the browser that opened the room (`sessionStorage`, so that it survives a reload) and is sent to the server only
in bodies and headers, never in an address.
"""

from __future__ import annotations

import gradio as gr

from rdrec.core.home import PROJECT
from rdrec.core.settings import integer
from rdrec.explorer.catalogue import Catalogue
from rdrec.ui.parts import small_print
from rdrec.ui.render import Html, element
from rdrec.ui.render import page as html
from rdrec.ui.rooms import strings as words
from rdrec.ui.rooms.routes import RoomService

STYLE, SCRIPT = PROJECT / "assets" / "rooms" / "panel.css", PROJECT / "assets" / "rooms" / "panel.js"
ASKED = "(data, user) => window.rdRooms.ask('guess', data, user)"
ASKED_HELP = "(data, user) => window.rdRooms.ask('help', data, user)"


class RoomPanel:
    """May be laid out in several places of a page, all of which show the same room.  Call `wire` once, after the last `lay_out`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._buttons: list[tuple[gr.Button, str]] = []

    def lay_out(self) -> None:
        """Lay out within the current block."""
        gr.HTML(panel(), elem_classes="rd rd-room-place")
        # A button within the panel presses one of these, so that the question is about the shopper that the page shows at that moment.
        self._buttons.append((gr.Button("", visible="hidden", elem_classes="rd-room-go-guess"), ASKED))
        self._buttons.append((gr.Button("", visible="hidden", elem_classes="rd-room-go-help"), ASKED_HELP))

    def wire(self, data: gr.components.Component, user: gr.components.Component) -> None:
        """data, user: the page's controls.  Also makes this page serve the room's routes."""
        for button, script in self._buttons:
            button.click(None, [data, user], None, js=script, api_visibility="private")
        context = gr.context.Context.root_block
        assert context is not None
        RoomService(self._catalogue).offer(context)


def panel() -> str:
    """The panel before a room is opened; parts for an open room are hidden."""
    return html(
        element(
            "section",
            element("h3", words.TITLE),
            element(
                "div",
                element("p", words.INTRO),
                small_print(words.KEPT.format(minutes=integer("page.room_minutes")), " ", words.HIDES),
                element("p", _button("open", words.OPEN, "door primary")),
                cls="idle",
            ),
            element(
                "div",
                element("div", element("p", words.ONLY_HERE), cls="only-here rd-notice", hidden=""),
                _invitation(),
                _vote(),
                cls="live",
                hidden="",
            ),
            element("div", element("p", cls="words"), cls="wrong rd-notice", role="alert", hidden=""),
            cls="rd-panel rd-room",
        )
    )


def _invitation() -> Html:
    return element(
        "div",
        element("button", type="button", cls="qr", data_room="enlarge", title=words.ENLARGE, aria_label=words.ENLARGE),
        element(
            "div",
            element("p", words.SCAN, " ", words.OR_TYPE),
            element("p", cls="address"),
            element("p", words.CODE),
            element("p", cls="code"),
            cls="how",
        ),
        element(
            "dialog",
            element("p", cls="code"),
            element("div", cls="large"),
            element("p", cls="address"),
            _button("shrink", words.SHRINK),
            aria_label=words.QR,
        ),
        cls="invite",
    )


def _vote() -> Html:
    hint = element("span", words.ANSWER, cls="answer-word", hidden="")
    return element(
        "div",
        element("p", words.NO_QUESTION, cls="none"),
        element("p", element("b", cls="text"), element("span", cls="votes"), cls="asked", hidden=""),
        element("ol", cls="choices"),
        element("p", cls="because", role="status", hidden=""),
        element("p", element("span", cls="phase", role="status"), " ", element("span", cls="left"), cls="small"),
        element("div", element("p", words.LOST), cls="lost rd-notice", hidden=""),
        element(
            "div",
            _button("ask-guess", words.ASK_GUESS),
            _button("ask-help", words.ASK_HELP),
            _button("close", words.CLOSE),
            _button("reopen", words.REOPEN),
            _button("veil", words.VEIL),
            _button("unveil", words.UNVEIL),
            _button("reveal", words.REVEAL, "door primary"),
            _button("end", words.END, "door end"),
            cls="doors",
        ),
        hint,
        cls="vote",
    )


def _button(name: str, text: str, cls: str = "door") -> Html:
    return element("button", text, type="button", cls=cls, data_room=name)
