"""Edit a shopper's purchases: remove, move, replace, add; pin versions.

Functions validate the edit and return the new history, or raise an InputError with a sentence for the visitor.  A visitor's edits are
stored only in an `Edits` of their browser session.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rdrec.core.plain_text import plain
from rdrec.core.records import InputError
from rdrec.core.settings import integer
from rdrec.explorer import sentences
from rdrec.explorer.store import Store, name

History = tuple[int, ...]
TITLE_CHARS = 60
NAMED = 3  # removed or added purchases named in a sentence


@dataclass(frozen=True)
class Edits:
    """One visitor's edits of one shopper: the current history, and at most `page.pins` pinned ones."""

    data: str
    user: int
    history: History
    pins: tuple[History, ...] = ()


def drop(history: History, place: object, least: int = 1) -> History:
    """Remove the purchase at `place` (from 0, oldest first).  Raises InputError if fewer than `least` would remain."""
    at = _place(history, place)
    if len(history) <= least:
        raise InputError("The last purchase has to stay: the students were never trained on an empty history.")
    return history[:at] + history[at + 1 :]


def move(history: History, place: object, by: int) -> History:
    """The history with one purchase moved by so many places.  Raises InputError at the ends and for a place that does not exist."""
    at = _place(history, place)
    to = at + by
    if not 0 <= to < len(history):
        raise InputError(sentences.EDGE)
    moved = list(history)
    moved.insert(to, moved.pop(at))
    return tuple(moved)


def swap(store: Store, history: History, place: object, item: object) -> History:
    """The history with another item at one place.  Raises InputError for an item or place that does not exist."""
    at = _place(history, place)
    return (*history[:at], _new(store, history, item), *history[at + 1 :])


def add(store: Store, history: History, item: object) -> History:
    """The history with an item at its end.  Raises InputError if it is full or there is no such item."""
    new = _new(store, history, item)
    if len(history) >= integer("train.max_history"):
        raise InputError(sentences.FULL.format(most=integer("train.max_history")))
    return (*history, new)


def pin(edits: Edits, original: History) -> Edits:
    """The edits with the present version kept for comparison.  Raises InputError if nothing was changed, or it is kept already."""
    if edits.history == original:
        raise InputError("There is nothing to pin yet: change something first.")
    if edits.history in edits.pins:
        raise InputError("This version is already pinned.")
    if len(edits.pins) >= integer("page.pins"):
        raise InputError(f"At most {integer('page.pins')} versions can be pinned: unpin them first.")
    return replace(edits, pins=(*edits.pins, edits.history))


def changes(store: Store, original: Sequence[int], history: Sequence[int]) -> str:
    """Describe the edits, as in 'without A, with B, in another order'."""
    words = _named(store, sentences.DROPPED, [item for item in original if item not in history])
    words += _named(store, sentences.ADDED, [item for item in history if item not in original])
    kept = [item for item in history if item in original]
    if kept != [item for item in original if item in history]:
        words.append("in another order")
    return ", ".join(words) or "nothing"


def _named(store: Store, words: str, items: Sequence[int]) -> list[str]:
    """The first few items by title, and the number of others."""
    rest = len(items) - NAMED if len(items) > NAMED + 1 else 0
    named = [words.format(title=_title(store, item)) for item in items[: len(items) - rest]]
    return [*named, words.format(title=f"{rest} others")] if rest else named


def _title(store: Store, item: int) -> str:
    return f"“{plain(name(store.item(item)), TITLE_CHARS)}”"


def _place(history: History, place: object) -> int:
    if type(place) is not int or not 0 <= place < len(history):
        raise InputError(sentences.CHOOSE_PLACE)
    return place


def _new(store: Store, history: History, item: object) -> int:
    """Check a new item.  Raises InputError if it is not a number or already in the history, UnknownNameError if it is unknown."""
    if type(item) is not int:
        raise InputError(sentences.CHOOSE_FOUND)
    number = store.item(item).item
    if number in history:
        raise InputError(sentences.ALREADY)
    return number
