"""What a teacher switches, and the guessing game's place on the page: components, and what a press comes to.

In: the catalogue's stores, a view, what was pressed.  Out: components, and a `Look`: whether the hidden purchase stays hidden.
The switches are in the address (`?hide=1&lock=1&large=1`); guesses are in the visitor's own gr.State.  assets/classroom.js does what
needs no server: the lock, large type, the address.
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
from rdrec.ui import class_texts as words
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
    """secret: the hidden purchase must not be told; panel: the game's HTML, empty where it is off."""

    secret: bool
    panel: str


@dataclass(frozen=True)
class Pressed:
    """What the visitor's guesses became; revealed: the whole page may tell the truth now."""

    state: Guesses
    panel: str
    revealed: bool


@contextmanager
def menu(label: str, elem_id: str) -> Iterator[None]:
    """A button and what it opens: the one component made within, of class rd-menu-body.  assets/link.js opens and closes it."""
    button = element("button", label, element("span", " ▾", aria_hidden="true"), type="button", cls="menu-button", data_menu=elem_id, aria_expanded="false")  # fmt: skip
    with gr.Column(elem_classes="rd-menu", elem_id=elem_id, min_width=90, scale=0):
        gr.HTML(html(button), elem_classes="rd", padding=False)
        yield


class Classroom:
    """Components, made once, in the order in which the page asks for them."""

    def lay_out_switches(self) -> None:
        """The menu at the end of the row in which a shopper is chosen: switches, and the way to the voting room."""
        with menu(texts.TEACH_LABEL, "rd-teach-menu"), gr.Column(elem_classes="rd-menu-body rd-switches", elem_id="rd-teach"):
            self.hide, self.lock, self.large = (
                gr.Checkbox(False, label=words.LABEL[key], elem_id=f"rd-{key}", container=False, min_width=80, scale=0)
                for key in url.SWITCHES
            )
            gr.HTML(html(door(words.VOTE, learn_texts.TAB, ROOM, focus=f"{ROOM} button")), elem_classes="rd", padding=False)

    def lay_out_note(self) -> None:
        """What locked means; shown where it is."""
        gr.HTML(html(element("p", words.LOCKED, cls="locked-words")), elem_classes="rd rd-lock-note", elem_id="rd-lock-note")

    def lay_out_guess(self) -> None:
        self.panel = gr.HTML("", elem_classes="rd", elem_id="rd-guess")
        self.secret = gr.Checkbox(False, visible="hidden")  # mounted, so that parts that know the truth hear of a change
        self.state = gr.State(None)
        self.go = gr.Button("", visible="hidden", elem_id="rd-guess-go")

    @property
    def switches(self) -> list[gr.components.Component]:
        return [self.hide, self.lock, self.large]

    @property
    def taught(self) -> list[gr.components.Component]:
        """What decides whether a shopper's hidden purchase is told: inputs of every change of the shopper."""
        return [self.hide, self.state]


def look(store: Store, view: url.View, hide: object = False, state: object = None) -> Look:
    """`hide` and `state` as `Classroom.taught` gives them.  Raises RDRecError when a table cannot be read."""
    if hide is not True:
        return Look(False, "")
    guesses, key = guess.of(state), (view.data, view.user)
    asked = guess.question(store, view.user)
    if asked is None:
        return Look(False, guess_panel.nothing(guesses))
    return Look(not guess.revealed(guesses, key), guess_panel.panel(store, asked, guesses, key))


def press(store: Store, view: url.View, wish: object, state: object) -> Pressed:
    """A product, "back" or "reveal", as a button of the game asks for it.  Raises RDRecError when a table cannot be read."""
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
