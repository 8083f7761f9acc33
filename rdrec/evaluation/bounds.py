"""The best that could be achieved on an invented shop, by rules that know its truth.

    knows all tastes            ranks by the true probability of each item at that moment, given all tastes, causes, follow-up purchases
                                and sales.  A higher score is luck, or comes from having seen the purchase.
    knows what reviews mention  EASE plus the number of motives named in the user's training reviews that an item really has
    ... of others               the same with the motives of other users: a control, which must gain nothing

The weight of a named motive relative to EASE is chosen on the validation purchases, separately for the control; 0 is one of the choices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rdrec.baselines.ease import EASE
from rdrec.baselines.rules import Rule
from rdrec.core.records import InputError
from rdrec.core.vocabulary import KNOWS_OTHERS, KNOWS_REVIEWS, KNOWS_TASTES, NDCG
from rdrec.data.cases import Case, every_validation_case
from rdrec.data.splits import ProtocolView
from rdrec.evaluation.metrics import Places, exchanged, per_user, place_among
from rdrec.synthetic.truth import Standing

BOUNDS = (KNOWS_TASTES, KNOWS_REVIEWS, KNOWS_OTHERS)
_WEIGHTS = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0)  # weight of one motive, in standard deviations of EASE's scores
_OTHERS_STREAM = 21  # random stream for exchanging users


def bounds(view: ProtocolView, standing: Standing, ridge: float) -> dict[str, Rule]:
    """The three rules by name, in the order of `BOUNDS`.

    Raises InputError for a view that is cut in time, because the truth has probabilities only for each user's last purchase.
    """
    if view.cut is not None:
        raise InputError(
            "the best possible score is known only for each shopper's last purchase",
            where=view.protocol,
            todo="use --protocol clean",
        )
    named = standing.named_before_last_two
    ease = EASE(view.training_parts, view.dataset.n_items, ridge)
    tuning = every_validation_case(view)
    others = named[exchanged(len(named), np.random.default_rng([view.seed, _OTHERS_STREAM]))]
    return {
        KNOWS_TASTES: lambda case: standing.chances[case.user - 1][case.compete].astype(np.float64),
        KNOWS_REVIEWS: _tuned(_EaseAndMotives(ease, standing.values, named), tuning),
        KNOWS_OTHERS: _tuned(_EaseAndMotives(ease, standing.values, others), tuning),
    }


@dataclass(frozen=True)
class _EaseAndMotives:
    """values: (I + 1, V) bool, the values of each item; named: (U, V) bool, the motives named by each user."""

    ease: EASE
    values: np.ndarray
    named: np.ndarray

    def parts(self, case: Case) -> tuple[np.ndarray, np.ndarray]:
        """For the items that compete: EASE's scores with mean 0 and standard deviation 1, and how many named motives each item has."""
        scores = self.ease.scores([case.history])[0][case.compete].astype(np.float64)
        scores = (scores - scores.mean()) / (scores.std() or 1.0)
        return scores, (self.values[case.compete] & self.named[case.user - 1]).sum(1)


def _tuned(scorer: _EaseAndMotives, tuning: Sequence[Case]) -> Rule:
    """The rule with the weight that gives the best NDCG@10 on the cases `tuning`; the smallest of equally good ones."""
    values = np.zeros((len(_WEIGHTS), len(tuning)))
    for column, case in enumerate(tuning):
        ease, has = scorer.parts(case)
        places = np.array([place_among(ease + weight * has, case.compete, case.truth) for weight in _WEIGHTS])
        values[:, column] = per_user(NDCG, Places(places[:, 0], places[:, 1]))
    best = _WEIGHTS[int(values.mean(1).argmax())] if tuning else 0.0

    def score(case: Case) -> np.ndarray:
        ease, has = scorer.parts(case)
        summed: np.ndarray = ease + best * has
        return summed

    return score
