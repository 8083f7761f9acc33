"""Purchases as rows to edit in place, newest first: a shopper's in the Why tab, and a visitor's own in "Be the shopper".

A button names its edit in `data-edit="LIST EDIT"`, and assets/rows.js passes it on.  It is untrusted and checked here; an edit that is
not possible raises InputError with a sentence for the visitor.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from rdrec.core.records import InputError, UnknownNameError
from rdrec.core.settings import integer
from rdrec.explorer import sentences, url, what_if
from rdrec.explorer.answers import Item
from rdrec.explorer.store import Store
from rdrec.explorer.what_if import History
from rdrec.ui.render import fill
from rdrec.ui.why import strings as words

MOVES = {"up": 1, "down": -1}  # newest first: a row further up is a later purchase


@dataclass(frozen=True)
class Rows:
    """A list and its state.  replacing: the position (from 0, oldest first) being replaced; least: how many purchases must remain."""

    key: str  # "why" or "own"
    history: History
    replacing: int | None = None
    least: int = 0


def wish_of(asked: object) -> str:
    """The edit that a button names; empty for anything else that a browser may send."""
    wish = asked.get("edit") if isinstance(asked, Mapping) else None
    return wish if isinstance(wish, str) else ""


def restored(asked: object) -> Mapping[str, object] | None:
    """The parameters of the address restored by the browser's Back or Forward; None for any other request."""
    to = asked.get("to") if isinstance(asked, Mapping) and wish_of(asked) == "restore" else None
    return to if isinstance(to, Mapping) else None


def pressed(store: Store, rows: Rows, wish: str) -> Rows:
    """The list after "up-PLACE", "down-PLACE", "drop-PLACE", "replace-PLACE", "keep" or "put-ITEM"; anything else changes nothing.

    Places count from 1, oldest first.  Raises InputError for an edit that is not possible.
    """
    kind, _, number = wish.partition("-")
    value, history = url.parse_number(number), rows.history
    edit: Callable[[], History] | None = None
    if kind == "put":
        edit = lambda: _put(store, rows, value)  # noqa: E731
    elif kind in ("drop", "replace", *MOVES) and value is not None:
        place = value - 1
        if kind == "replace":
            if place >= len(history):
                raise InputError(sentences.CHOOSE_PLACE)
            return Rows(rows.key, history, None if rows.replacing == place else place, rows.least)
        if kind == "drop":
            edit = lambda: what_if.drop(history, place, rows.least)  # noqa: E731
        else:
            edit = lambda: what_if.move(history, place, MOVES[kind])  # noqa: E731
    return Rows(rows.key, history if edit is None else edit(), None, rows.least)


def _put(store: Store, rows: Rows, item: int | None) -> History:
    try:
        if rows.replacing is not None:
            return what_if.swap(store, rows.history, rows.replacing, item)
        return what_if.add(store, rows.history, item)
    except UnknownNameError:
        raise InputError(sentences.CHOOSE_FOUND) from None


def search_results(store: Store, key: str, text: str, replacing: Item | None = None) -> str:
    """Search results to add to the list; empty until a word is typed."""
    cut = text[: integer("page.search_chars")].strip()
    if not cut:
        return ""
    items = store.search_items(cut, integer("page.item_results"))
    return fill("found", key=key, items=items, replacing=replacing, words=words).text


def listed(
    store: Store,
    rows: Rows,
    title: str,
    *problems: str,
    original: Collection[int] | None = None,
    pinned: bool | None = None,
    edited: bool = False,
) -> str:
    """The rows with their buttons, newest first.

    original  products not in it are marked as added
    pinned    whether any version is pinned; None: versions cannot be pinned
    """
    made = fill(
        "rows", store=store, rows=rows, title=title, problems=problems, original=original, pinned=pinned, edited=edited,
        most=integer("train.max_history"), best_sellers=() if rows.history else store.best_sellers(integer("page.item_results")), words=words,
    )  # fmt: skip
    return made.text
