""" "Train for a minute" in the Learn tab: layout and wiring.

Training has its own queue, so no live answer waits for it; a second visitor is refused at once with a sentence.  It ends when Stop is
pressed, when the visitor's tab closes (Gradio calls `unload` and closes the iterator), or when its time is up.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from rdrec.core.records import RDRecError
from rdrec.explorer import url
from rdrec.explorer.catalogue import Catalogue
from rdrec.explorer.lab import Lab, LabBusyError
from rdrec.explorer.lab_records import STARTS
from rdrec.explorer.sentences import failed
from rdrec.ui.explore import live_panel
from rdrec.ui.follow import follow
from rdrec.ui.lab import panel as lab_panel
from rdrec.ui.lab import strings as words
from rdrec.ui.lab.panel import Seen
from rdrec.ui.parts import notice_html

COMMAND = "rdrec serve --lab"
MOST_SEED = 2**31 - 1
# No limit: the lab itself admits one visitor and refuses the others at once instead of letting them wait.
QUEUE: dict[str, Any] = {
    "concurrency_limit": None,
    "concurrency_id": "lab",
    "api_visibility": "private",
    "show_progress": "hidden",
}


class LabPanel:
    """The components.  lab: None if visitors may not train."""

    def __init__(self, catalogue: Catalogue, lab: Lab | None) -> None:
        self.catalogue, self.lab = catalogue, lab

    def lay_out(self) -> None:
        """Lay out within the current block."""
        if self.lab is None:
            gr.HTML(lab_panel.off(COMMAND), elem_classes="rd", elem_id="rd-lab")
            return
        with gr.Column(elem_classes="rd-panel", elem_id="rd-lab"):
            gr.HTML(lab_panel.start(), elem_classes="rd", padding=False)
            with gr.Row(elem_classes="rd-lab-controls", equal_height=False):
                choices = [(words.STARTS[start], start) for start in STARTS]
                self.start = gr.Radio(
                    choices,
                    value=STARTS[0],
                    label=words.START,
                    elem_id="rd-lab-start",
                    elem_classes="rd-task",
                    min_width=290,
                    scale=0,
                )
                self.seed = gr.Number(0, label=words.SEED, precision=0, elem_id="rd-lab-seed", min_width=90, scale=0)
                self.go = gr.Button(words.TRAIN, elem_id="rd-lab-train", min_width=120, scale=0)
                self.stop = gr.Button(words.STOP, elem_id="rd-lab-stop", min_width=120, scale=0, interactive=False)
            self.shown = gr.HTML("", elem_classes="rd", elem_id="rd-lab-shown", padding=False)
            self.seen = gr.State(None)

    def wire(
        self,
        blocks: gr.Blocks,
        tab: gr.Tab,
        data: gr.components.Component,
        user: gr.components.Component,
        secret: gr.components.Component,
        lookup: dict[str, Any],
    ) -> None:
        """blocks: the page; tab: opening it prepares a process; data, user: the page's controls; secret: whether the held-out purchase is still to be
        guessed."""
        if self.lab is None:
            return
        buttons = [self.go, self.stop]
        tab.select(self.lab.prepare, None, None, **lookup)
        trained = self.go.click(
            self._train,
            [data, user, self.start, self.seed, secret],
            [self.shown, *buttons, self.seen],
            trigger_mode="once",
            **QUEUE,
        )
        changes = [data.change, user.change, secret.change]
        follow("lab", [self.go.click], changes, self._follow, [data, user, secret, self.seen], [self.shown], **lookup)
        trained.failure(_refused, None, [self.shown, *buttons], **lookup)
        self.stop.click(self._stop, None, None, **lookup)
        blocks.unload(self._left)

    def _train(
        self, data: object, user: object, start: object, seed: object, secret: object, request: gr.Request
    ) -> Iterator[tuple[Any, Any, Any, Any]]:
        """Yield updates of the panel, both buttons and the state while training runs."""
        assert self.lab is not None
        if type(seed) is not int or not 0 <= seed <= MOST_SEED:
            yield notice_html([words.NO_SEED.format(most=f"{MOST_SEED:,}")]), *_buttons(running=False), gr.skip()
            return
        start = start if isinstance(start, str) and start in STARTS else STARTS[0]
        store, view = url.store_and_view(self.catalogue, {"data": data, "user": user})
        try:
            seen, started = Seen(view.user, seed, start, store.motives(view.user), data=view.data, secret=secret is True), False
            for event in self.lab.train(store, view.user, seed, start, request.session_hash or ""):
                # Yields even without news, because Gradio checks then whether the visitor is still there.
                new = seen.add(event) or not started
                yield (
                    lab_panel.panel(seen) if new else gr.skip(),
                    *((gr.skip(),) * 3 if started else (*_buttons(running=True), seen)),
                )
                started = True
            yield gr.skip(), *_buttons(running=False), gr.skip()
        except LabBusyError as error:
            yield lab_panel.busy(error.seconds), *_buttons(running=False), gr.skip()
        except RDRecError as error:
            yield notice_html([failed(error, words.FAILED)]), *_buttons(running=False), gr.skip()

    def _follow(self, data: object, user: object, secret: object, seen: object) -> Any:
        """Show or hide the truth about the shopper together with the held-out purchase, even during training."""
        if not isinstance(seen, Seen):
            return gr.skip()
        view = url.view(self.catalogue, {"data": data, "user": user})
        hidden = secret is True or (seen.secret and (view.data, view.user) != (seen.data, seen.user))
        if hidden == seen.secret:
            return gr.skip()
        seen.secret = hidden
        return lab_panel.panel(seen)

    def _stop(self, request: gr.Request) -> None:
        assert self.lab is not None
        self.lab.stop(request.session_hash or "")

    _left = _stop  # the visitor closed the browser tab


def _buttons(*, running: bool) -> tuple[Any, Any]:
    return gr.Button(interactive=not running), gr.Button(interactive=running)


def _refused() -> tuple[Any, Any, Any]:
    """The queue itself refused the call."""
    return live_panel.busy(), *_buttons(running=False)
