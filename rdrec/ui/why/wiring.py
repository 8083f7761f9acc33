"""The Why tab: layout and wiring.  Filled when it is opened; the students are loaded on first use and run one request at a time.

A visitor's edits are in their browser (`gr.JSON`) and in the address (`rdrec.explorer.why_url`); the server checks them each time and
stores nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import gradio as gr

from rdrec.core.records import InputError, RDRecError
from rdrec.core.settings import integer
from rdrec.core.vocabulary import ROLES
from rdrec.explorer import sentences, url, what_if, why_url
from rdrec.explorer.catalogue import Catalogue
from rdrec.explorer.live_runner import Job, LiveRunner
from rdrec.explorer.store import Store, name
from rdrec.explorer.what_if import Edits
from rdrec.explorer.why_records import BEAM_WIDTHS, Case, beam_students, make_case, rival
from rdrec.ui import texts as page_texts
from rdrec.ui.doors import ASKED
from rdrec.ui.follow import follow
from rdrec.ui.parts import heading, notice
from rdrec.ui.render import element, plain
from rdrec.ui.render import page as html
from rdrec.ui.why import beam_panel, what_if_panel
from rdrec.ui.why import panel as why
from rdrec.ui.why import rows as rows_of
from rdrec.ui.why import strings as texts
from rdrec.ui.why.rows import Rows

KEY = "why"  # of the buttons of its rows
SHOWN = 12  # components filled when the tab is opened
LABEL_CHARS = 70
# Nothing is written if `kept` is null, as before the tab is opened and if there is no prediction, or if the guessing game was switched on
# or off since the server was asked: its answer may name the purchase to be guessed.
_LINK = 'kept && kept.secret === window.rdClass.guessing() && ({ student, explain, rather, number: number ? "" : "0", edit: kept.edit, pins: kept.pins })'
WRITE = f"(student, explain, rather, kept, number) => window.rdRows.write({_LINK})"
PRESSED = f"(student, explain, rather, kept, number) => window.rdRows.pressed({_LINK})"
BEAM = "(beam_student, beam) => window.rdLink.write({ beam_student, beam })"
NO_BEAM = "() => window.rdLink.write({ beam_student: null, beam: null })"
AGAIN, PARTS = "() => window.rdRows.again()", "() => window.rdRows.parts()"


class WhyTab:
    """Components, made once; no attribute changes after `wire`."""

    def __init__(self, catalogue: Catalogue, runner: LiveRunner) -> None:
        self.catalogue, self.runner = catalogue, runner

    def lay_out(self, tab: gr.Tab) -> None:
        """Lay out within `tab`; opening it runs the students."""
        self.tab = tab
        with gr.Column(elem_id="rd-why"):
            self.kept = gr.JSON(visible=False)  # {"data", "user", "task", "edit", "pins", "replacing"}
            self.asked = gr.JSON(visible=False)
            self.go = gr.Button("", visible="hidden", elem_id="rd-why-go")
            self.again = gr.Button("", visible="hidden", elem_id="rd-why-again")
            gr.HTML(html(heading(texts.TAB), element("p", texts.INTRO, cls="intro")), elem_classes="rd")
            with gr.Row(elem_classes="rd-picker rd-why-choice", equal_height=False):
                roles = [(page_texts.STUDENT[role], role) for role in ROLES]
                self.role = gr.Radio(
                    roles, value=ROLES[0], label=texts.STUDENT_LABEL, elem_classes="rd-task", elem_id="rd-why-role",
                    min_width=330, scale=2,
                )  # fmt: skip
                # Checked by us, because Gradio would refuse a valid choice once it has dropped the session.
                self.item, self.other = (
                    gr.Dropdown([], label=label, allow_custom_value=True, elem_id=part, min_width=220, scale=3)
                    for label, part in ((texts.ITEM_LABEL, "rd-why-item"), (texts.OTHER_LABEL, "rd-why-other"))
                )
            self.number = gr.Checkbox(True, label=texts.NUMBER_LABEL, container=False, elem_id="rd-why-number")
            self.cards = gr.HTML("", elem_classes="rd", elem_id="rd-why-cards")
            self._lay_out_what_if()
            with gr.Accordion(texts.SPELLED, open=False, elem_id="rd-why-spelled") as self.spelled_part:
                with gr.Row(elem_classes="rd-why-beam", equal_height=False):
                    self.who = gr.Radio([], label=texts.WHO_LABEL, elem_classes="rd-task", elem_id="rd-why-who")
                    self.width = gr.Radio(
                        [(str(width), width) for width in BEAM_WIDTHS], value=BEAM_WIDTHS[1], label=texts.WIDTH_LABEL,
                        elem_classes="rd-task", elem_id="rd-why-width",
                    )  # fmt: skip
                self.spelled = gr.HTML("", elem_classes="rd", min_height=420)
                self.spelled_go = gr.Button("", visible="hidden", elem_id="rd-why-spelled-go")
            with gr.Accordion(texts.PROMPT, open=False, elem_id="rd-why-prompt") as self.prompt_part:
                self.prompt = gr.HTML("", elem_classes="rd", min_height=120)
                self.prompt_go = gr.Button("", visible="hidden", elem_id="rd-why-prompt-go")

    def _lay_out_what_if(self) -> None:
        gr.HTML(
            html(heading(texts.WHAT_IF, "h3"), element("p", texts.WHAT_IF_INTRO)),
            elem_classes="rd", elem_id="rd-why-edit",
        )  # fmt: skip
        with gr.Row(equal_height=False):
            with gr.Column(scale=5, min_width=290, elem_classes="rd-edit"):
                self.search = gr.Textbox(
                    label=texts.SEARCH, placeholder=texts.PLACEHOLDER, max_length=integer("page.search_chars"),
                    elem_id="rd-why-search", elem_classes="rd-row-search",
                )  # fmt: skip
                self.found = gr.HTML("", elem_classes="rd", elem_id="rd-why-found")
                self.list = gr.HTML("", elem_classes="rd", elem_id="rd-why-rows")
            with gr.Column(scale=8, min_width=290):
                self.what_if = gr.HTML("", elem_classes="rd", elem_id="rd-why-what-if")

    def wire(
        self,
        data: gr.components.Component,
        user: gr.components.Component,
        task: gr.components.Component,
        secret: gr.components.Component,
        lookup: dict[str, Any],
        live: dict[str, Any],
    ) -> None:
        """data, user, task: the page's controls; secret: whether the held-out purchase is still to be guessed; lookup, live: how quick
        and live calls are queued."""
        view = [data, user, task, secret]
        chosen = [*view, self.role, self.item, self.number, self.other, self.kept]
        controls = [self.role, self.item, self.other, self.kept, self.number]
        tree = [self.who, self.width]
        shown = [*controls, *tree, self.cards, self.list, self.search, self.found, self.what_if]
        answers = [self.cards, self.what_if]
        opens = [self.tab.select, self.again.click, self.item.input, self.other.input, self.number.input]
        for triggers, opened_by in ((opens, self._open), ([self.role.input], self._other_student)):
            opened = gr.on(triggers, opened_by, [*chosen, *tree], shown, **lookup)
            opened.then(None, controls, None, js=WRITE, api_visibility="private")
            answered = opened.then(self._answer, chosen, answers, **live)
            answered.then(None, None, None, js=PARTS, api_visibility="private")
        changes = [data.input, user.change, task.change, secret.change]
        left = follow("why", [self.tab.select], changes, self._left, [*view, self.kept], shown, **lookup)
        left.then(None, None, None, js=AGAIN, api_visibility="private")
        self.search.input(self._find_product, [data, self.search, *view[1:], self.kept], [self.found], **lookup)
        changed = [self.kept, self.list, self.search, self.found]
        edited = self.go.click(self._press, [data, self.asked, *chosen[1:]], changed, js=ASKED, **lookup)
        edited.then(None, controls, None, js=PRESSED, api_visibility="private")
        ranked = edited.then(self._ranked, chosen, [self.what_if], **live)
        ranked.then(None, None, None, js=PARTS, api_visibility="private")
        last: dict[str, Any] = {"trigger_mode": "always_last"}
        beams = [self.spelled_part.expand, self.who.input, self.width.input]
        gr.on([*beams, self.spelled_go.click], self._beams, [*chosen, *tree], [self.spelled], **live, **last)
        gr.on(beams, None, tree, None, js=BEAM, api_visibility="private", **last)
        self.spelled_part.collapse(None, None, None, js=NO_BEAM, api_visibility="private")
        gr.on([self.prompt_part.expand, self.prompt_go.click], self._prompt, chosen, [self.prompt], **live, **last)

    def _view(self, data: object, user: object, task: object) -> tuple[Store, url.View]:
        return url.store_and_view(self.catalogue, {"data": data, "user": user, "task": task})

    def _case(
        self, data: object, user: object, task: object, secret: object, role: object, item: object, number: object
    ) -> tuple[Any, ...]:
        store, view = self._view(data, user, task)
        named = number is not False
        return (store, view, *make_case(store, view.user, role, item, task=view.task, hide=secret is True, named=named))

    def _other_student(self, request: gr.Request, *chosen: Any) -> tuple[Any, ...]:
        """Another student was chosen, which overrides the one in the address."""
        return self._opened(chosen, request, student=str(chosen[4]))

    def _open(self, request: gr.Request, *chosen: Any) -> tuple[Any, ...]:
        """The controls and purchases of this shopper; the first time as the address says."""
        return self._opened(chosen, request)

    def _opened(self, chosen: tuple[Any, ...], request: gr.Request, student: str | None = None) -> tuple[Any, ...]:
        data, user, task, secret, role, item, number, other, kept, who, width = chosen
        store, view = self._view(data, user, task)
        hide, mine = secret is True, _mine(kept, view)
        values = {} if mine else url.of_shopper(request.query_params, view.data, view.user, why_url.PARAMETERS)
        values |= {"student": student} if values and student else {}
        try:
            if values:
                asked = why_url.read(store, view, values, hide=hide)
                case, other, edits = asked.case, asked.other, asked.edits
                if not who:  # the tab is opened for the first time: use the address
                    who, width = asked.beam_student, asked.beam
            else:
                case, _ = make_case(store, view.user, role, item, task=view.task, hide=hide, named=number is not False)
                edits = None if case is None else _edits(store, view, case, kept)
            if case is None or edits is None:
                return _nothing(html(notice(texts.NOTHING)))
            rows = _rows(edits, mine)
            waiting = gr.skip() if mine else why.placeholder(store, case)
            return (
                case.role, _items(store, case), _others(store, case, rival(store, case, other)), _keep(view, case, edits, rows.replacing, hide),
                case.named, _students(store, who), width if width in BEAM_WIDTHS else BEAM_WIDTHS[1], waiting,
                _listed(store, case, edits, rows), gr.skip(), gr.skip(), gr.skip(),
            )  # fmt: skip
        except RDRecError as error:
            return _nothing(_failed(error))

    def _left(self, data: object, user: object, task: object, secret: object, kept: object) -> tuple[Any, ...]:
        """Empty the tab when the shopper or the list changes, or when a purchase is to be guessed."""
        if not isinstance(kept, Mapping):
            return (gr.skip(),) * SHOWN
        _, view = self._view(data, user, task)
        same = (kept.get("data"), kept.get("user"), kept.get("task"), kept.get("secret"))
        if same == (view.data, view.user, view.task, secret is True):
            return (gr.skip(),) * SHOWN
        stays = gr.skip() if same[:2] == (view.data, view.user) else None  # the same shopper's edits
        none = gr.Dropdown([], value=None)
        return (gr.skip(), none, none, stays, *(gr.skip(),) * 3, why.placeholder(), "", "", "", "")

    def _answer(self, *chosen: Any) -> tuple[Any, ...]:
        """What drives the chosen item, why it rather than another, and what the edits do, in a single run."""
        *view_and_case, other, kept = chosen

        def asked(store: Store, view: url.View, case: Case, there: bool) -> tuple[str, str]:
            from rdrec.explorer import live_why  # torch: only now

            edits, second = _edits(store, view, case, kept), rival(store, case, other)
            histories = [case.shown, edits.history, *edits.pins]
            run = self.runner.of(store).run(Job(live_why.answers, (case, second, histories)))
            (found, versus), variants = run.result
            unknown = "" if there else html(notice(sentences.UNKNOWN_ITEM.format(item=url.quoted(chosen[5]))))
            answer = why.cards(store, case, found, versus, why.run_note(run))
            return unknown + answer, what_if_panel.panel(store, case, edits, variants, why.run_note(run))

        return self._safely(asked, *view_and_case, wrong=lambda words: (words, ""))

    def _press(self, data: object, asked: object, *chosen: Any) -> tuple[Any, ...]:
        """A button of the rows, or Back or Forward in the browser."""
        *view_and_case, _, kept = chosen
        store, view, case, _ = self._case(data, *view_and_case)
        secret = view_and_case[2]
        if case is None or (not isinstance(kept, Mapping) and rows_of.wish_of(asked) == "restore"):
            return (gr.skip(),) * 4
        edits = _edits(store, view, case, kept)
        rows = _rows(edits, _mine(kept, view))
        try:
            new, rows = _pressed(store, view, case, edits, rows, asked)
        except InputError as error:
            return gr.skip(), _listed(store, case, edits, rows, error.what), gr.skip(), gr.skip()
        return _keep(view, case, new, rows.replacing, secret is True), _listed(store, case, new, rows), "", ""

    def _ranked(self, *chosen: Any) -> str:
        """Both students' rankings for the edited purchases."""
        *view_and_case, _, kept = chosen

        def asked(store: Store, view: url.View, case: Case, _: bool) -> str:
            from rdrec.explorer import live_why  # torch: only now

            edits = _edits(store, view, case, kept)
            histories = [case.shown, edits.history, *edits.pins]
            run = self.runner.of(store).run(Job(live_why.variants, (case, histories)))
            return what_if_panel.panel(store, case, edits, run.result, why.run_note(run))

        return self._safely(asked, *view_and_case, wrong=lambda words: words)

    def _beams(self, *chosen: Any) -> str:
        *view_and_case, _, _, who, width = chosen

        def asked(store: Store, view: url.View, case: Case, _: bool) -> str:
            from rdrec.explorer import live_why  # torch: only now

            beams = width if width in BEAM_WIDTHS else BEAM_WIDTHS[1]
            shipped = next((one.run for one in store.facts.shipped if one.ids is not None and one.run == who), None)
            if shipped is not None:
                run = self.runner.of(store).run_shipped(shipped, Job(live_why.beam, (case, beams)))
            else:
                role = who if who in ROLES else case.role
                run = self.runner.of(store).run(Job(live_why.beam, (case, beams), role))
            misses = [one for one in store.beam_misses(shipped or "") if one.beams == beams]
            return beam_panel.beams(store, run.result, misses, any(one.ids for one in store.facts.shipped), why.run_note(run))

        return self._safely(asked, *view_and_case, wrong=lambda words: words)

    def _prompt(self, *chosen: Any) -> str:
        *view_and_case, _, kept = chosen

        def asked(store: Store, view: url.View, case: Case, _: bool) -> str:
            from rdrec.explorer import live_why  # torch: only now

            history = _edits(store, view, case, kept).history
            run = self.runner.of(store).run(Job(live_why.prompt, (case, history), case.role))
            read = case.candidates or history
            return why.prompt(store, read, run.result, why.run_note(run), case.role, named=case.named)

        return self._safely(asked, *view_and_case, wrong=lambda words: words)

    def _safely(self, asked: Callable[..., Any], *view_and_case: Any, wrong: Callable[[str], Any]) -> Any:
        """`asked` applied to the case; if that fails, `wrong` applied to a notice."""
        try:
            store, view, case, there = self._case(*view_and_case)
            return wrong(html(notice(texts.NOTHING))) if case is None else asked(store, view, case, there)
        except RDRecError as error:
            return wrong(_failed(error))
        except ImportError as error:
            return wrong(html(notice(page_texts.LIVE_ABSENT.format(why=plain(error)))))

    def _find_product(self, data: object, text: object, user: object, task: object, secret: object, kept: object) -> str:
        store, view = self._view(data, user, task)
        mine, replaced = _mine(kept, view), None
        case, _ = make_case(store, view.user, None, None, task=view.task, hide=secret is True)
        if mine and case is not None:
            rows = _rows(_edits(store, view, case, kept), mine)
            replaced = None if rows.replacing is None else store.item(rows.history[rows.replacing])
        return rows_of.search_results(store, KEY, str(text), replaced)


