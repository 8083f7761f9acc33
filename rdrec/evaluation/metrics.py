"""HR, NDCG and MRR from the place of the single true item, with intervals over users.

With the true item at rank r: HR@k = [r <= k], NDCG@k = [r <= k] / log2(1 + r), MRR = 1 / r.  If the true item shares its score with
others, it may have any of their ranks: a metric is then the mean over those ranks, not the metric of the mean rank.
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
    """The place of each user's true item: `above` (U,) items score strictly higher, `tied` (U,) score the same, itself included."""

    above: np.ndarray
    tied: np.ndarray

    @property
    def rank(self) -> np.ndarray:
        """(U,) float64 rank from 1, or the mean rank of ties.  For display: metrics are means over the tied ranks."""
        return self.above + (self.tied + 1) / 2


def shown_rank(above: Count, tied: Count) -> Count:
    """The mean rank as a whole number from 1; halves are rounded up, that is, to the worse rank."""
    return above + (tied + 2) // 2


def place_of_truth(scores: np.ndarray, truth: int) -> tuple[int, int]:
    """(above, tied) of the true item: how many competing items score strictly higher, and how many the same, itself included.

    scores  (C,) of the competing items; may be infinite
    truth   index into `scores`
    Raises RDRecError for NaN: nothing compares higher than NaN, so the true item would count as found.
    """
    if wrong := int(np.isnan(scores).sum()):
        raise RDRecError(
            f"the student's scores are NaN for {wrong:,} of {plural(len(scores), 'item')}",
            todo="evaluate it in another precision",
        )
    own = scores[truth]
    return int((scores > own).sum()), int((scores == own).sum())


def place_among(scores: np.ndarray, compete: np.ndarray, item: int) -> tuple[int, int]:
    """`place_of_truth` of an item of `compete` (C,); scores: (C,)."""
    return place_of_truth(scores, int(np.flatnonzero(compete == item)[0]))


def places_in_batch(scores: np.ndarray, truths: np.ndarray) -> Places:
    """The places of the items `truths` (B,) in scores (B, I + 1), which are -inf for items that do not compete."""
    own = scores[np.arange(len(truths)), truths][:, None]
    return Places((scores > own).sum(axis=1), (scores == own).sum(axis=1))


def per_user(metric: str, places: Places) -> np.ndarray:
    """(U,) float64: the metric of each user, averaged over the ranks of tied items.  Raises InputError for an unknown metric."""
    last = places.above + places.tied
    ranks = np.arange(1, last.max(initial=0) + 1)
    gains = np.concatenate([[0.0], np.cumsum(_gain(metric, ranks))])  # gains[r]: sum over the ranks 1..r
    return (gains[last] - gains[places.above]) / places.tied


def _gain(metric: str, ranks: np.ndarray) -> np.ndarray:
    """The metric of a user whose true item has the rank, for each of `ranks`."""
    if metric == "MRR":
        return 1.0 / ranks
    name, _, cutoff = metric.partition("@")
    k = whole_number(cutoff)
    if name not in ("HR", "NDCG") or not k:
        raise InputError(f"unknown metric {metric!r}", todo=f"use {', '.join(METRICS)}")
    return np.where(ranks <= k, 1.0 if name == "HR" else 1.0 / np.log2(1.0 + ranks), 0.0)


def check_cutoffs(among: int) -> None:
    """Raise InputError if fewer items compete than the largest cut-off, because any rank would then be a hit."""
    if among < max(CUTOFFS):
        raise InputError(
            f"only {plural(among, 'item')} compete for a user, too few for HR@{max(CUTOFFS)}",
            todo="import a larger catalogue",
        )


def estimate(metric: str, places: Places) -> Estimate:
    """Mean over users with its 95 % bootstrap interval.  Raises InputError if there are no users."""
    if not len(places.above):
        raise InputError("there is no user to evaluate", todo="import a set with longer histories")
    values = per_user(metric, places)
    return Estimate(*mean_interval(values), len(values))


def exchanged(count: int, rng: np.random.Generator) -> np.ndarray:
    """(N,) for each of `count` users or texts another one, along a random cycle of all."""
    cycle = rng.permutation(count)
    found = np.empty_like(cycle)
    found[cycle] = np.roll(cycle, 1)
    return found


def mean_interval(values: np.ndarray) -> tuple[float, float, float]:
    """Mean of `values` (U,) and its 95 % bootstrap interval over users: mean, low, high."""
    mean = float(values.mean())
    if values.min() == values.max():  # nothing to resample
        return mean, mean, mean
    interval = stats.bootstrap(
        (values,),
        np.mean,
        n_resamples=integer("evaluate.bootstrap"),
        method="percentile",
        rng=np.random.default_rng(0),
        batch=100,
    ).confidence_interval
    return mean, float(interval.low), float(interval.high)
