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
from rdrec.explorer.store import Store, name
from rdrec.explorer.what_if import History
from rdrec.ui.parts import TITLE_CHARS, item_name, notice
from rdrec.ui.render import Child, Html, element, page, plain
from rdrec.ui.why import row_strings as words

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
    label = words.FOUND if items else words.FOUND_NONE
    if items and replacing is not None:
        label = words.FOUND_REPLACE.format(title=_title(replacing))
    rows = [element("li", _product(key, item, replacing is not None)) for item in items]
    return page(element("div", element("p", label, cls="label", role="status"), element("ul", *rows), cls="rd-found"))


def listed(
    store: Store,
    rows: Rows,
    title: str,
    *problems: str,
    original: Collection[int] | None = None,
    more: Child = None,
    edited: bool = False,
) -> str:
    """The rows with their buttons, newest first.  original: products not in it are marked as added; more: further buttons."""
    count = len(rows.history)
    lines = [
        _row(
            store.item(rows.history[place]),
            place + 1,
            count,
            rows,
            original is not None and rows.history[place] not in original,
        )
        for place in range(count - 1, -1, -1)
    ]
    acts = [
        _button(rows.key, "undo", words.UNDO_HINT, words.UNDO, cls="door", off=not edited),
        _button(rows.key, "reset", words.RESET_HINT if original is not None else words.CLEAR_HINT,
                words.RESET if original is not None else words.CLEAR, cls="door", off=not edited),
        more,
    ]  # fmt: skip
    said = None
    if rows.replacing is not None:
        waiting = words.REPLACING.format(title=_title(store.item(rows.history[rows.replacing])))
        said = element("p", waiting, " ", _button(rows.key, "keep", words.KEEP, words.KEEP, cls="door"), cls="waiting")
    start = None if count else _start(store, rows.key)
    return page(
        element(
            "section",
            element("div", element("h3", title, " ", element("small", words.COUNT.format(count=count, most=integer("train.max_history")))), element("p", *acts, cls="acts"), cls="top"),
            notice(*problems) if problems else None,
            said,
            element("ol", *lines) if lines else start,
            cls="rd-rows",
        )
    )  # fmt: skip


def _start(store: Store, key: str) -> Html:
    """Best sellers to start an empty list with."""
    items = store.best_sellers(integer("page.item_results"))
    return element(
        "div",
        element("p", words.EMPTY, cls="small"),
        element("ul", *(element("li", _product(key, item, False)) for item in items), cls="rd-start"),
    )


def _row(item: Item, place: int, count: int, rows: Rows, added: bool) -> Html:
    title, key = _title(item), rows.key
    up = _button(key, f"up-{place}", words.UP.format(title=title), "↑") if place < count else element("span", cls="gap")
    down = _button(key, f"down-{place}", words.DOWN.format(title=title), "↓") if place > 1 else element("span", cls="gap")
    last = count <= rows.least
    drop = element("span", cls="gap") if last else _button(key, f"drop-{place}", words.DROP.format(title=title), "✕")
    replace = _button(key, f"replace-{place}", words.REPLACE.format(title=title), "⇄")
    badge = element("span", words.ADDED, cls="added") if added else None
    cls = "waits" if rows.replacing == place - 1 else None
    return element(
        "li",
        element("span", item_name(item), " ", badge, cls="what"),
        element("span", up, down, replace, drop, cls="buttons"),
        cls=cls,
    )


def _product(key: str, item: Item, replaces: bool) -> Html:
    facts = " · ".join(plain(part, 60) for part in (item.categories, item.brand) if part)
    label = (words.PUT if replaces else words.ADD).format(title=_title(item))
    return element(
        "button",
        element("span", "⇄" if replaces else "+", aria_hidden="true"),
        " ",
        element("span", element("bdi", _title(item)), " ", element("small", facts) if facts else None),
        type="button", cls="found", data_edit=f"{key} put-{item.item}", title=label,
    )  # fmt: skip


def _button(key: str, wish: str, label: str, *inside: Child, cls: str = "small-button", off: bool = False) -> Html:
    """A button; one that shows only a symbol gets `label` as its accessible name.  off: disabled."""
    named = label if cls == "small-button" else None
    edit = None if off else f"{key} {wish}"
    return element("button", *inside, type="button", cls=cls, data_edit=edit, aria_label=named, title=label, aria_disabled="true" if off else None)  # fmt: skip


button = _button


def _title(item: Item) -> str:
    return plain(name(item), TITLE_CHARS)
