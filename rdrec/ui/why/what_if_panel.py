"""What an edit of the purchases does to both rankings: each product's rank before and after, and a comparison of all versions."""

from __future__ import annotations

from functools import partial

from rdrec.core.vocabulary import ROLES
from rdrec.explorer.points import ordinal
from rdrec.explorer.store import Store
from rdrec.explorer.what_if import Edits, changes
from rdrec.explorer.why_records import Case, Ranked, Variants
from rdrec.ui import texts as page_texts
from rdrec.ui.explore.predictions import FIRST
from rdrec.ui.render import Html, fill
from rdrec.ui.why import strings as texts
from rdrec.ui.why.panel import titled


def panel(store: Store, case: Case, edits: Edits, variants: Variants, live: Html) -> str:
    """Both students' rankings before and after the edit, and all versions if any is edited or pinned."""
    same = edits.history == case.shown
    followed = {"chosen": case.item} | ({} if case.truth in (None, case.item) else {"truth": case.truth})
    labels = ["As bought", "Your edit", *(f"Pinned {letter}" for letter in "ABC")]
    versions = [
        (at, labels[at], history)
        for at, history in enumerate([case.shown, edits.history, *edits.pins])
        if not (at == 1 and same) and not (same and not edits.pins)
    ]
    made = fill(
        "what_if", store=store, case=case, edits=edits, same=same, followed=followed, versions=versions, live=live, words=texts,
        variants={role: variants[role] for role in ROLES if role in variants}, changes=partial(changes, store), titled=titled,
        places=_places, shift=_shift, first=_first, FIRST=FIRST, texts=page_texts,
    )  # fmt: skip
    return made.text


def _first(ranked: Ranked) -> list[int]:
    found: list[int] = ranked.order[:FIRST].tolist()
    return found


def _shift(before: Ranked, item: int, place: int) -> tuple[str, str, str]:
    """An arrow, its meaning and its CSS class: how far a product moved to `place`."""
    was = int(before.ranks[item])
    moved = was - place
    if not was:
        return "＋", texts.NEW_AT, "up"
    if moved:
        return f"{'▲' if moved > 0 else '▼'} {abs(moved)}", texts.WAS.format(rank=was), "up" if moved > 0 else "down"
    return "=", texts.STAYS, "still"


def _places(before: Ranked, after: Ranked, item: int) -> str:
    was, now = int(before.ranks[item]), int(after.ranks[item])
    if not now:
        return texts.BOUGHT_NOW
    if was == now:
        return texts.PLACE_STAYS.format(after=ordinal(now))
    return texts.PLACES.format(before=ordinal(was) if was else "–", after=ordinal(now))
