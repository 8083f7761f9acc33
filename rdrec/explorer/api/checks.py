"""Validate the parameters of the public endpoints; errors say what is wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from rdrec.core.plain_text import plain
from rdrec.core.records import InputError, RDRecError, first_few
from rdrec.core.vocabulary import TASKS, Task
from rdrec.explorer import url
from rdrec.explorer.api import sentences
from rdrec.explorer.catalogue import Catalogue
from rdrec.explorer.store import Store

T = TypeVar("T", bound=str)
KNOWN = 12  # values that an error message lists
DIGITS = 9  # of a number: no set is larger


def in_words(error: Exception) -> str:
    """The error message for the caller, without paths of the server."""
    if isinstance(error, RDRecError):
        where = f"{error.where}: " if isinstance(error, _Refused) else ""
        return sentences.WRONG.format(where=where, what=plain(error.what), todo=plain(error.todo or "").rstrip("."))
    return sentences.ABSENT.format(why=plain(error))


class _Refused(InputError):
    """An invalid parameter; `where` is its name."""


def wrong(where: str, what: str, todo: str) -> InputError:
    """The error for a parameter named `where`."""
    return _Refused(what, where=where, todo=todo)


def known_user(store: Store, user: object) -> int:
    """A shopper's number, given as a number or as digits."""
    found = url.parse_user(store, user)
    if found is None:
        low, high = store.user_range()
        what = sentences.NO_USER.format(value=url.quoted(user), data=plain(store.facts.title))
        raise wrong("user", what, sentences.NO_USER_TODO.format(low=low, high=high))
    return found


def known_task(task: object) -> Task:
    """One of the two ranking tasks."""
    return one_of("task", task, TASKS, sentences.NO_TASK.format(value=url.quoted(task)))


def known_item(user: int, item: object, known: Sequence[int]) -> int:
    """One of the `known` item numbers, given as a number or as digits."""
    number = _digits(item)
    if number is None or number not in known:
        listed = first_few([str(known_number) for known_number in known], KNOWN) or sentences.NONE
        raise wrong(
            "item", sentences.NO_ITEM.format(value=url.quoted(item), user=user), sentences.NO_ITEM_TODO.format(known=listed)
        )
    return number


def one_of(where: str, value: object, known: Sequence[T], what: str) -> T:
    """Return `value` if it is one of `known`; otherwise raise an error that describes it (`what`) and lists them."""
    for choice in known:
        if value == choice:
            return choice
    raise wrong(where, what, sentences.USE.format(known=" or ".join(known)))


def whole(where: str, value: object, low: int, high: int) -> int:
    """A whole number within bounds, given as a number or as digits."""
    number = _digits(value)
    if number is None or not low <= number <= high:
        what = sentences.NO_NUMBER.format(value=url.quoted(value), low=low, high=high)
        raise wrong(where, what, sentences.NO_NUMBER_TODO)
    return number


def _digits(value: object) -> int | None:
    """A whole number, or digits as sent by a form or command line; None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= DIGITS:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def text(where: str, value: object, limit: int) -> str:
    """A text of at most `limit` characters."""
    if not isinstance(value, str) or len(value) > limit:
        raise wrong(where, sentences.NO_TEXT.format(limit=limit), sentences.NO_TEXT_TODO)
    return value


def known_store(catalogue: Catalogue, data: object) -> Store:
    """The data set of that name; the first one if the name is empty."""
    name = data or catalogue.default
    if name is None:
        raise wrong("data", sentences.NO_SET, sentences.NO_SET_TODO)
    if not isinstance(name, str) or name not in catalogue.stores:
        known = first_few(list(catalogue.stores), KNOWN)
        raise wrong("data", sentences.NO_DATA.format(value=url.quoted(name)), sentences.NO_DATA_TODO.format(known=known))
    return catalogue.stores[name]
