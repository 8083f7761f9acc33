"""Frozen records returned by the precomputed store."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import comb
from typing import Any

from rdrec.core.records import Claim
from rdrec.evaluation.outcomes import Check

LEAK_RULE = "rule "  # prefix of a metric, as in "rule HR@1"
LEAK_ORDER, LEAK_TEXT = "id order", "test text in training"  # measures of the leak audit
LEAK_TIES, LEAK_RISING = "same time as the one before", "greater original id"
LEAK_PLAIN, LEAK_ORDER_RULE = "bought together ", "order rule "  # prefixes of a metric
LEAK_LATER, LEAK_LATER_CASES = "later purchases", "cases with later purchases"


@dataclass(frozen=True, slots=True)
class StudentFacts:
    """A student of the set; `bytes`: size on disk; `fp32_bytes`: size before quantisation."""

    role: str
    run: str
    folder: str
    shape: str
    parameters: int
    precision: str
    bytes: int
    fp32_bytes: int


@dataclass(frozen=True, slots=True)
class ShippedFacts:
    """A further student of the set, live only; `ids`: how its item numbers came about ("clustered"), None for those of the set."""

    run: str
    folder: str
    ids: str | None


@dataclass(frozen=True, slots=True)
class BeamMiss:
    """A shopper for whom a search with `beams` beams loses `lost` of as many exact best products of a shipped student, the best at
    `first_rank`."""

    student: str
    user: int
    beams: int
    lost: int
    first_rank: int


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """The facts in the manifest of a precomputed set.

    teacher   whose rationales the students learned from
    first     teachers whose rationales are shown first wherever they have read the review; `beside`: further ones
    about_teachers  of each: `kind`, how many reviews it has `read`, of how many it has `rationales`; empty in older sets
    ties   how purchases at the same time are ordered, in words; None in sets made before it was recorded
    cut    of the protocol `temporal`: where time was cut, and what that left out
    """

    data: str
    title: str
    synthetic: bool
    protocol: str
    seed: int
    teacher: str
    beside: tuple[str, ...]
    users: int
    items: int
    interactions: int
    reviews: int
    rationales: int
    students: tuple[StudentFacts, ...]
    candidates: int
    top: int
    command: str
    ties: str | None = None
    cut: dict[str, Any] | None = None
    first: tuple[str, ...] = ()
    about_teachers: dict[str, dict[str, Any]] = field(default_factory=dict)
    shipped: tuple[ShippedFacts, ...] = ()

    @property
    def teachers(self) -> tuple[str, ...]:
        """All whose rationales are kept, in the order in which they are shown."""
        return tuple(dict.fromkeys((*self.first, self.teacher, *self.beside)))


@dataclass(frozen=True, slots=True)
class Item:
    """A product; `said`: a few attributes from training reviews, only if it has no title."""

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
    """What a teacher said about one review; `status` "nothing" comes with a reason.

    why_not  for each claim None where the review supports it, else the reason; None in sets made before claims were checked
    raw      a language model's own words, where they are kept
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
    """One training run of a way ("rdrec:answer-key", "baseline") or rule: one metric."""

    way: str
    task: str
    metric: str
    seed: int
    value: float


@dataclass(frozen=True, slots=True)
class Difference:
    """One variant minus another: mean over users and seeds, 95% interval over users, sign-flip p, range over seeds."""

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
    """One variant on a subset of users: means over users and seeds."""

    slice: str
    label: str
    way: str
    task: str
    users: int
    hr10: float
    ndcg10: float


@dataclass(frozen=True, slots=True)
class Shown:
    """What one training run of a way (or a rule) shows to all users together, beyond accuracy (`rdrec.evaluation.beyond_accuracy`).

    similarity  None where nothing is known of the items
    """

    way: str
    seed: int
    coverage: float
    popularity: float
    bought: float
    novelty: float
    similarity: float | None
    top_share: float


@dataclass(frozen=True, slots=True)
class RunCheck:
    """Whether one training run of a way learned its rationales: one text task."""

    way: str
    seed: int
    check: Check


@dataclass(frozen=True, slots=True)
class OverSeeds:
    """The evidence over several training runs; empty where only one was made.  `checks` and `shown` also hold the single runs of the
    page's own students; sets made before they were measured have none."""

    runs: tuple[Run, ...]
    differences: tuple[Difference, ...]
    slices: tuple[Slice, ...]
    checks: tuple[RunCheck, ...] = ()
    shown: tuple[Shown, ...] = ()

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(sorted({run.seed for run in self.runs}))

    @property
    def checks_of_ways(self) -> dict[str, list[Check]]:
        """way -> its checks over all training runs."""
        found: dict[str, list[Check]] = {}
        for one in self.checks:
            found.setdefault(one.way, []).append(one.check)
        return found


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