def _mine(kept: object, view: url.View) -> Mapping[str, Any] | None:
    """The state kept by the browser, if it belongs to the shown shopper."""
    if isinstance(kept, Mapping) and (kept.get("data"), kept.get("user")) == (view.data, view.user):
        return kept
    return None


def _edits(store: Store, view: url.View, case: Case, kept: object) -> Edits:
    """The edits kept by the browser, checked; unedited purchases if they belong to another shopper."""
    return why_url.edits_of(store, view, case, _mine(kept, view) or {})[0]


def _rows(edits: Edits, mine: Mapping[str, Any] | None) -> Rows:
    place = (mine or {}).get("replacing")
    fits = type(place) is int and 0 <= place < len(edits.history)
    return Rows(KEY, edits.history, place if fits else None, least=1)


def _pressed(store: Store, view: url.View, case: Case, edits: Edits, rows: Rows, asked: object) -> tuple[Edits, Rows]:
    """The edits after a press.  Raises InputError for an edit that is not possible."""
    wish = rows_of.wish_of(asked)
    if (to := rows_of.restored(asked)) is not None:
        new = why_url.edits_of(store, view, case, to)[0]
    elif wish == "reset":
        new = replace(edits, history=case.shown)
    elif wish == "pin":
        new = what_if.pin(edits, case.shown)
    elif wish == "unpin":
        new = replace(edits, pins=())
    else:
        after = rows_of.pressed(store, rows, wish)
        return replace(edits, history=after.history), after
    return new, _rows(new, None)


