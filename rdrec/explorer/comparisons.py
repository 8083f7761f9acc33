"""Every way of ranking against the student without rationales; and what a headline compares with: one notion for all tabs, the API and the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rdrec.core.vocabulary import BASELINE, MAX_ID, NDCG, ORDER, VARIANTS
from rdrec.evaluation.methods import NEIGHBOURS, NEIGHBOURS_CONTROL, family
from rdrec.explorer.answers import Measured, OverSeeds
from rdrec.explorer.tested import tested

LEAST_RUNS = 2
# Rules that show a leak, controls, and what knows the truth of an invented shop: none of them is a baseline to beat.
NO_BASELINE = (MAX_ID, ORDER, NEIGHBOURS_CONTROL)
KNOWS = "knows "


@dataclass(frozen=True, slots=True)
class Against:
    """`way` minus the student without rationales; low, high: 95 % interval over users; corrected: p after Holm.  None of a single run."""

    way: str
    difference: float
    low: float | None = None
    high: float | None = None
    corrected: float | None = None
    clear: bool = False


def against_baseline(several: OverSeeds, rows: Sequence[Measured], task: str, metric: str) -> list[Against]:
    """All ways that were compared, best first; of a single training run the plain differences."""
    found: list[Against] = []
    if len(several.seeds) >= LEAST_RUNS:
        for one in tested(several.differences):
            row = one.row
            if (row.task, row.metric) != (task, metric) or BASELINE not in (row.one, row.other):
                continue
            if row.other == BASELINE:
                found.append(Against(row.one, row.difference, row.low, row.high, one.corrected, one.clear))
            else:
                found.append(Against(row.other, -row.difference, -row.high, -row.low, one.corrected, one.clear))
    if not found:
        values = {row.model: row.value for row in rows if (row.task, row.metric) == (task, metric)}
        zero = values.pop(BASELINE, None)
        if zero is not None:
            found = [Against(way, value - zero) for way, value in values.items() if family(way) not in NO_BASELINE]
    return sorted(found, key=lambda one: -one.difference)


@dataclass(frozen=True, slots=True)
class Baseline:
    """A rule or rival; value: mean over training runs, or that of the only run."""

    way: str
    value: float

    @property
    def uses_rationales(self) -> bool:
        """Whether it ranks by rationales, as the students with rationales do."""
        return family(self.way) == NEIGHBOURS


@dataclass(frozen=True, slots=True)
class Best:
    """The best baseline of all, and the best of those that use no rationales (the same one, or None where there is none)."""

    baseline: Baseline
    without_rationales: Baseline | None


def best_baselines(several: OverSeeds, rows: Sequence[Measured], task: str, metric: str = NDCG) -> Best | None:
    """What a headline compares with, by the mean over training runs; by `rows` where there are fewer than two runs.

    None where no baseline was measured.
    """
    values: dict[str, list[float]] = {}
    for run in several.runs if len(several.seeds) >= LEAST_RUNS else ():
        if (run.task, run.metric) == (task, metric):
            values.setdefault(run.way, []).append(run.value)
    if not any(is_baseline(way) for way in values):
        values = {row.model: [row.value] for row in rows if (row.task, row.metric) == (task, metric)}
    found = [Baseline(way, sum(of) / len(of)) for way, of in values.items() if is_baseline(way)]
    if not found:
        return None
    plain = [one for one in found if not one.uses_rationales]
    return Best(max(found, key=_value), max(plain, key=_value, default=None))


def _value(one: Baseline) -> float:
    return one.value


def mean_of(several: OverSeeds, way: str, task: str, metric: str) -> float | None:
    """The mean over training runs; None where it was not measured."""
    values = [run.value for run in several.runs if (run.way, run.task, run.metric) == (way, task, metric)]
    return sum(values) / len(values) if values else None


def is_baseline(way: str) -> bool:
    """Whether a way is something to beat: a rule or rival, but no rule of a leak, no control, nothing that knows the truth."""
    return family(way) not in (*VARIANTS, *NO_BASELINE) and not way.startswith(KNOWS)
