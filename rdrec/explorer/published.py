"""Published results on Beauty, Sports and Toys, and our own measurements, each with its leak and source.

`data_of` recognises a released data set by its size rather than its name, so that results are never shown for another data set.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rdrec.core.home import PROJECT
from rdrec.core.records import InputError
from rdrec.core.vocabulary import TASKS
from rdrec.data.reading import Faults, csv_rows
from rdrec.explorer.answers import StoreFacts

FILE = PROJECT / "assets" / "evidence" / "published.csv"
HEADER = ("data", "task", "method", "HR@10", "NDCG@10", "leak", "kind", "source")
SIZES = {  # users, items, interactions of the released data sets (table 1 of the paper)
    "beauty": (22_363, 12_101, 198_502),
    "sports": (35_598, 18_357, 296_337),
    "toys": (19_412, 11_924, 167_597),
}
LEAKS = ("numbers and reviews", "numbers", "reviews", "order", "none known", "none")
KINDS = ("published", "measured")


@dataclass(frozen=True, slots=True)
class Figure:
    """Results of one method on one data set and task; a metric is None if the source does not report it.

    leak    what revealed test answers: item "numbers", "reviews" of held-out interactions, both, the "order" of interactions on the same
            day, or none
    kind    "published" by others, or "measured" by us; then `source` is the command
    """

    data: str
    task: str
    method: str
    hr10: float | None
    ndcg10: float | None
    leak: str
    kind: str
    source: str


def figures(path: Path = FILE) -> tuple[Figure, ...]:
    """Read the file, in order.  Raises InputError naming each wrong line."""
    faults, found = Faults(path), []
    keys: dict[tuple[str, str, str], int] = {}
    for number, row in csv_rows(path, faults):
        if number == 1:
            if tuple(row) != HEADER:
                raise InputError(f"the first line is not {','.join(HEADER)}", where=path, todo="fix the first line")
            continue
        if len(row) != len(HEADER):
            faults.add(number, f"{len(row)} fields instead of {len(HEADER)}")
            continue
        data, task, method, hit, gain, leak, kind, source = row
        for value, known in ((data, tuple(SIZES)), (task, TASKS), (leak, LEAKS), (kind, KINDS)):
            if value not in known:
                faults.add(number, f"{value[:40]!r} is not one of {', '.join(known)}")
        if not source or not method:
            faults.add(number, "a figure without method or source")
        if (before := keys.setdefault((data, task, method), number)) != number:
            faults.add(number, f"the same data, task and method as line {before}")
        shares = _share(hit, number, faults), _share(gain, number, faults)
        found.append(Figure(data, task, method, *shares, leak, kind, source))
    faults.check()
    return tuple(found)


@cache
def shipped() -> tuple[Figure, ...]:
    """The bundled figures, read once."""
    return figures()


def data_of(facts: StoreFacts) -> str | None:
    """The released data set with these numbers of users, items and interactions; None for any other, or for invented data."""
    sizes = (facts.users, facts.items, facts.interactions)
    return None if facts.synthetic else next((name for name, known in SIZES.items() if known == sizes), None)


def _share(text: str, number: int, faults: Faults) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        faults.add(number, f"{text[:40]!r} is not a number from 0 to 1")
    return value
