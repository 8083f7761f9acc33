"""The lecturer's panel: open a room, its QR code and address, the question, the votes as bars.  assets/rooms/panel.js fills it.

The room's key stays in the browser that opened the room (`sessionStorage`, so that it survives a reload) and is sent to the server only
in bodies and headers, never in an address.
"""

from __future__ import annotations

import gradio as gr

from rdrec.core.home import PROJECT
from rdrec.core.settings import integer
from rdrec.ui.render import fill
from rdrec.ui.rooms import strings as words

STYLE, SCRIPT = PROJECT / "assets" / "rooms" / "panel.css", PROJECT / "assets" / "rooms" / "panel.js"


class RoomPanel:
    """The components."""

    def lay_out(self) -> None:
        """Lay out within the current block."""
        gr.HTML(panel(), elem_classes="rd rd-room-place")
        # A button within the panel presses one of these, so that the question is about the shopper that the page shows at that moment.
        self._asked = {kind: gr.Button("", visible="hidden", elem_classes=f"rd-room-go-{kind}") for kind in ("guess", "help")}

    def wire(self, data: gr.components.Component, user: gr.components.Component) -> None:
        """data, user: the page's controls."""
        for kind, button in self._asked.items():
            script = f"(data, user) => window.rdRooms.ask('{kind}', data, user)"
            button.click(None, [data, user], None, js=script, api_visibility="private")


def panel() -> str:
    """The panel before a room is opened; parts for an open room are hidden."""
    return fill("room", minutes=integer("page.room_minutes"), words=words).text
