"""The Why tab: layout and wiring.  Made when it is opened; the students are loaded on first use, one run at a time.

In: the catalogue, the students' runner.  Out: components within the page.  A visitor's edits are in their own gr.State and in the
address (`why_link`); the server checks them each time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import gradio as gr

from rdrec.core.records import InputError, RDRecError
from rdrec.core.settings import integer
from rdrec.core.vocabulary import ROLES
from rdrec.explorer import what_if
from rdrec.explorer.catalogue import Catalogue
from rdrec.explorer.live_runner import LiveRunner
from rdrec.explorer.store import Store, name
from rdrec.explorer.what_if import Edits
from rdrec.explorer.why_records import Case, make_case
from rdrec.ui import texts as page_texts
from rdrec.ui import url
from rdrec.ui.follow import follow
from rdrec.ui.parts import heading, notice
from rdrec.ui.render import element, plain
from rdrec.ui.render import page as html
from rdrec.ui.why import link as why_link
from rdrec.ui.why import panel as why
from rdrec.ui.why import strings as texts
from rdrec.ui.why import what_if_panel

LABEL_CHARS = 70
# `edits` is null before the tab is opened and after it was emptied: then there is nothing to write.
WRITE = "(student, explain, edits) => { if (edits) window.rdLink.write({ student, explain, ...edits }); }"
Edit = Callable[[Store, Edits, Case, object, object], Edits]

EDITS: dict[str, Edit] = {
    "earlier": lambda store, edits, case, place, found: replace(edits, history=what_if.move(edits.history, place, -1)),
    "later": lambda store, edits, case, place, found: replace(edits, history=what_if.move(edits.history, place, 1)),
    "drop": lambda store, edits, case, place, found: replace(edits, history=what_if.drop(edits.history, place)),
    "swap": lambda store, edits, case, place, found: replace(edits, history=what_if.swap(store, edits.history, place, found)),
    "add": lambda store, edits, case, place, found: replace(edits, history=what_if.add(store, edits.history, found)),
    "reset": lambda store, edits, case, place, found: replace(edits, history=case.shown),
    "pin": lambda store, edits, case, place, found: what_if.pin(edits, case.shown),
    "unpin": lambda store, edits, case, place, found: replace(edits, pins=()),
}


class WhyTab:
    """Components, made once; no attribute changes after `wire`."""

    def __init__(self, catalogue: Catalogue, runner: LiveRunner) -> None:
        self.catalogue, self.runner = catalogue, runner

    def lay_out(self, tab: gr.Tab) -> None:
        """Within `tab`, whose opening asks the students."""
        self.tab = tab
        with gr.Column(elem_id="rd-why"):
            gr.HTML(html(element("p", texts.INTRO, cls="intro")), elem_classes="rd")
            self.edits = gr.State(None)
            self.link = gr.JSON(visible=False)  # the edits as an address says them
            with gr.Row(elem_classes="rd-picker rd-why-choice", equal_height=False):
                roles = [(page_texts.STUDENT[role], role) for role in ROLES]
                self.role = gr.Radio(
                    roles,
                    value=ROLES[0],
                    label=texts.STUDENT_LABEL,
                    elem_classes="rd-task",
                    elem_id="rd-why-role",
                    min_width=330,
                    scale=2,
                )
                # Checked by us, as the shopper is: an evicted session would refuse a rightful choice.
                self.item = gr.Dropdown(
                    [], label=texts.ITEM_LABEL, allow_custom_value=True, elem_id="rd-why-item", min_width=220, scale=3
                )
                self.show = gr.Button(texts.SHOW, elem_id="rd-why-show", elem_classes="rd-plain", min_width=120, scale=1)
            self.drives = gr.HTML("", elem_classes="rd", elem_id="rd-why-drives")
            self._lay_out_what_if()
            with gr.Accordion(texts.SPELLED, open=False, elem_id="rd-why-spelled") as self.spelled_part:
                self.spelled = gr.HTML("", elem_classes="rd")
            with gr.Accordion(texts.PROMPT, open=False, elem_id="rd-why-prompt") as self.prompt_part:
                self.prompt = gr.HTML("", elem_classes="rd")

    def _lay_out_what_if(self) -> None:
        gr.HTML(
            html(heading(None, texts.WHAT_IF, "h3"), element("p", texts.WHAT_IF_INTRO)),
            elem_classes="rd",
            elem_id="rd-why-edit",
        )
        self.buttons: dict[str, gr.Button] = {}
        with gr.Row(equal_height=False):
            with gr.Column(scale=4, min_width=290, elem_classes="rd-edit"):
                self.place = gr.Radio([], label=texts.HISTORY_LABEL, elem_id="rd-why-place")
                self._button_row(earlier=texts.EARLIER, later=texts.LATER, drop=texts.DROP)
                self.search = gr.Textbox(
                    label=texts.SEARCH_LABEL, placeholder=texts.SEARCH_PLACEHOLDER, max_length=integer("page.search_chars"),
                    elem_id="rd-why-search",
                )  # fmt: skip
                self.found = gr.Radio([], label=texts.FOUND_LABEL, visible=False, elem_id="rd-why-found")
                self._button_row(swap=texts.SWAP, add=texts.ADD)
                self._button_row(pin=texts.PIN, unpin=texts.UNPIN, reset=texts.RESET)
                self.said = gr.HTML("", elem_classes="rd", elem_id="rd-why-said")
            with gr.Column(scale=8, min_width=290):
                self.what_if = gr.HTML("", elem_classes="rd", elem_id="rd-why-what-if")

    def _button_row(self, **words: str) -> None:
        with gr.Row(elem_classes="rd-edit-row"):
            for key, label in words.items():
                self.buttons[key] = gr.Button(label, size="sm", min_width=70, elem_classes="rd-plain", elem_id=f"rd-why-{key}")

    def wire(
        self,
        data: gr.components.Component,
        user: gr.components.Component,
        secret: gr.components.Component,
        lookup: dict[str, Any],
        live: dict[str, Any],
    ) -> None:
        """`data` and `user` are the page's controls, `secret` says that the hidden purchase is to be guessed yet; `lookup` and
        `live` how its two kinds of calls are queued."""
        chosen = [data, user, self.role, self.item, self.edits, secret]
        shown = [self.item, self.edits, self.drives, self.place, self.what_if, self.said, self.spelled, self.prompt, self.link]
        answers = [self.drives, self.what_if, self.spelled, self.prompt]
        told = [self.role, self.item, self.link]
        for trigger, opens in ((self.tab.select, self._open), (self.show.click, self._open), (self.role.input, self._other)):
            opened = trigger(opens, chosen, [self.role, *shown], **lookup)
            opened.then(None, told, None, js=WRITE, api_visibility="private")
            opened.then(self._answer, chosen, answers, **live)
        self.item.input(None, told, None, js=WRITE, api_visibility="private")
        self.item.input(self._answer, chosen, answers, **live)
        follow("why", [self.tab.select], [data.input, user.change], self._left, [data, user, self.edits], shown, **lookup)
        follow("why-secret", [self.tab.select], [secret.change], self._secret, [self.edits], shown, **lookup)
        self.search.input(self._find_product, [data, self.search], [self.found], **lookup)
        changed = [self.edits, self.place, self.what_if, self.said, self.prompt, self.link]
        for key, button in self.buttons.items():
            edited = button.click(self._editing(key), [*chosen, self.place, self.found], changed, **live)
            edited.then(None, told, None, js=WRITE, api_visibility="private")
        self.spelled_part.expand(self._spelled, chosen, [self.spelled], **live)
        self.prompt_part.expand(self._prompt, chosen, [self.prompt], **live)

    def _case(
        self, data: object, user: object, role: object, item: object, secret: object
    ) -> tuple[Store, str, Case | None, bool]:
        view = url.view(self.catalogue, {"data": data, "user": user})
        store = self.catalogue.stores[view.data]
        return (store, view.data, *make_case(store, view.user, role, item, hide=secret is True))

    def _other(
        self, data: object, user: object, role: object, item: object, edits: object, secret: object, request: gr.Request
    ) -> tuple[Any, ...]:
        """The other student was chosen: it counts, not that of the address."""
        return self._open(data, user, role, item, edits, secret, request, student=str(role))

    def _open(
        self,
        data: object,
        user: object,
        role: object,
        item: object,
        edits: object,
        secret: object,
        request: gr.Request,
        *,
        student: str | None = None,
    ) -> tuple[Any, ...]:
        """The controls of this shopper, and a word that the students are being asked; at first as the address says."""
        view = url.view(self.catalogue, {"data": data, "user": user})
        values = url.of_shopper(request.query_params, view.data, view.user, why_link.PARAMETERS) if edits is None else {}
        values |= {"student": student} if values and student else {}
        try:
            if values:
                asked = why_link.read(self.catalogue.stores[view.data], view, values, hide=secret is True)
                if asked.case is not None:
                    role, item, edits = asked.case.role, asked.case.item, asked.edits
            store, key, case, _ = self._case(data, user, role, item, secret)
            if case is None:
                return (gr.skip(), gr.skip(), None, _notice(texts.NOTHING), gr.Radio([]), "", "", "", "", None)
            kept = what_if.edited(edits, key, case.user, case.shown)
            link = why_link.written(kept, case.shown)
            return (case.role, _items(store, case), kept, why.awaited(), _places(store, kept), "", "", "", "", link)
        except RDRecError as error:
            return (gr.skip(), gr.skip(), None, _failed(error), gr.Radio([]), "", "", "", "", None)

    def _left(self, data: object, user: object, edits: object) -> tuple[Any, ...]:
        """Another shopper: what stands here is of the one before.  The first view, and the same shopper, change nothing."""
        view = url.view(self.catalogue, {"data": data, "user": user})
        if not isinstance(edits, Edits) or (edits.data, edits.user) == (view.data, view.user):
            return (gr.skip(),) * 9
        return _empty(texts.PRESS)

    def _secret(self, edits: object) -> tuple[Any, ...]:
        """The hidden purchase is to be guessed, or was revealed: what stands here says too much or too little."""
        return _empty(texts.PRESS_SECRET) if isinstance(edits, Edits) else (gr.skip(),) * 9

    def _answer(
        self, data: object, user: object, role: object, item: object, edits: object, secret: object = False
    ) -> tuple[Any, ...]:
        """What drives the chosen item, and what the edits do: one run."""
        try:
            store, key, case, asked = self._case(data, user, role, item, secret)
            if case is None:
                return _notice(texts.NOTHING), "", "", ""
            from rdrec.explorer import live_why  # torch: only now

            kept, here = what_if.edited(edits, key, case.user, case.shown), case
            histories = [case.shown, kept.history, *kept.pins]
            run = self.runner.run(
                store,
                lambda students: (live_why.driven(students[here.role], here), live_why.variants(students, here, histories)),
            )
            found, variants = run.result
            unknown = "" if asked else _notice(texts.UNKNOWN_ITEM.format(item=url.quoted(item)))
            told, live = why.drives(store, case, found, why.ran(run)), why.ran(run)
            again = html(element("p", texts.AGAIN))
            return unknown + told, what_if_panel.panel(store, case, kept, variants, live), again, again
        except RDRecError as error:
            return _failed(error), "", "", ""
        except ImportError as error:
            return _notice(page_texts.LIVE_ABSENT.format(why=plain(error))), "", "", ""

    def _editing(self, kind: str) -> Callable[..., tuple[Any, ...]]:
        def edit(
            data: object,
            user: object,
            role: object,
            item: object,
            edits: object,
            secret: object,
            place: object,
            found: object,
        ) -> tuple[Any, ...]:
            try:
                store, key, case, _ = self._case(data, user, role, item, secret)
                if case is None:
                    return _said(_notice(texts.NOTHING))
                from rdrec.explorer import live_why  # torch: only now

                new = EDITS[kind](store, what_if.edited(edits, key, case.user, case.shown), case, place, found)
                here, histories = case, [case.shown, new.history, *new.pins]
                run = self.runner.run(store, lambda students: live_why.variants(students, here, histories))
                shown = what_if_panel.panel(store, case, new, run.result, why.ran(run))
                again, link = html(element("p", texts.AGAIN)), why_link.written(new, case.shown)
                return new, _places(store, new, _follow(kind, place)), shown, "", again, link
            except InputError as error:
                return _said(_notice(error.what))
            except RDRecError as error:
                return _said(_failed(error))
            except ImportError as error:
                return _said(_notice(page_texts.LIVE_ABSENT.format(why=plain(error))))

        return edit

    def _spelled(self, data: object, user: object, role: object, item: object, edits: object, secret: object = False) -> str:
        def asked(store: Store, case: Case, _: Edits) -> str:
            from rdrec.explorer import live_why  # torch: only now

            run = self.runner.run(store, lambda students: live_why.spelled(students[case.role], case))
            return why.spelling(store, case, run.result, why.ran(run))

        return self._part(asked, edits, data, user, role, item, secret)

    def _prompt(self, data: object, user: object, role: object, item: object, edits: object, secret: object = False) -> str:
        def asked(store: Store, case: Case, kept: Edits) -> str:
            from rdrec.explorer import live_why  # torch: only now

            run = self.runner.run(store, lambda students: live_why.prompt(students[case.role], case, kept.history))
            return why.prompt(store, kept.history, run.result, why.ran(run), case.role)

        return self._part(asked, edits, data, user, role, item, secret)

    def _part(self, asked: Callable[[Store, Case, Edits], str], edits: object, *chosen: object) -> str:
        try:
            store, key, case, _ = self._case(*chosen)
            if case is None:
                return _notice(texts.NOTHING)
            return asked(store, case, what_if.edited(edits, key, case.user, case.shown))
        except RDRecError as error:
            return _failed(error)
        except ImportError as error:
            return _notice(page_texts.LIVE_ABSENT.format(why=plain(error)))

    def _find_product(self, data: object, text: str) -> Any:
        store = self.catalogue.stores[url.view(self.catalogue, {"data": data}).data]
        cut = str(text)[: integer("page.search_chars")]
        items = store.search_items(cut, integer("page.item_results"))
        label = texts.FOUND_NONE if cut.strip() and not items else texts.FOUND_LABEL
        choices = [(plain(name(item), LABEL_CHARS), item.item) for item in items]
        return gr.Radio(choices=choices, value=choices[0][1] if choices else None, label=label, visible=bool(cut.strip()))


def _items(store: Store, case: Case) -> Any:
    """The student's recommendations with the true purchase, the case's chosen."""
    truth = None if case.truth is None else store.truth(case.user, "sequential").get(case.role)
    listed = [(row.rank, row.item) for row in store.predictions(case.user, "sequential")[case.role]]
    if truth and truth.item.item not in {item.item for _, item in listed}:
        listed.append((truth.rank, truth.item))
    choices = []
    for rank, item in listed:
        words = texts.TRUE_CHOICE if item.item == case.truth else texts.ITEM_CHOICE
        choices.append((words.format(rank=rank, title=plain(name(item), LABEL_CHARS)), item.item))
    return gr.Dropdown(choices=choices, value=case.item)


def _places(store: Store, edits: Edits, chosen: int | None = None) -> Any:
    choices = [
        (texts.PLACE.format(place=at + 1, title=plain(name(store.item(item)), LABEL_CHARS)), at)
        for at, item in enumerate(edits.history)
    ]
    return gr.Radio(choices=choices, value=chosen if chosen is not None and chosen < len(choices) else None)


def _follow(kind: str, place: object) -> int | None:
    """The chosen purchase stays chosen where it was moved to."""
    return (
        place + {"earlier": -1, "later": 1}.get(kind, 0)
        if type(place) is int and kind in ("earlier", "later", "swap")
        else None
    )


def _empty(words: str) -> tuple[Any, ...]:
    return (
        gr.Dropdown([], value=None),
        None,
        html(element("p", words, cls="rd-panel")),
        gr.Radio([], value=None),
        "",
        "",
        "",
        "",
        None,
    )


def _said(words: str) -> tuple[Any, ...]:
    """An edit that was refused: all stays but the sentence about it."""
    return gr.skip(), gr.skip(), gr.skip(), words, gr.skip(), gr.skip()


def _notice(words: str) -> str:
    return html(notice(words))


def _failed(error: RDRecError) -> str:
    return _notice(texts.FAILED.format(what=plain(error.what), todo=plain(error.todo or "").rstrip(".")))
