"""Parse the address of a view: `?data=...&user=...&task=...&tab=...&hide=1&lock=1&large=1`.

Parameters are only compared with known values; paths and queries are never built from them.  Unknown values are replaced by defaults,
each with a notice for the visitor.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rdrec.core.plain_text import plain
from rdrec.core.records import RDRecError
from rdrec.core.vocabulary import TASKS, Task
from rdrec.explorer import sentences
from rdrec.explorer.catalogue import Catalogue
from rdrec.explorer.store import Store

SWITCHES = ("hide", "lock", "large")  # for lectures: guess first, lock the shopper, large type
PARAMETERS = ("data", "user", "task", "tab", *SWITCHES)
TABS = ("explore", "why", "teacher", "evidence", "learn")  # in the order of the page; the first is the default
FORMER_TABS = {  # tabs of the first edition in old addresses -> where their content is now
    "reviews": "explore",
    "writing": "explore",
    "table": "explore",
    "distil": "teacher",
    "own": "why",
}
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")  # at most nine digits, which is enough for any set and fits a 64-bit column
_LIST_CHARS = 1_000  # longest list of products; 20 numbers of nine digits are far shorter
_NAMED = 3  # invalid parts of a list quoted in a notice
_QUOTED_CHARS = 40  # longest quotation of an invalid value


@dataclass(frozen=True)
class View:
    """What to show.  `notices`: sentences for the top of the page; `on`: the active SWITCHES."""

    data: str
    user: int
    task: Task
    notices: tuple[str, ...] = ()
    on: tuple[str, ...] = ()


def view(catalogue: Catalogue, values: Mapping[str, object]) -> View:
    """The requested view, with defaults for what does not exist.  The catalogue must contain at least one store."""
    assert catalogue.default is not None
    notices: list[str] = []
    data = values.get("data") or catalogue.default
    if not isinstance(data, str) or data not in catalogue.stores:
        notices.append(_unknown_data(catalogue, data))
        data = catalogue.default
    store = catalogue.stores[data]
    task = values.get("task") or TASKS[0]
    if task not in TASKS:
        notices.append(f"There is no task {quoted(task)}: it can be {' or '.join(TASKS)}. Showing the first.")
        task = TASKS[0]
    user = parse_user(store, values.get("user"))
    if user is None:
        if values.get("user"):
            notices.append(_unknown_user(store, values["user"]))
        try:
            user = store.first_user()
        except RDRecError as error:
            notices.append(sentences.failed(error))
            user, _ = store.user_range()
    if values.get("tab") and values["tab"] not in (*TABS, *FORMER_TABS):
        notices.append(f"There is no tab {quoted(values['tab'])}: it can be {', '.join(TABS)}. The first is open.")
    on, unread = switches(values)
    return View(data, user, task, (*notices, *unread), on)


def store_and_view(catalogue: Catalogue, values: Mapping[str, object]) -> tuple[Store, View]:
    """The requested view, and the set that it shows."""
    found = view(catalogue, values)
    return catalogue.stores[found.data], found


def parameters_of(params: Any, keys: Sequence[str]) -> dict[str, str]:
    """The given parameters of an address; `params`: the query parameters of a framework request."""
    return {key: str(params[key]) for key in keys if key in params}


def of_shopper(params: Any, data: str, user: int, keys: Sequence[str]) -> dict[str, str]:
    """The same, but empty if the address names another shopper than the one shown."""
    named = parameters_of(params, ("data", "user"))
    other = named.get("data", data) not in ("", data) or named.get("user", str(user)) not in ("", str(user))
    return {} if other else parameters_of(params, keys)


def switches(values: Mapping[str, object]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The active SWITCHES ("1" is on, "0" or nothing is off), and a notice for each other value."""
    given = [(key, values.get(key)) for key in SWITCHES]
    unknown = (
        f"{key} in the address can be 1 ({sentences.SWITCH[key]}) or 0, not {quoted(value)}; it is off."
        for key, value in given
        if value not in (None, "", "0", "1")
    )
    return tuple(key for key, value in given if value == "1"), tuple(unknown)


def items(store: Store, value: object, most: int) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The existing products of a list like "12,7,3", in order, without repetitions, at most `most`; and notices about omitted ones."""
    parts = [part.strip() for part in value[:_LIST_CHARS].split(",")] if isinstance(value, str) else []
    numbers: dict[int, None] = {}
    wrong: list[str] = []
    for part in filter(None, parts):
        number = parse_number(part)
        if number is None or number > store.facts.items:
            wrong.append(part)
        else:
            numbers[number] = None
    notices = []
    if wrong:
        listed = ", ".join(quoted(part) for part in wrong[:_NAMED]) + (", …" if len(wrong) > _NAMED else "")
        notices.append(sentences.UNKNOWN_ITEMS.format(items=listed, data=plain(store.facts.title), last=store.facts.items))
    if len(numbers) > most:
        notices.append(sentences.TOO_MANY.format(most=most))
    return tuple(numbers)[:most], tuple(notices)


def parse_number(value: object) -> int | None:
    """A positive whole number, given as a number or as digits; None for anything else."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return int(text) if isinstance(text, str) and _NUMBER.fullmatch(text) else None


def parse_user(store: Store, value: object) -> int | None:
    """A user number of this store; None for anything else."""
    number = parse_number(value)
    return number if number is not None and store.has_user(number) else None


def quoted(value: object) -> str:
    """An invalid value in quotation marks, on one line, shortened, without control characters."""
    return f"“{plain(' '.join(str(value).split()), _QUOTED_CHARS)}”"


def _unknown_data(catalogue: Catalogue, data: object) -> str:
    for broken in catalogue.broken:
        if broken.name == data:
            return sentences.BROKEN_DATA.format(
                data=quoted(data), what=plain(broken.error.what), todo=plain(broken.error.todo or "")
            )
    known, shown = ", ".join(catalogue.stores), catalogue.default
    return f"There is no data set {quoted(data)} here. There is: {known}. Showing {shown} instead."


def _unknown_user(store: Store, user: object) -> str:
    low, high = store.user_range()
    return sentences.UNKNOWN_USER.format(user=quoted(user), data=plain(store.facts.title), low=low, high=high)
