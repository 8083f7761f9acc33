"""What an edit of the purchases does to both rankings: each product's rank before and after, and a comparison of all versions."""

from __future__ import annotations

from collections.abc import Sequence

from rdrec.core.vocabulary import ROLES
from rdrec.explorer.points import ordinal
from rdrec.explorer.store import Store
from rdrec.explorer.what_if import Edits, changes
from rdrec.explorer.why_records import Case, Ranked, Variants
from rdrec.ui import texts as page_texts
from rdrec.ui.explore.predictions import FIRST
from rdrec.ui.parts import STUDENT_CLASS, heading, item_name, percent, small_print
from rdrec.ui.render import Html, element, page
from rdrec.ui.why import strings as texts
from rdrec.ui.why.panel import titled


def panel(store: Store, case: Case, edits: Edits, variants: Variants, live: Html) -> str:
    same = edits.history == case.shown
    words = texts.NO_EDIT if same else texts.CHANGED.format(changes=changes(store, case.shown, edits.history))
    notes = ([] if same else [texts.CAUTION]) + ([texts.WHAT_IF_CANDIDATES] if case.candidates else [])
    roles = [role for role in ROLES if role in variants]
    return page(
        element(
            "section",
            element("p", words, cls="lead", role="status"),
            *(element("p", note, cls="note") for note in notes),
            element("div", *(_student(store, case, role, *variants[role][:2]) for role in roles), cls="columns"),
            None if same and not edits.pins else _compared(store, case, edits, variants, roles),
            small_print(texts.WHAT_IF_SMALL),
            live,
            cls="rd-panel rd-what-if",
        )
    )


def _student(store: Store, case: Case, role: str, before: Ranked, after: Ranked) -> Html:
    lines = [_line(store, int(item), before, after, place) for place, item in enumerate(after.order[:FIRST], start=1)]
    shown = set(after.order[:FIRST].tolist())
    gone = [int(item) for item in before.order[:FIRST] if int(item) not in shown]
    out: list[Html] = []
    for item in gone:
        out.append(element("li", item_name(store.item(item)), " ", element("small", _places(before, after, item))))
    followed = [(texts.CHOSEN, case.item)] + ([] if case.truth in (None, case.item) else [(texts.TRUTH, case.truth)])
    moves = [
        element("p", f"{words}, ", titled(store, item), f": {_places(before, after, item)}.", cls="followed")
        for words, item in followed
        if item is not None
    ]
    return element(
        "section",
        element("h3", page_texts.STUDENT[role]),
        *moves,
        element("ol", *lines),
        element("details", element("summary", texts.FELL_OUT.format(top=FIRST)), element("ul", *out)) if out else None,
        cls=f"student {STUDENT_CLASS[role]}",
    )


def _line(store: Store, item: int, before: Ranked, after: Ranked, place: int) -> Html:
    was = int(before.ranks[item])
    moved = was - place
    if not was:
        sign, meaning = "＋", texts.NEW_AT
    elif moved:
        sign, meaning = f"{'▲' if moved > 0 else '▼'} {abs(moved)}", texts.WAS.format(rank=was)
    else:
        sign, meaning = "=", texts.STAYS
    kind = "up" if not was or moved > 0 else ("down" if moved else "still")
    return element(
        "li",
        element("span", str(place), cls="place"),
        element("span", item_name(store.item(item)), cls="what"),
        element("span", sign, cls=f"shift {kind}", title=meaning, aria_label=meaning, role="img"),
        element("span", percent(float(after.probability[item])), cls="percent"),
    )


def _places(before: Ranked, after: Ranked, item: int) -> str:
    was, now = int(before.ranks[item]), int(after.ranks[item])
    if not now:
        return texts.BOUGHT_NOW
    if was == now:
        return texts.PLACE_STAYS.format(after=ordinal(now))
    return texts.PLACES.format(before=ordinal(was) if was else "–", after=ordinal(now))


def _compared(store: Store, case: Case, edits: Edits, variants: Variants, roles: Sequence[str]) -> Html:
    """One row for each version: what is changed, and both students' ranks of the chosen product and the true purchase."""
    followed = {"chosen": case.item} | ({} if case.truth in (None, case.item) else {"truth": case.truth})
    heads = [element("th", words, scope="col") for words in texts.COMPARE_COLUMNS]
    heads += [
        element(
            "th", texts.COMPARE_PLACE[key], element("small", page_texts.STUDENT[role]), scope="col", cls=STUDENT_CLASS[role]
        )
        for key in followed
        for role in roles
    ]
    histories = [case.shown, edits.history, *edits.pins]
    labels = [texts.UNEDITED, texts.EDITED, *(texts.PINNED.format(letter=letter) for letter in texts.LETTERS)]
    rows = []
    for at, history in enumerate(histories):
        if at == 1 and history == case.shown:
            continue
        places = [
            element(
                "td",
                str(int(variants[role][at].ranks[item]) or "–") if item is not None else "–",
                data_label=texts.COMPARE_CELL.format(what=texts.COMPARE_PLACE[key], student=page_texts.STUDENT[role].lower()),
                cls=STUDENT_CLASS[role],
            )
            for key, item in followed.items()
            for role in roles
        ]
        changed = element("td", changes(store, case.shown, history), cls="told")
        rows.append(element("tr", element("th", labels[at], scope="row"), changed, *places))
    table = element("table", element("thead", element("tr", *heads)), element("tbody", *rows))
    return element("div", heading(None, texts.COMPARE, "h4"), element("div", table, cls="scroll", tabindex=0), cls="compared")
