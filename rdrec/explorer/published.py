"""Published results on Beauty, Sports and Toys, and our own measurements, each with its leak and source.

`data_of` recognises a released data set by its size rather than its name, so that results are never shown for another data set.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError

from rdrec.core.home import PROJECT
from rdrec.core.records import InputError
from rdrec.core.untrusted import shown
from rdrec.core.vocabulary import Task
from rdrec.data.reading import Faults, csv_rows
from rdrec.explorer.answers import StoreFacts, Text

FILE = PROJECT / "assets" / "evidence" / "published.csv"
HEADER = ("data", "task", "method", "HR@10", "NDCG@10", "leak", "kind", "source")
SIZES = {  # users, items, interactions of the released data sets (table 1 of the paper)
    "beauty": (22_363, 12_101, 198_502),
    "sports": (35_598, 18_357, 296_337),
    "toys": (19_412, 11_924, 167_597),
}
Share = Annotated[Annotated[float, Field(ge=0, le=1)] | None, BeforeValidator(lambda text: text or None)]


@dataclass(frozen=True, slots=True)
class Figure:
    """Results of one method on one data set and task; a metric is None if the source does not report it.

    leak    what revealed test answers: item "numbers", "reviews" of held-out interactions, both, the "order" of interactions on the same
            day, "order possible" for models that read this order, or none
    kind    "published" by others, or "measured" by us; then `source` is the command
    """

    data: Literal["beauty", "sports", "toys"]
    task: Task
    method: Text
    hr10: Share
    ndcg10: Share
    leak: Literal["numbers and reviews", "numbers", "reviews", "order", "order possible", "none known", "none"]
    kind: Literal["published", "measured"]
    source: Text


_FIELDS, _FIGURE = [field.name for field in fields(Figure)], TypeAdapter(Figure)


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
        try:
            figure = _FIGURE.validate_python(dict(zip(_FIELDS, row, strict=True)))
        except ValidationError as error:
            for fault in error.errors(include_url=False):
                faults.add(number, f"{fault['loc'][0]} ({shown(fault['input'])}): {fault['msg']}")
            continue
        if (before := keys.setdefault((figure.data, figure.task, figure.method), number)) != number:
            faults.add(number, f"the same data, task and method as line {before}")
        found.append(figure)
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
