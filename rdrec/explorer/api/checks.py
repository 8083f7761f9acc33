"""Validate the parameters of the public endpoints; errors say what is wrong, where, and what to do.

Names of endpoints and parameters are not translated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from rdrec.core.plain_text import plain
from rdrec.core.records import InputError, RDRecError, first_few
from rdrec.core.vocabulary import TASKS, Task
from rdrec.explorer import url
from rdrec.explorer.catalogue import Catalogue
from rdrec.explorer.store import Store

T = TypeVar("T", bound=str)
KNOWN = 12  # values that an error message lists
DIGITS = 9  # of a number: no set is larger


def in_words(error: Exception) -> str:
    """The error message for the caller, without paths of the server."""
    if isinstance(error, RDRecError):
        where = f"{error.where}: " if isinstance(error, _Refused) else ""
        return f"{where}{plain(error.what)}. {plain(error.todo or '').rstrip('.')}."
    return f"this installation cannot run the students live ({plain(error)}). Use /recommend and /explain, which need no model."


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
        what = f"there is no shopper {url.quoted(user)} in {plain(store.facts.title)}"
        raise wrong("user", what, f"Use a whole number from {low} to {high}; /list_users finds them")
    return found


def known_task(task: object) -> Task:
    """One of the two ranking tasks."""
    return one_of("task", task, TASKS, f"there is no task {url.quoted(task)}")


def known_item(user: int, item: object, known: Sequence[int]) -> int:
    """One of the `known` item numbers, given as a number or as digits."""
    number = _digits(item)
    if number is None or number not in known:
        what = f"the item {url.quoted(item)} is neither the true next purchase of shopper {user} nor among the first that a student recommends"
        raise wrong("item", what, f"Use one of {first_few(known, KNOWN) or 'nothing'}; /recommend lists them")
    return number


def one_of(where: str, value: object, known: Sequence[T], what: str) -> T:
    """Return `value` if it is one of `known`; otherwise raise an error that describes it (`what`) and lists them."""
    for choice in known:
        if value == choice:
            return choice
    raise wrong(where, what, f"Use {' or '.join(known)}")


def whole(where: str, value: object, low: int, high: int) -> int:
    """A whole number within bounds, given as a number or as digits."""
    number = _digits(value)
    if number is None or not low <= number <= high:
        raise wrong(where, f"{url.quoted(value)} is not a whole number from {low} to {high}", "Give one within these bounds")
    return number


def _digits(value: object) -> int | None:
    """A whole number, or digits as sent by a form or command line; None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= DIGITS:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def text(where: str, value: object, limit: int) -> str:
    """A text of at most `limit` characters."""
    if not isinstance(value, str) or len(value) > limit:
        raise wrong(where, f"it is not a text of at most {limit} characters", "Give a shorter text")
    return value


def known_store(catalogue: Catalogue, data: object) -> Store:
    """The data set of that name; the first one if the name is empty."""
    name = data or catalogue.default
    if name is None:
        raise wrong("data", "this page has no data set", "Whoever serves it can make one with: python -m rdrec precompute")
    if not isinstance(name, str) or name not in catalogue.stores:
        todo = f"Use one of {first_few(list(catalogue.stores), KNOWN)}, or leave it empty for the first; /data_sets lists them"
        raise wrong("data", f"there is no data set {url.quoted(name)}", todo)
    return catalogue.stores[name]
