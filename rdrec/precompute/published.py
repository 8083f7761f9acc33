"""What others published on Beauty, Sports and Toys, and what our own commands measured there: facts with leak and source.

In: the csv that comes with the program.  Out: `Figure`s.  Figures of one data set are never shown as if they were of another:
`data_of` says which released set a folder holds, by its sizes, not by its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rdrec.data.reading import Faults, csv_rows
from rdrec.home import PROJECT
from rdrec.precompute.answers import TASKS, StoreFacts
from rdrec.records import InputError

FILE = PROJECT / "assets" / "evidence" / "published.csv"
HEADER = ("data", "task", "method", "HR@10", "NDCG@10", "leak", "kind", "source")
SIZES = {  # users, items, interactions of the released sets: the paper's table 1
    "beauty": (22_363, 12_101, 198_502),
    "sports": (35_598, 18_357, 296_337),
    "toys": (19_412, 11_924, 167_597),
}
LEAKS = ("numbers and reviews", "numbers", "reviews", "order", "none known", "none")
KINDS = ("published", "measured")


@dataclass(frozen=True, slots=True)
class Figure:
    """One method on one data set and task; a metric is None where the source does not give it.

    leak    how the test's answers could be seen without learning what people like: "numbers" of the items, "reviews" of hidden
            purchases, both, the "order" of purchases of one day, none
    kind    "published" by others, or "measured" by us; `source` is then the command
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
    """Every figure of the file, in its order.  Raises InputError naming each wrong line."""
    faults, found = Faults(path), []
    keys: dict[tuple[str, str, str], int] = {}
    for number, row in csv_rows(path, faults):
        if number == 1:
            if tuple(row) != HEADER:
                raise InputError(f"the first line is not {','.join(HEADER)}", where=path, todo="mend the first line")
            continue
        if len(row) != len(HEADER):
            faults.add(number, f"{len(row)} fields instead of {len(HEADER)}")
            continue
        data, task, method, hit, gain, leak, kind, source = row
        for value, known in ((data, tuple(SIZES)), (task, TASKS), (leak, LEAKS), (kind, KINDS)):
            if value not in known:
                faults.add(number, f"{value[:40]!r} is none of {', '.join(known)}")
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
    """The figures that come with the program, read once."""
    return figures()


def data_of(facts: StoreFacts) -> str | None:
    """Which released set this is: its users, items and interactions tell; None for any other, and for an invented one."""
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
