"""Read and write the Why tab's part of an address: `?student=baseline&explain=12&rather=7&number=0&edit=3,9,4&pins=3,9_9,3&beam=5`.

Unknown values are replaced by defaults, each with a notice for the visitor.  Nothing is stored on the server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rdrec.core.records import RDRecError
from rdrec.core.settings import integer
from rdrec.core.vocabulary import ROLES
from rdrec.explorer import sentences, url
from rdrec.explorer.store import Store
from rdrec.explorer.what_if import Edits, History
from rdrec.explorer.why_records import BEAM_WIDTHS, Case, beam_students, make_case, rival

PARAMETERS = ("student", "explain", "rather", "number", "edit", "pins", "beam", "beam_student")
WITHOUT_NUMBER = "0"
BETWEEN = "_"  # separates pinned histories; browsers do not escape it


@dataclass(frozen=True)
class Asked:
    """The requested case (None without predictions), the item to compare with, the edits, the beam search's width and student, and
    notices about unknown values."""

    case: Case | None
    other: int | None
    edits: Edits | None
    notices: tuple[str, ...] = ()
    beam: int = BEAM_WIDTHS[1]
    beam_student: str = ROLES[0]


def read(store: Store, view: url.View, values: Mapping[str, object], *, hide: bool = False) -> Asked:
    """Read the address for this view's shopper; unknown values are replaced by defaults.

    hide: the held-out purchase is not yet revealed.  Raises RDRecError if a table cannot be read.
    """
    given = {key: str(values[key]) for key in PARAMETERS if values.get(key)}
    notices: list[str] = []
    role = given.get("student", ROLES[0])
    if role not in ROLES:
        notices.append(f"There is no student {url.quoted(role)}; choose {' or '.join(ROLES)}. The first one is asked.")
    item = url.parse_number(given.get("explain"))
    beam, beam_student, unread = _beam(store, given)
    notices += unread
    named = given.get("number") != WITHOUT_NUMBER
    case, found = make_case(store, view.user, role, item, task=view.task, hide=hide, named=named)
    if case is None:
        return Asked(None, None, None, tuple(notices), beam, beam_student)
    if "explain" in given and (item is None or not found):
        notices.append(sentences.UNKNOWN_ITEM.format(item=url.quoted(given["explain"])))
    rather = url.parse_number(given.get("rather"))
    other = rival(store, case, rather)
    if "rather" in given and (rather is None or other != rather):
        notices.append(sentences.UNKNOWN_ITEM.format(item=url.quoted(given["rather"])))
    edits, wrong = edits_of(store, view, case, given)
    return Asked(case, other, edits, tuple(dict.fromkeys((*notices, *wrong))), beam, beam_student)


def _beam(store: Store, given: Mapping[str, str]) -> tuple[int, str, list[str]]:
    """Width and student of the beam search; defaults, with notices, for unknown values."""
    notices = []
    width, who, known = url.parse_number(given.get("beam")), given.get("beam_student"), beam_students(store)
    if "beam" in given and width not in BEAM_WIDTHS:
        listed = ", ".join(map(str, BEAM_WIDTHS))
        notices.append(
            f"There is no beam of width {url.quoted(given['beam'])}; choose one of {listed}. Another one is shown instead."
        )
    if who is not None and who not in known:
        notices.append(
            f"There is no beam search of a student {url.quoted(who)}; choose one of {', '.join(known)}. The first one is shown."
        )
    return width if width in BEAM_WIDTHS else BEAM_WIDTHS[1], who if who in known else known[0], notices


def edits_of(store: Store, view: url.View, case: Case, given: Mapping[str, object]) -> tuple[Edits, tuple[str, ...]]:
    """The edits given by `edit` and `pins` of an address, and notices about unknown values."""
    history, wrong = _history(store, str(given.get("edit") or ""))
    notices: list[str] = []
    most = integer("page.pins")
    parts = str(given.get("pins") or "").split(BETWEEN, most)
    histories = [_history(store, part) for part in parts[:most]]
    pins = tuple(dict.fromkeys(pinned for pinned, _ in histories if pinned and pinned != case.shown))
    notices += [*wrong, *(sentence for _, unread in histories for sentence in unread)]
    if len(parts) > most:
        notices.append(f"The address pins more than {most} versions; the first {most} are shown.")
    return Edits(view.data, view.user, history or case.shown, pins), tuple(notices)


def unknown(store: Store, view: url.View, params: Any, *, hide: bool) -> tuple[str, ...]:
    """Notices about unknown values in an address; `params`: the query parameters of a framework request."""
    values = url.of_shopper(params, view.data, view.user, PARAMETERS)
    try:
        return read(store, view, values, hide=hide).notices if values else ()
    except RDRecError:
        return ()  # the page itself reports tables that cannot be read


def written(edits: Edits, original: History) -> dict[str, str]:
    """The edits as address parameters; empty if nothing is edited."""
    edit = "" if edits.history == original else _text(edits.history)
    return {"edit": edit, "pins": BETWEEN.join(_text(pinned) for pinned in edits.pins)}


def _history(store: Store, text: str) -> tuple[History, tuple[str, ...]]:
    return url.items(store, text, integer("train.max_history"))


def _text(history: History) -> str:
    return ",".join(map(str, history))
