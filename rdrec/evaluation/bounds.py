"""What could be reached on an invented shop, by rules that know its truth: the line nobody can pass, and what the texts hold.

    knows all tastes            ranks by the true probability of each item at that moment: all tastes, causes, follow-ups, what is
                                on sale.  Whoever scores more has been lucky, or has seen the purchase.
    knows what reviews mention  EASE, and how many of the motives that the user's training reviews name an item really has
    ... of others               the same with the motives of other users: the control, which must gain nothing

How much a named motive weighs beside EASE is chosen on the validation purchases, for the control anew; 0 is one of the choices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rdrec.baselines.ease import EASE
from rdrec.baselines.rules import Rule
from rdrec.core.records import InputError
from rdrec.core.vocabulary import KNOWS_OTHERS, KNOWS_REVIEWS, KNOWS_TASTES, NDCG
from rdrec.data.cases import Case
from rdrec.data.splits import ProtocolView
from rdrec.evaluation.metrics import Places, per_user, place_of_truth
from rdrec.synthetic.truth import Standing

BOUNDS = (KNOWS_TASTES, KNOWS_REVIEWS, KNOWS_OTHERS)
_WEIGHTS = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0)  # standard deviations of EASE's scores that one motive is worth
_OTHERS_STREAM = 21  # of the seed


def bounds(view: ProtocolView, standing: Standing, ridge: float) -> dict[str, Rule]:
    """The three rules by name, in the order of `BOUNDS`.

    Raises InputError for a view that is cut in time: the truth holds the chances at each user's last purchase.
    """
    if view.cut is not None:
        raise InputError(
            "what could be reached is known for each shopper's last purchase alone",
            where=view.protocol,
            todo="use --protocol clean",
        )
    named = standing.named_before_last_two
    ease = EASE(view.training_parts, view.dataset.n_items, ridge)
    asked = validation_cases(view)
    others = named[_others(len(named), view.seed)]
    return {
        KNOWS_TASTES: lambda case: standing.chances[case.user - 1][case.compete].astype(np.float64),
        KNOWS_REVIEWS: _with_motives(_WithMotives(ease, standing.values, named), asked),
        KNOWS_OTHERS: _with_motives(_WithMotives(ease, standing.values, others), asked),
    }


def _others(users: int, seed: int) -> np.ndarray:
    """(U,) another user for each: a random circle, so that nobody stands for themselves where there are two or more."""
    circle = np.random.default_rng([seed, _OTHERS_STREAM]).permutation(users)
    found = np.empty(users, dtype=np.int64)
    found[circle] = np.roll(circle, 1)
    return found


@dataclass(frozen=True)
class _WithMotives:
    """values (I + 1, V), named (U, V): bool."""

    ease: EASE
    values: np.ndarray
    named: np.ndarray

    def parts(self, case: Case) -> tuple[np.ndarray, np.ndarray]:
        """Of the items that compete: EASE's scores with mean 0 and standard deviation 1, and how many named motives each has."""
        scores = self.ease.scores([case.history])[0][case.compete].astype(np.float64)
        scores = (scores - scores.mean()) / (scores.std() or 1.0)
        return scores, (self.values[case.compete] & self.named[case.user - 1]).sum(1)


def _with_motives(scorer: _WithMotives, asked: Sequence[Case]) -> Rule:
    """With the weight that ranks the cases of `asked` best; the smallest of equal ones."""
    values = np.zeros((len(_WEIGHTS), len(asked)))
    for column, case in enumerate(asked):
        ease, has = scorer.parts(case)
        truth = int(np.flatnonzero(case.compete == case.truth)[0])
        places = np.array([place_of_truth(ease + weight * has, truth) for weight in _WEIGHTS])
        values[:, column] = per_user(NDCG, Places(places[:, 0], places[:, 1]))
    best = _WEIGHTS[int(values.mean(1).argmax())] if asked else 0.0

    def score(case: Case) -> np.ndarray:
        ease, has = scorer.parts(case)
        summed: np.ndarray = ease + best * has
        return summed

    return score


def validation_cases(view: ProtocolView) -> list[Case]:
    """Whole catalogue, the validation item as truth, the training part as history."""
    found = []
    for user, split in enumerate(view.splits, 1):
        if split.validation is not None and len(split.train):
            found.append(Case(user, split.train, split.validation, None, view.dataset.n_items))
    return found
