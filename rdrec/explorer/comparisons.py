"""Differences between methods with p-values corrected for all tests of a pair, every method against the student without rationales, and the
best baseline; shared by all tabs, the API and the report.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from rdrec.core.records import grouped
from rdrec.core.vocabulary import BASELINE, MAX_ID, NDCG, ORDER, VARIANTS
from rdrec.evaluation.methods import NEIGHBOURS, NEIGHBOURS_CONTROL, family
from rdrec.evaluation.outcomes import holm
from rdrec.explorer.answers import Difference, Measured, SeedResults

LEAST_RUNS = 2
# Not baselines to beat: rules that exploit a leak, controls, and rules that know the truth of an invented shop.
NO_BASELINE = (MAX_ID, ORDER, NEIGHBOURS_CONTROL)
KNOWS = "knows "  # prefix of the rules that know the truth
LUCK = 0.05


@dataclass(frozen=True, slots=True)
class Against:
    """`method` minus the student without rationales; low, high: 95 % interval over users; corrected: Holm-corrected p; None for a single run."""

    method: str
    difference: float
    low: float | None = None
    high: float | None = None
    corrected: float | None = None
    clear: bool = False


def against_baseline(several: SeedResults, rows: Sequence[Measured], task: str, metric: str) -> list[Against]:
    """All methods compared with the baseline student, best first; for a single training run the plain differences."""
    found: list[Against] = []
    if len(several.seeds) >= LEAST_RUNS:
        for test in tested(several.differences):
            row = test.row
            if (row.task, row.metric) != (task, metric) or BASELINE not in (row.one, row.other):
                continue
            if row.other == BASELINE:
                found.append(Against(row.one, row.difference, row.low, row.high, test.corrected, test.clear))
            else:
                found.append(Against(row.other, -row.difference, -row.high, -row.low, test.corrected, test.clear))
    if not found:
        values = {row.model: row.value for row in rows if (row.task, row.metric) == (task, metric)}
        baseline = values.pop(BASELINE, None)
        if baseline is not None:
            found = [Against(method, value - baseline) for method, value in values.items() if family(method) not in NO_BASELINE]
    return sorted(found, key=lambda against: -against.difference)


@dataclass(frozen=True, slots=True)
class Baseline:
    """A rule or rival; value: mean over training runs."""

    method: str
    value: float

    @property
    def uses_rationales(self) -> bool:
        """Whether it uses rationales for ranking."""
        return family(self.method) == NEIGHBOURS


@dataclass(frozen=True, slots=True)
class Best:
    """The best baseline of all, and the best one that does not use rationales (may be the same; None if there is none)."""

    baseline: Baseline
    without_rationales: Baseline | None


def best_baselines(several: SeedResults, rows: Sequence[Measured], task: str, metric: str = NDCG) -> Best | None:
    """The best baselines by the mean over training runs, or by `rows` if there are fewer than two runs.

    None if no baseline was measured.
    """
    means = several.means(task, metric) if len(several.seeds) >= LEAST_RUNS else {}
    if not any(is_baseline(method) for method in means):
        means = {row.model: row.value for row in rows if (row.task, row.metric) == (task, metric)}
    found = [Baseline(method, value) for method, value in means.items() if is_baseline(method)]
    if not found:
        return None
    plain = [baseline for baseline in found if not baseline.uses_rationales]
    value = attrgetter("value")
    return Best(max(found, key=value), max(plain, key=value, default=None))


def is_baseline(method: str) -> bool:
    """Whether a method is a baseline to beat: a rule or rival, but not a leak rule, a control, or a rule that knows the truth."""
    return family(method) not in (*VARIANTS, *NO_BASELINE) and not method.startswith(KNOWS)


@dataclass(frozen=True, slots=True)
class Tested:
    """A difference with its p corrected for all tests of the same pair, over tasks and metrics."""

    row: Difference
    corrected: float

    @property
    def clear(self) -> bool:
        """Whether the corrected p is below .05 and all seeds agree on the sign."""
        return self.corrected < LUCK and self.row.seed_low * self.row.seed_high > 0


def tested(differences: Sequence[Difference]) -> list[Tested]:
    """Every difference with its corrected p, in the given order."""
    families = grouped(((row.one, row.other), row) for row in differences)
    corrected = {id(row): p for family in families.values() for row, p in zip(family, holm([r.p for r in family]), strict=True)}
    return [Tested(row, corrected[id(row)]) for row in differences]
