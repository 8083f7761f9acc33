"""The address of a view: `?data=...&user=...&task=...`, checked on the server each time.

In: texts from a URL or from a control, and the catalogue.  Out: a `View` that exists, with a sentence for each thing that does not.
Texts are compared with what is there; no path and no query is ever made from them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rdrec.precompute.answers import TASKS, Task
from rdrec.precompute.catalogue import Catalogue
from rdrec.precompute.store import Store
from rdrec.records import RDRecError
from rdrec.ui import texts
from rdrec.ui.parts import failed
from rdrec.ui.render import plain

PARAMETERS = ("data", "user", "task")
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")  # nine digits: no set is larger, and every value fits a 64-bit column
_QUOTED_CHARS = 40  # of a refused value, in the sentence that refuses it


@dataclass(frozen=True)
class View:
    """What to show.  `notices` are sentences for the top of the page."""

    data: str
    user: int
    task: Task
    notices: tuple[str, ...] = ()


def view(catalogue: Catalogue, values: Mapping[str, object]) -> View:
    """The asked view where it exists, defaults where it does not.  The catalogue must hold at least one store."""
    assert catalogue.default is not None
    notices: list[str] = []
    data = values.get("data") or catalogue.default
    if not isinstance(data, str) or data not in catalogue.stores:
        notices.append(_unknown_data(catalogue, data))
        data = catalogue.default
    store = catalogue.stores[data]
    task = values.get("task") or TASKS[0]
    if task not in TASKS:
        notices.append(texts.UNKNOWN_TASK.format(task=quoted(task), known=" or ".join(TASKS)))
        task = TASKS[0]
    user = parse_user(store, values.get("user"))
    if user is None:
        if values.get("user"):
            notices.append(_unknown_user(store, values["user"]))
        try:
            user = store.first_user()
        except RDRecError as error:
            notices.append(failed(error))
            user, _ = store.user_range()
    return View(data, user, task, tuple(notices))


def parse_number(value: object) -> int | None:
    """A whole number from 1 on, in digits or as a number; None for anything else."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return int(text) if isinstance(text, str) and _NUMBER.fullmatch(text) else None


def parse_user(store: Store, value: object) -> int | None:
    """A user number of this store; None for anything else."""
    number = parse_number(value)
    return number if number is not None and store.has_user(number) else None


def quoted(value: object) -> str:
    return f"“{plain(' '.join(str(value).split()), _QUOTED_CHARS)}”"


def _unknown_data(catalogue: Catalogue, data: object) -> str:
    for broken in catalogue.broken:
        if broken.name == data:
            return texts.BROKEN_DATA.format(
                data=quoted(data), what=plain(broken.error.what), todo=plain(broken.error.todo or "")
            )
    known, shown = ", ".join(catalogue.stores), catalogue.default
    return texts.UNKNOWN_DATA.format(data=quoted(data), known=known, shown=shown)


def _unknown_user(store: Store, user: object) -> str:
    low, high = store.user_range()
    return texts.UNKNOWN_USER.format(user=quoted(user), data=plain(store.facts.title), low=low, high=high)
