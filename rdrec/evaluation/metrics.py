"""HR, NDCG and MRR from the place of the one true item, with intervals over users.

In: places.  Out: numbers.  It knows neither where places come from nor what a model is.
With one true item at rank r: HR@k = [r <= k], NDCG@k = [r <= k] / log2(1 + r), MRR = 1 / r.  Where the truth shares its score
with others, its rank may be any of theirs: a metric is then the mean over those ranks, not the metric of the mean rank.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from scipy import stats

from rdrec.core.records import InputError, RDRecError, plural
from rdrec.core.settings import integer
from rdrec.core.untrusted import whole_number

Count = TypeVar("Count", int, np.ndarray)
CUTOFFS = (1, 5, 10)
METRICS = tuple(f"HR@{k}" for k in CUTOFFS) + tuple(f"NDCG@{k}" for k in CUTOFFS[1:]) + ("MRR",)  # NDCG@1 is HR@1


@dataclass(frozen=True)
class Estimate:
    """A mean over users with its 95 % bootstrap interval (percentile)."""

    value: float
    low: float
    high: float
    users: int


@dataclass(frozen=True)
class Places:
    """Where the truth of each user stands.  above (U,) items score strictly higher; tied (U,) score the same, itself included."""

    above: np.ndarray
    tied: np.ndarray

    @property
    def rank(self) -> np.ndarray:
        """(U,) float64, 1 is best: the mean rank where tied.  For display; metrics are means over the tied ranks."""
        return self.above + (self.tied + 1) / 2


def shown_rank(above: Count, tied: Count) -> Count:
    """The mean rank as a whole number, 1 is best; between two places the lower one."""
    return above + (tied + 2) // 2


def place_of_truth(scores: np.ndarray, truth: int) -> tuple[int, int]:
    """(above, tied) of `truth` among the items that compete: how many score strictly higher, how many the same, itself included.

    scores  (C,) of the competing items, may be infinite; truth: index into scores.  Raises RDRecError for a score that is not
    a number: compared with it nothing scores higher, and the truth would count as found.
    """
    if wrong := int(np.isnan(scores).sum()):
        raise RDRecError(
            f"the student's scores are not numbers for {wrong:,} of {plural(len(scores), 'item')}",
            todo="evaluate it in another precision",
        )
    own = scores[truth]
    return int((scores > own).sum()), int((scores == own).sum())


def per_user(metric: str, places: Places) -> np.ndarray:
    """The metric of each user, its mean over the ranks that the truth may have: (U,) float64.

    Raises InputError for an unknown metric.
    """
    last = places.above + places.tied
    ranks = np.arange(1, last.max(initial=0) + 1)
    gains = np.concatenate([[0.0], np.cumsum(_gain(metric, ranks))])  # gains[r]: sum over the ranks 1..r
    return (gains[last] - gains[places.above]) / places.tied


def _gain(metric: str, ranks: np.ndarray) -> np.ndarray:
    """What one user scores whose truth has the rank."""
    if metric == "MRR":
        return 1.0 / ranks
    name, _, cutoff = metric.partition("@")
    k = whole_number(cutoff)
    if name not in ("HR", "NDCG") or not k:
        raise InputError(f"unknown metric {metric!r}", todo=f"use {', '.join(METRICS)}")
    return np.where(ranks <= k, 1.0 if name == "HR" else 1.0 / np.log2(1.0 + ranks), 0.0)


def check_cutoffs(among: int) -> None:
    """Raises InputError where fewer items compete than the largest k: the truth would be a hit wherever it stands."""
    if among < max(CUTOFFS):
        raise InputError(
            f"{plural(among, 'item')} compete for a user, and HR@{max(CUTOFFS)} of so few says nothing",
            todo="import a larger catalogue",
        )


def estimate(metric: str, places: Places, seed: int = 0) -> Estimate:
    """Mean over users with a bootstrap interval.  Raises InputError when there is no user."""
    if not len(places.above):
        raise InputError("there is no user to evaluate", todo="import a set with longer histories")
    values = per_user(metric, places)
    return Estimate(*mean_interval(values, seed), len(values))


def mean_interval(values: np.ndarray, seed: int = 0) -> tuple[float, float, float]:
    """Mean of (U,) and its 95 % bootstrap interval over users: mean, low, high."""
    mean = float(values.mean())
    if values.min() == values.max():  # nothing to resample
        return mean, mean, mean
    interval = stats.bootstrap(
        (values,),
        np.mean,
        n_resamples=integer("evaluate.bootstrap"),
        method="percentile",
        rng=np.random.default_rng(seed),
        batch=100,
    ).confidence_interval
    return mean, float(interval.low), float(interval.high)