def _keep(view: url.View, case: Case, edits: Edits, replacing: int | None, secret: bool) -> dict[str, Any]:
    written = why_url.written(edits, case.shown)
    return {"data": view.data, "user": view.user, "task": view.task, "secret": secret, "replacing": replacing, **written}


def _listed(store: Store, case: Case, edits: Edits, rows: Rows, *problems: str) -> str:
    edited = edits.history != case.shown or bool(edits.pins)
    return rows_of.listed(store, rows, texts.ROWS_TITLE, *problems, original=case.shown, pinned=bool(edits.pins), edited=edited)


def _choices(store: Store, case: Case) -> list[tuple[str, int]]:
    """The student's recommendations, and the true purchase if it is not among them."""
    truth = None if case.truth is None else store.truth(case.user, case.task).get(case.role)
    listed = [(row.rank, row.item) for row in store.predictions(case.user, case.task)[case.role]]
    if truth and truth.item.item not in {item.item for _, item in listed}:
        listed.append((truth.rank, truth.item))
    choices = []
    for rank, item in listed:
        words = texts.TRUE_CHOICE if item.item == case.truth else texts.ITEM_CHOICE
        choices.append((words.format(rank=rank, title=plain(name(item), LABEL_CHARS)), item.item))
    return choices


def _items(store: Store, case: Case) -> Any:
    return gr.Dropdown(choices=_choices(store, case), value=case.item)


def _others(store: Store, case: Case, other: int | None) -> Any:
    return gr.Dropdown(choices=[choice for choice in _choices(store, case) if choice[1] != case.item], value=other)


def _students(store: Store, who: object) -> Any:
    """Students whose beam search can be shown, with `who` chosen if possible; one with IDs of several tokens comes first."""
    ids = {student.run: student.ids for student in store.facts.shipped if student.ids is not None}
    known = beam_students(store)
    choices = [
        (texts.SHIPPED_CHOICE.get(ids[student], student) if student in ids else page_texts.STUDENT[student], student)
        for student in known
    ]
    return gr.Radio(choices=choices, value=who if who in known else known[0])


def _nothing(words: str) -> tuple[Any, ...]:
    none = gr.Dropdown([], value=None)
    return (gr.skip(), none, none, None, *(gr.skip(),) * 3, words, "", "", "", "")


def _failed(error: RDRecError) -> str:
    return html(notice(sentences.failed(error, texts.FAILED)))
