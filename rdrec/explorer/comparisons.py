"""Every way of ranking against the student without rationales, for one task and metric; and the best baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rdrec.evaluation.ways import NEIGHBOURS_CONTROL, VARIANTS, kind
from rdrec.explorer.answers import Measured, OverSeeds
from rdrec.explorer.tested import tested

BASELINE = "baseline"
LEAST_RUNS = 2
# Rules that show a leak, controls, and what knows the truth of an invented shop: none of them is a baseline to beat.
NO_BASELINE = ("max-id rule", "order rule", NEIGHBOURS_CONTROL)
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
            found = [Against(way, value - zero) for way, value in values.items() if kind(way) not in NO_BASELINE]
    return sorted(found, key=lambda one: -one.difference)


def best_baseline(several: OverSeeds, task: str, metric: str) -> tuple[str, float] | None:
    """The best way without a student of ours, and its mean over training runs; None where there is none."""
    values: dict[str, list[float]] = {}
    for run in several.runs:
        if (run.task, run.metric) == (task, metric) and is_baseline(run.way):
            values.setdefault(run.way, []).append(run.value)
    means = {way: sum(of) / len(of) for way, of in values.items()}
    return max(means.items(), key=lambda pair: pair[1]) if means else None


def mean_of(several: OverSeeds, way: str, task: str, metric: str) -> float | None:
    """The mean over training runs; None where it was not measured."""
    values = [run.value for run in several.runs if (run.way, run.task, run.metric) == (way, task, metric)]
    return sum(values) / len(values) if values else None


def is_baseline(way: str) -> bool:
    """Whether a way is something to beat: a rule or rival, but no rule of a leak, no control, nothing that knows the truth."""
    return kind(way) not in (*VARIANTS, *NO_BASELINE) and not way.startswith(KNOWS)
