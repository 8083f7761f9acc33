"""The Teach menu (guess first, lock shopper, large type) and the guessing game: components, and what a press of a button does.

The switches are in the address (`?hide=1&lock=1&large=1`), guesses in the visitor's own gr.State.  assets/classroom.js does what needs
no server: the lock, large type, the address.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import gradio as gr

from rdrec.core.records import InputError
from rdrec.explorer import guess, url
from rdrec.explorer.guess import Guesses
from rdrec.explorer.store import Store
from rdrec.ui import texts
from rdrec.ui.explore import guess_panel
from rdrec.ui.learn import strings as learn_texts
from rdrec.ui.parts import door
from rdrec.ui.render import element
from rdrec.ui.render import page as html

ROOM = "#rd-tabs .rd-room"
SHOW = "(hide, lock, large) => window.rdClass.show(hide, lock, large)"
SWITCHED = "(hide, lock, large) => window.rdClass.switched(hide, lock, large)"
PRESSED = "() => window.rdClass.pressed()"


@dataclass(frozen=True)
class Look:
    """secret: whether the held-out purchase must stay hidden; panel: the game's HTML, empty if it is off."""

    secret: bool
    panel: str


@dataclass(frozen=True)
class Pressed:
    """The visitor's guesses after a press; revealed: whether the page may now show the held-out purchase."""

    state: Guesses
    panel: str
    revealed: bool


@contextmanager
def menu(label: str, elem_id: str) -> Iterator[None]:
    """A button that opens a menu: the one component made within, of class rd-menu-body (assets/link.js)."""
    button = element("button", label, element("span", " ▾", aria_hidden="true"), type="button", cls="menu-button", data_menu=elem_id, aria_expanded="false")  # fmt: skip
    with gr.Column(elem_classes="rd-menu", elem_id=elem_id, min_width=90, scale=0):
        gr.HTML(html(button), elem_classes="rd", padding=False)
        yield


class Classroom:
    """The components; the page calls the `lay_out` methods from top to bottom."""

    def lay_out_switches(self) -> None:
        """The menu at the end of the row of controls: switches, and a link to the voting room."""
        with menu(texts.TEACH_LABEL, "rd-teach-menu"), gr.Column(elem_classes="rd-menu-body rd-switches", elem_id="rd-teach"):
            self.hide, self.lock, self.large = (
                gr.Checkbox(False, label=texts.SWITCHES[key], elem_id=f"rd-{key}", container=False, min_width=80, scale=0)
                for key in url.SWITCHES
            )
            gr.HTML(html(door(texts.VOTE, learn_texts.TAB, ROOM, focus=f"{ROOM} button")), elem_classes="rd", padding=False)

    def lay_out_note(self) -> None:
        """The note that explains a locked shopper, shown only while locked."""
        gr.HTML(html(element("p", texts.LOCKED, cls="locked-words")), elem_classes="rd rd-lock-note", elem_id="rd-lock-note")

    def lay_out_guess(self) -> None:
        """Lay out the guessing game."""
        self.panel = gr.HTML("", elem_classes="rd", elem_id="rd-guess")
        # hidden, not absent: parts that show the truth listen to its changes
        self.secret = gr.Checkbox(False, visible="hidden")
        self.state = gr.State(None)
        self.go = gr.Button("", visible="hidden", elem_id="rd-guess-go")

    @property
    def switches(self) -> list[gr.components.Component]:
        """The three switches, in the order of the address."""
        return [self.hide, self.lock, self.large]

    @property
    def inputs(self) -> list[gr.components.Component]:
        """The inputs that decide whether a shopper's held-out purchase stays hidden."""
        return [self.hide, self.state]


def look(store: Store, view: url.View, hide: object = False, state: object = None) -> Look:
    """`hide` and `state`: the values of `Classroom.inputs`.  Raises RDRecError if a table cannot be read."""
    if hide is not True:
        return Look(False, "")
    guesses, key = guess.of(state), (view.data, view.user)
    asked = guess.question(store, view.user)
    if asked is None:
        return Look(False, guess_panel.nothing(guesses))
    return Look(not guess.revealed(guesses, key), guess_panel.panel(store, asked, guesses, key))


def press(store: Store, view: url.View, wish: object, state: object) -> Pressed:
    """Apply a press of a product, of "back" or of "reveal".  Raises RDRecError if a table cannot be read."""
    guesses, key = guess.of(state), (view.data, view.user)
    asked = guess.question(store, view.user)
    if asked is None:
        return Pressed(guesses, guess_panel.nothing(guesses), False)
    pressed = wish.get("guess") if isinstance(wish, Mapping) else None
    try:
        if pressed == "reveal":
            return Pressed(guess.reveal(guesses, key, asked), "", True)
        new = guess.take_back(guesses, key) if pressed == "back" else guess.cast(guesses, key, asked, url.parse_number(pressed))
        return Pressed(new, guess_panel.panel(store, asked, new, key), False)
    except InputError as error:
        return Pressed(guesses, guess_panel.panel(store, asked, guesses, key, error.what), False)
