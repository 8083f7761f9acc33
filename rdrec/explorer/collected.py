"""Read collections created by `rdrec collect`: measurements on several data sets.  The bundled one is precomputed/evidence."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from rdrec.core.home import PROJECT
from rdrec.core.records import ArtefactError, grouped
from rdrec.core.settings import number
from rdrec.core.storage import Manifest, read_table, verify
from rdrec.core.vocabulary import COLLECTION_KIND
from rdrec.evaluation.outcomes import Check, check_of
from rdrec.explorer.answers import Curve, Difference, Shown, curve_of
from rdrec.explorer.comparisons import Tested

FOLDER = PROJECT / "precomputed" / "evidence"
KEYS = ["data", "evaluated_under", "ids", "method", "recipe", "task", "metric"]  # what tells measurements apart


@dataclass(frozen=True, slots=True)
class Measurement:
    """One method, task and metric on one data set under one protocol.

    recipe       for a student: its shape, start and digits per token
    values       by seed
    low, high    95% bootstrap interval over users of a single run; None for several runs
    """

    data: str
    evaluated_under: str
    ids: str
    method: str
    recipe: str
    task: str
    metric: str
    values: dict[int, float]
    low: float | None
    high: float | None
    users: int

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return sum(self.values.values()) / len(self.values)


@dataclass(frozen=True, slots=True)
class CollectedCheck:
    """Whether one training run learned its rationales: the check of one text task."""

    data: str
    evaluated_under: str
    method: str
    recipe: str
    check: Check


@dataclass(frozen=True, slots=True)
class TeacherWords:
    """How much the words of a teacher tell about the user (its preferences) or the item (its attributes).

    gap, low, high  own-other gap of n-gram counts in nats per token, with its 95 % interval
    """

    data: str
    teacher: str
    task: str
    texts: int
    gap: float
    low: float
    high: float

    @property
    def tell(self) -> bool:
        """Whether counting words finds enough to count, by the threshold of the manipulation check."""
        return self.gap >= number("evaluate.least_yardstick")


@dataclass(frozen=True, slots=True)
class CollectedShown:
    """Measures beyond accuracy of the lists that one training run (or rule) shows to all users."""

    data: str
    evaluated_under: str
    ids: str
    recipe: str
    shown: Shown


@dataclass(frozen=True, slots=True)
class Collected:
    """A collection.  differences: (data, protocol, difference, corrected p); ties: by data set, how purchases at the same time are
    ordered, in words; worlds: by data set, the world that an invented shop was made from.  Older collections lack ties, worlds, checks,
    shown and words."""

    measurements: tuple[Measurement, ...] = ()
    differences: tuple[tuple[str, str, Difference, float], ...] = ()
    curves: tuple[Curve, ...] = ()
    ties: dict[str, str] = field(default_factory=dict)
    worlds: dict[str, str | None] = field(default_factory=dict)
    checks: tuple[CollectedCheck, ...] = ()
    shown: tuple[CollectedShown, ...] = ()
    words: tuple[TeacherWords, ...] = ()

    @property
    def data(self) -> tuple[str, ...]:
        """Names of the data sets, in stored order."""
        return tuple(dict.fromkeys(one.data for one in self.measurements))

    def words_of(self, data: str) -> dict[str, dict[str, TeacherWords]]:
        """What the teachers' words tell on one data set, by teacher and text task."""
        found: dict[str, dict[str, TeacherWords]] = {}
        for one in self.words:
            if one.data == data:
                found.setdefault(one.teacher, {})[one.task] = one
        return found

    def checks_of(self, data: str, protocol: str) -> dict[str, list[Check]]:
        """The checks of all training runs on one data set under one protocol, by method."""
        here = (each for each in self.checks if (each.data, each.evaluated_under) == (data, protocol))
        return grouped((each.method, each.check) for each in here)

    def tests_of(self, data: str, protocol: str) -> list[Tested]:
        """The paired differences on one data set under one protocol."""
        return [Tested(row, p) for name, under, row, p in self.differences if (name, under) == (data, protocol)]

    @property
    def real(self) -> tuple[str, ...]:
        """Data sets of real purchases."""
        return tuple(name for name in self.data if not self.worlds.get(name))

    @property
    def invented(self) -> tuple[str, ...]:
        """Invented shops."""
        return tuple(name for name in self.data if self.worlds.get(name))


def read(folder: Path) -> Collected:
    """Read a collection.  Raises ArtefactError if it is missing, altered or has other columns."""
    manifest = verify(folder, COLLECTION_KIND)
    try:
        runs, differences, curves = (read_table(folder / f"{name}.parquet") for name in ("runs", "differences", "curves"))
        return Collected(
            tuple(_measurement(part) for _, part in runs.groupby(KEYS, sort=False)),
            tuple(_difference(row) for row in differences.to_dict("records")),
            tuple(curve_of(part.to_dict("records")) for _, part in curves.groupby(["data", "run"], sort=False)),
            manifest.meta.get("ties", {}),
            manifest.meta.get("worlds", {}),
            tuple(_check(row) for row in _optional_rows(folder, manifest, "checks")),
            tuple(_shown(row) for row in _optional_rows(folder, manifest, "beyond")),
            tuple(_words(row) for row in _optional_rows(folder, manifest, "words")),
        )
    except KeyError as error:
        raise ArtefactError(f"a column is missing ({error})", where=folder, todo="collect again: rdrec collect") from error


@cache
def shipped() -> Collected:
    """The bundled collection, read once; empty if its folder does not exist."""
    return read(FOLDER) if FOLDER.is_dir() else Collected()


def _optional_rows(folder: Path, manifest: Manifest, table: str) -> list[dict[Hashable, Any]]:
    """The rows of a table, or none if this older collection lacks it."""
    return read_table(folder / f"{table}.parquet").to_dict("records") if f"{table}.parquet" in manifest.files else []


def _check(row: dict[Hashable, Any]) -> CollectedCheck:
    return CollectedCheck(row["data"], row["evaluated_under"], row["method"], row["recipe"], check_of(row))


def _shown(row: dict[Hashable, Any]) -> CollectedShown:
    return CollectedShown(row["data"], row["evaluated_under"], row["ids"], row["recipe"], Shown.of(row))


def _words(row: dict[Hashable, Any]) -> TeacherWords:
    return TeacherWords(**{name: row[name] for name in TeacherWords.__slots__})


def _measurement(part: pd.DataFrame) -> Measurement:
    first = part.iloc[0]
    values = dict(zip(part["seed"].tolist(), part["value"].tolist(), strict=True))
    low, high = (float(first[end]) if len(values) == 1 else None for end in ("low", "high"))
    return Measurement(**{key: first[key] for key in KEYS}, values=values, low=low, high=high, users=int(first["users"]))


def _difference(row: dict[Hashable, Any]) -> tuple[str, str, Difference, float]:
    found = Difference(**{name: row[name] for name in Difference.__slots__})
    return row["data"], row["protocol"], found, float(row["p_holm"])
