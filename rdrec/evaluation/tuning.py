"""Settings of rivals that nobody trains, chosen on the validation items of each data set, as students choose theirs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rdrec.baselines.ease import EASE
from rdrec.core.vocabulary import NDCG
from rdrec.data.cases import every_validation_case
from rdrec.data.splits import ProtocolView
from rdrec.evaluation.metrics import per_user
from rdrec.evaluation.ranking import Scorer, scorer_places

RIDGES = (
    10.0,
    20.0,
    50.0,
    100.0,
    200.0,
    500.0,
    1000.0,
    2000.0,
)  # the best one was 20 and 50 in invented shops, 500 for instruments
WEIGHTS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)  # of rationales, in standard deviations of EASE's scores
_UNTUNED_RIDGE, _UNTUNED_WEIGHT = 100.0, 0.3  # where no user has a validation item


def chosen_ridge(view: ProtocolView, batch_users: int) -> float:
    """The ridge with which EASE, fitted to the training part, has the best NDCG@10 on the validation items."""

    def scorer(ridge: float) -> Scorer:
        ease = EASE(view.training_parts, view.dataset.n_items, ridge)
        return lambda cases: ease.scores([case.history for case in cases])

    return _best(view, RIDGES, scorer, batch_users, _UNTUNED_RIDGE)


def chosen_weight(view: ProtocolView, scorer: Callable[[float], Scorer], batch_users: int) -> float:
    """The weight of rationales beside EASE that has the best NDCG@10 on the validation items; 0 leaves EASE alone.

    scorer  makes the rival with a given weight
    """
    return _best(view, WEIGHTS, scorer, batch_users, _UNTUNED_WEIGHT)


def _best(
    view: ProtocolView, values: Sequence[float], scorer: Callable[[float], Scorer], batch_users: int, untuned: float
) -> float:
    """The first of the values with the best score."""
    tuning = every_validation_case(view)
    if not tuning:
        return untuned
    scores = [
        per_user(NDCG, scorer_places(scorer(value), tuning, "validation items", batch_users=batch_users)).mean()
        for value in values
    ]
    return values[scores.index(max(scores))]
