"""What the students write about this shopper and the held-out product, beside what the teacher made of the real review."""

from __future__ import annotations

from collections.abc import Sequence

from rdrec.core.vocabulary import ROLES
from rdrec.explorer.answers import Item, Written
from rdrec.ui import texts
from rdrec.ui.parts import STUDENT_CLASS, item_name, small_print
from rdrec.ui.render import Html, element, page


def panel(written: Sequence[Written], item: Item | None) -> str:
    if not written:
        return page(element("section", element("p", texts.WRITING_NONE), cls="rd-writing"))
    about = element("p", element("span", "★ ", texts.TRUE_PURCHASE, cls="badge"), " ", item_name(item)) if item else None
    rows = [_task(task, [w for w in written if w.task == task]) for task in texts.WRITING]
    return page(element("section", element("p", texts.WRITING_INTRO, cls="intro"), about, *rows, cls="rd-writing"))


def _task(task: str, written: Sequence[Written]) -> Html:
    question, term = texts.WRITING[task]
    by_student = {w.student: w for w in written}
    reference = next((w.reference for w in written if w.reference), None)
    cells = [_cell(texts.WRITING_STUDENT.format(which=texts.WRITING_WHICH[role]), by_student.get(role), role) for role in ROLES]
    real = element("p", element("bdi", reference)) if reference else small_print(texts.NO_REFERENCE)
    return element(
        "div",
        element("h3", question, " ", element("small", term)),
        element("div", *cells, element("div", element("h4", texts.WRITING_REFERENCE), real, cls="cell reference"), cls="cells"),
        cls="question",
    )


def _cell(label: str, written: Written | None, role: str) -> Html:
    body = element("p", element("bdi", written.text)) if written and written.text else small_print(texts.WRITING_NOT)
    return element("div", element("h4", label), body, cls=f"cell {STUDENT_CLASS[role]}")
