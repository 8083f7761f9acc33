"""Frozen records returned by the precomputed store."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from math import comb, isnan
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from rdrec.core.records import Claim, grouped
from rdrec.core.vocabulary import CURVE_MEASURES, NDCG, TASKS, Role
from rdrec.evaluation.outcomes import Check

LEAK_RULE = "rule "  # prefix of a metric, as in "rule HR@1"
LEAK_ORDER, LEAK_TEXT = "id order", "test text in training"  # measures of the leak audit
LEAK_TIES, LEAK_RISING = "same time as the one before", "greater original id"
LEAK_PLAIN, LEAK_ORDER_RULE = "bought together ", "order rule "  # prefixes of a metric
LEAK_LATER, LEAK_LATER_CASES = "later purchases", "cases with later purchases"


def _inside(folder: str) -> str:
    path = PurePosixPath(folder)
    if ".." in path.parts or path.is_absolute():
        raise ValueError("it should be a folder of the set")
    return folder


# What the facts in a manifest may be; `checked_set.facts_of` validates them.
Text = Annotated[str, Field(min_length=1, max_length=10_000)]
Count = Annotated[int, Field(strict=True, ge=0, lt=2**53)]
Folder = Annotated[Text, AfterValidator(_inside)]
TaskName = Annotated[str, Field(pattern=f"^({'|'.join(TASKS)})$")]


@dataclass(frozen=True, slots=True)
class StudentFacts:
    """A student of the set; `bytes`: size on disk; `fp32_bytes`: size before quantisation.

    temperatures  by task, with which the stored probabilities were calibrated; empty in older sets and if IDs have several tokens
    """

    role: Role
    run: Text
    folder: Folder
    shape: Text
    parameters: Count
    precision: Text
    bytes: Count
    fp32_bytes: Count
    temperatures: dict[TaskName, Annotated[float, Field(gt=0, allow_inf_nan=False)]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShippedFacts:
    """An additional student for live runs only; `ids`: its item numbering ("clustered"), or None for that of the set."""

    run: Text
    folder: Folder
    ids: Text | None = None


@dataclass(frozen=True, slots=True)
class BeamMiss:
    """A shopper for whom a search with `beams` beams loses `lost` of a student's `beams` best products, the best of them ranked `first_rank`."""

    student: str
    user: int
    beams: int
    lost: int
    first_rank: int


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """The facts in the manifest of a precomputed set.

    teacher   its rationales were used to train the students
    first     teachers whose rationales are preferred for display wherever they have read the review; `beside`: further ones
    about_teachers  for each teacher: `kind`, number of reviews `read`, number of `rationales`; empty in older sets
    ties      how purchases at the same time are ordered, in words; None in older sets
    cut       protocol `temporal` only: the date of the cut, and what it left out
    """

    data: Text
    title: Text
    synthetic: Annotated[bool, Field(strict=True)]
    protocol: Text
    seed: Count
    teacher: Text
    beside: tuple[Text, ...]
    users: Count
    items: Count
    interactions: Count
    reviews: Count
    rationales: Count
    students: Annotated[tuple[StudentFacts, ...], Field(min_length=1)]
    candidates: Count
    top: Count
    command: Text
    ties: Text | None = None
    cut: dict[str, Any] | None = None
    first: tuple[Text, ...] = ()
    about_teachers: dict[str, dict[str, Any]] = field(default_factory=dict)
    shipped: tuple[ShippedFacts, ...] = ()

    @property
    def calibrated(self) -> bool:
        """Whether the probabilities of all students are calibrated."""
        return all(set(TASKS) <= set(student.temperatures) for student in self.students)

    @property
    def teachers(self) -> tuple[str, ...]:
        """All teachers with rationales in this set, in display order."""
        return tuple(dict.fromkeys((*self.first, self.teacher, *self.beside)))


@dataclass(frozen=True, slots=True)
class Item:
    """A product; `said`: if it has no title, a few attributes from training reviews instead."""

    item: int
    item_key: str
    title: str | None
    brand: str | None
    categories: str | None
    price: float | None
    item_id: int
    purchases: int
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shopper:
    """A user as listed in the picker; `bought`: the purchase that matched a search."""

    user: int
    user_key: str
    interactions: int
    featured: str | None = None
    bought: str | None = None


@dataclass(frozen=True, slots=True)
class Purchase:
    """One interaction of a history; `split`: "train", "val" or "test"."""

    position: int
    item: Item
    split: str
    timestamp: int | None
    rating: float | None
    review: str | None
    summary: str | None


@dataclass(frozen=True, slots=True)
class Distilled:
    """A teacher's rationale for one review; `status` "nothing" comes with a reason.

    why_not  for each claim None if the review supports it, otherwise the reason; None in sets made before claims were checked
    raw      a language model's raw answer, if it is stored
    """

    position: int
    item: int
    status: str
    reason: str | None
    user_preference: str | None
    item_attribution: str | None
    claims: tuple[Claim, ...]
    teacher: str
    why_not: tuple[str | None, ...] | None = None
    raw: str | None = None


@dataclass(frozen=True, slots=True)
class Prediction:
    """One place of a student's list: rank from 1, item, and probability of the item."""

    student: str
    rank: int
    item: Item
    probability: float


