"""One table of all teachers of some data sets, from their stored rationales: how many, how true, how personal, how long.

On an invented data set, precision, recall and negation errors are measured against its truth.  The table is written between two marks in
a Markdown file, so that nobody types numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from rdrec.core.home import Home
from rdrec.core.markdown import table_lines
from rdrec.core.records import InputError, UnknownNameError
from rdrec.core.storage import atomic_write
from rdrec.data import schema
from rdrec.data.rationales import load_rationales
from rdrec.data.store import load_dataset
from rdrec.evaluation.how_personal import BY, HowPersonal, of_column
from rdrec.synthetic.scoring import score
from rdrec.synthetic.truth import has_truth, load_truth
from rdrec.teachers.base import RULES
from rdrec.teachers.choosing import ALL, Choice
from rdrec.teachers.compare import with_reviews
from rdrec.teachers.measure import Measured, measure
from rdrec.teachers.run import reviews_with_text
from rdrec.teachers.timing import processor_seconds

BEGIN, END = "<!-- teachers: made by `rdrec distill compare`, not by hand -->", "<!-- /teachers -->"
_LEAKED, _OPPOSITE = "from the examples", "the evidence says the opposite"


@dataclass(frozen=True)
class TeacherRow:
    """One teacher on one data set.

    read, reviews     reviews that it has read, out of how many
    rationales        reviews with a rationale
    failed            reviews without a valid answer after all attempts
    by_user, by_item  own-other gap of its preferences by user, and of its attributes by item (`how_personal`); None if there are too few
    truth             by kind of claim: precision, recall, negation_errors; empty if no truth is known
    seconds           processor seconds per review; None if none was read on this machine
    """

    data: str
    teacher: str
    read: int
    reviews: int
    rationales: int
    failed: int
    measured: Measured
    by_user: HowPersonal | None
    by_item: HowPersonal | None
    truth: dict[str, dict[str, Any]]
    seconds: float | None

    def as_json(self) -> dict[str, Any]:
        """The row as JSON types."""
        gaps = {"by_user": self.by_user, "by_item": self.by_item}
        personal = {name: None if one is None else one.as_dict() for name, one in gaps.items()}
        return asdict(self) | {"measured": self.measured.as_json()} | personal


def teacher_rows(home: Home, data: Sequence[str], teachers: Sequence[str] = (), choice: Choice = ALL) -> list[TeacherRow]:
    """The rows of every data set: all its teachers, or those of `teachers` that have read it.

    choice  which users' reviews count
    Raises UnknownNameError for a data set without rationales, and for a teacher that has read none of the data sets.
    """
    names = {name: [t for t in home.names("rationales", name) if not teachers or t in teachers] for name in data}
    absent = [teacher for teacher in teachers if not any(teacher in found for found in names.values())]
    if absent or not all(names.values()):
        what = f"no rationales of {absent[0]!r}" if absent else "no teacher has read this data set"
        raise UnknownNameError(what, where=home.root / "rationales", todo="distil first: python -m rdrec distill --help")
    return [_row(home, name, teacher, choice) for name, found in names.items() for teacher in found]


def _row(home: Home, data: str, teacher: str, choice: Choice) -> TeacherRow:
    reviews = {one.key: one for one in choice.of(list(reviews_with_text(load_dataset(home, data).interactions)))}
    table = load_rationales(home, data, teacher)
    keys = list(zip(table["user"].tolist(), table["position"].tolist(), strict=True))
    table = table[[key in reviews for key in keys]].reset_index(drop=True)
    with_rationale = with_reviews(table, reviews)
    return TeacherRow(
        data,
        teacher,
        len(table),
        len(reviews),
        len(with_rationale),
        int((table["status"] == "failed").sum()),
        measure(with_rationale, by_rules=teacher in RULES),
        _personal(table, "user_preference"),
        _personal(table, "item_attribution"),
        _truth(home, data, table),
        processor_seconds(home, data, teacher),
    )


def _personal(table: pd.DataFrame, column: str) -> HowPersonal | None:
    try:
        return of_column(table, column, BY[column])
    except InputError:
        return None  # too few texts; the table then has a dash


def _truth(home: Home, data: str, table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    if not has_truth(home, data) or table.empty:
        return {}
    world, truth = load_truth(home, data)
    return {one.kind: one.as_dict() for one in score(world, truth, schema.cast(table, schema.RATIONALES))}


def markdown(rows: Sequence[TeacherRow]) -> str:
    """The rows as a Markdown table, one line per data set and teacher."""
    columns: dict[str, Callable[[TeacherRow], str]] = {
        "data": lambda row: f"`{row.data}`",
        "teacher": lambda row: f"`{row.teacher}`",
        "read": lambda row: f"{row.read:,} of {row.reviews:,}",
        "with a rationale": lambda row: _share(row.rationales / row.read if row.read else None),
        "failed": lambda row: f"{row.failed:,}",
        "precision: preferences / attributes": lambda row: _of_truth(row, "precision"),
        "recall": lambda row: _of_truth(row, "recall"),
        "negation errors": lambda row: _of_truth(row, "negation_errors"),
        "claims supported": lambda row: _share(row.measured.supported),
        "from the examples": lambda row: _why(row, _LEAKED),
        "the opposite": lambda row: _why(row, _OPPOSITE),
        "AUC": lambda row: _number(row.measured.auc),
        "preferences by user": lambda row: _gap(row.by_user),
        "attributes by item": lambda row: _gap(row.by_item),
        "copies": lambda row: _share(row.measured.copied),
        "words": lambda row: _number(row.measured.words, 1),
        "distinct": lambda row: _share(row.measured.distinct),
        "CPU s per review": lambda row: _number(row.seconds, 3),
    }
    return "\n".join(table_lines(list(columns), [[cell(row) for cell in columns.values()] for row in rows]))


def write_between(path: Path, table: str) -> None:
    """Write the table between the marks of a Markdown file.  Raises InputError unless it has each mark exactly once."""
    try:
        text = path.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise InputError(f"the file cannot be read ({error})", where=path, todo="give a Markdown file") from None
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise InputError(
            "the file does not have both marks of the table exactly once", where=path, todo=f"put in {BEGIN} and {END}"
        )
    before, _, rest = text.partition(BEGIN)
    atomic_write(path, f"{before}{BEGIN}\n{table}\n{END}{rest.partition(END)[2]}".encode())


def _of_truth(row: TeacherRow, name: str) -> str:
    return " / ".join(_number(row.truth[kind][name]) for kind in BY) if row.truth else "–"


def _why(row: TeacherRow, why: str) -> str:
    found = row.measured  # `supported` is None for a rule-based teacher, which repeats the review's own words
    return _share(None if found.supported is None else found.why_not.get(why, 0) / found.claims)


def _gap(found: HowPersonal | None) -> str:
    return "–" if found is None else str(found.gap)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _number(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
