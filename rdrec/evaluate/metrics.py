"""HR, NDCG and MRR from the rank of the one true item, with intervals over users.

In: ranks.  Out: numbers.  It knows neither where ranks come from nor what a model is.
With one true item: HR@k = [rank <= k], NDCG@k = [rank <= k] / log2(1 + rank), MRR = 1 / rank.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from rdrec.records import InputError
from rdrec.settings import integer

CUTOFFS = (1, 5, 10)
METRICS = tuple(f"HR@{k}" for k in CUTOFFS) + tuple(f"NDCG@{k}" for k in CUTOFFS[1:]) + ("MRR",)  # NDCG@1 is HR@1


@dataclass(frozen=True)
class Estimate:
    """A mean over users with its 95 % bootstrap interval (percentile)."""

    value: float
    low: float
    high: float
    users: int


def rank_of_truth(scores: np.ndarray, truth: int) -> float:
    """1-based rank of `truth` among the finite-or-not `scores` of the items that compete; ties share their mean rank.

    scores  (C,) of the competing items, NaN-free; truth: index into scores.
    A rule with many equal scores (popularity) is neither helped nor hurt by the order of its items.
    """
    own = scores[truth]
    return 1.0 + float((scores > own).sum()) + (float((scores == own).sum()) - 1.0) / 2.0


def per_user(metric: str, ranks: np.ndarray) -> np.ndarray:
    """The metric of each user: (U,) float64.  Raises InputError for an unknown metric."""
    if metric == "MRR":
        return 1.0 / ranks
    name, _, cutoff = metric.partition("@")
    if name not in ("HR", "NDCG") or not cutoff.isdigit() or int(cutoff) < 1:
        raise InputError(f"unknown metric {metric!r}", todo=f"use {', '.join(METRICS)}")
    hit = ranks <= int(cutoff)
    return np.where(hit, 1.0 if name == "HR" else 1.0 / np.log2(1.0 + ranks), 0.0)


def estimate(metric: str, ranks: np.ndarray, seed: int = 0) -> Estimate:
    """Mean over users with a bootstrap interval.  Raises InputError when there is no user."""
    if not len(ranks):
        raise InputError("there is no user to evaluate", todo="import a set with longer histories")
    values = per_user(metric, ranks)
    mean = float(values.mean())
    if values.min() == values.max():  # nothing to resample
        return Estimate(mean, mean, mean, len(values))
    interval = stats.bootstrap(
        (values,),
        np.mean,
        n_resamples=integer("evaluate.bootstrap"),
        method="percentile",
        rng=np.random.default_rng(seed),
        batch=100,
    ).confidence_interval
    return Estimate(mean, float(interval.low), float(interval.high), len(values))