@dataclass(frozen=True, slots=True)
class Truth:
    """The held-out item as ranked by one student among `among` items (1 = best)."""

    student: str
    item: Item
    rank: int
    probability: float
    among: int


@dataclass(frozen=True, slots=True)
class Written:
    """A student's text, and the reference text for it."""

    student: str
    task: str
    text: str
    reference: str | None


@dataclass(frozen=True, slots=True)
class Measured:
    """One row of the evaluation: a metric with its 95% interval over users."""

    model: str
    task: str
    metric: str
    value: float
    low: float
    high: float
    users: int
    protocol: str
    seed: int


@dataclass(frozen=True, slots=True)
class Leak:
    """One measure of the leak audit under one protocol; `value` is None if it does not apply."""

    protocol: str
    measure: str
    value: float | None


@dataclass(frozen=True, slots=True)
class Run:
    """One metric of one training run of a method ("rdrec:answer-key", "baseline") or of a rule."""

    method: str
    task: str
    metric: str
    seed: int
    value: float


@dataclass(frozen=True, slots=True)
class Difference:
    """One method minus another: mean over users and seeds, 95% interval over users, sign-flip p, range over seeds."""

    one: str
    other: str
    task: str
    metric: str
    difference: float
    low: float
    high: float
    p: float
    seeds: int
    users: int
    seed_low: float
    seed_high: float


@dataclass(frozen=True, slots=True)
class Slice:
    """One method on a subset of users: means over users and seeds."""

    slice: str
    label: str
    method: str
    task: str
    users: int
    hr10: float
    ndcg10: float


@dataclass(frozen=True, slots=True)
class Shown:
    """Measures beyond accuracy of the lists that one training run (or rule) shows to all users (`rdrec.evaluation.beyond_accuracy`).

    similarity  None if the items have no attributes
    """

    method: str
    seed: int
    coverage: float
    popularity: float
    bought: float
    novelty: float
    similarity: float | None
    top_share: float

    @classmethod
    def of(cls, row: Mapping[Hashable, Any]) -> Shown:
        """The record of a row with these columns, in which nan means None."""
        values = {name: row[name] for name in cls.__slots__}
        similarity = values["similarity"]
        return cls(**{**values, "similarity": None if similarity is None or isnan(similarity) else similarity})


def mean_shown(runs: Sequence[Shown], column: str) -> float | None:
    """The mean of a column of `Shown` over training runs; None if it was not measured."""
    values = [value for run in runs if (value := getattr(run, column)) is not None]
    return sum(values) / len(values) if values else None


@dataclass(frozen=True, slots=True)
class RunCheck:
    """Whether one training run learned its rationales: the check of one text task."""

    method: str
    seed: int
    check: Check


@dataclass(frozen=True, slots=True)
class SeedResults:
    """The evidence over several training runs; empty if there is only one.  `checks` and `shown` also include the page's own students; they
    are empty in older sets."""

    runs: tuple[Run, ...]
    differences: tuple[Difference, ...]
    slices: tuple[Slice, ...]
    checks: tuple[RunCheck, ...] = ()
    shown: tuple[Shown, ...] = ()

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds of the training runs, ascending."""
        return tuple(sorted({run.seed for run in self.runs}))

    def values(self, task: str, metric: str = NDCG) -> dict[str, list[float]]:
        """By method, the metric of every training run."""
        return grouped((run.method, run.value) for run in self.runs if (run.task, run.metric) == (task, metric))

    def means(self, task: str, metric: str = NDCG) -> dict[str, float]:
        """By method, the mean over training runs."""
        return {method: sum(values) / len(values) for method, values in self.values(task, metric).items()}

    @property
    def checks_of_methods(self) -> dict[str, list[Check]]:
        """The checks of each method, over all training runs."""
        return grouped((row.method, row.check) for row in self.checks)


@dataclass(frozen=True, slots=True)
class Curve:
    """The training of one student.  measures: values by epoch for each of `CURVE_MEASURES`; None for what was not measured."""

    data: str
    method: str
    protocol: str
    ids: str
    shape: str
    start: str
    parameters: int
    measures: Mapping[str, tuple[float | None, ...]]


def curve_of(rows: Sequence[Mapping[Any, Any]]) -> Curve:
    """The curve from its table, one row for each epoch."""
    first, ordered = rows[0], sorted(rows, key=lambda row: row["epoch"])
    named = {name: first[name] for name in ("data", "method", "protocol", "ids", "shape", "start")}
    measures = {name: tuple(_measured(row[name]) for row in ordered) for name in CURVE_MEASURES}
    return Curve(**named, parameters=int(first["parameters"]), measures=measures)


def _measured(value: float | None) -> float | None:
    return None if value is None or isnan(value) else float(value)


@dataclass(frozen=True, slots=True)
class PairedHits:
    """Paired comparison over the same users: which student ranks the true item in the top `k`."""

    k: int
    users: int
    both: int
    only_rdrec: int
    only_baseline: int

    @property
    def chance(self) -> float:
        """Two-sided p-value of McNemar's exact test (a sign test over the users on whom the students differ)."""
        differ = self.only_rdrec + self.only_baseline
        tail = sum(comb(differ, i) for i in range(max(self.only_rdrec, self.only_baseline), differ + 1))
        return min(1.0, 2 * tail / 2**differ) if differ else 1.0
