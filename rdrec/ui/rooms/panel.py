"""The lecturer's panel: open a room, its QR code and address, the question, the votes as bars.  assets/rooms/panel.js fills it.

The room's key stays in the browser that opened the room (`sessionStorage`, so that it survives a reload) and is sent to the server only
in bodies and headers, never in an address.
"""

from __future__ import annotations

import gradio as gr

from rdrec.core.home import PROJECT
from rdrec.core.settings import integer
from rdrec.explorer.catalogue import Catalogue
from rdrec.ui.render import fill
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
    return fill("room", minutes=integer("page.room_minutes"), words=words).text
