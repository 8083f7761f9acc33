"""Leave-one-out influence: which past interaction drives a recommendation, or decides between two.

All variants of a history are ranked in one batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rdrec.core.records import InputError
from rdrec.core.settings import integer
from rdrec.ranking.recommender import Recommender
from rdrec.ranking.shares import log_shares


@dataclass(frozen=True)
class Influence:
    """What happens to one item when the interaction at `place` of the shown history is removed.

    log_ratio  log(probability with it / without it): above 0, the interaction supports the item
    rank       rank of the item without it
    """

    place: int
    left_out: int
    log_ratio: float
    rank: int


@dataclass(frozen=True)
class Decided:
    """How the interaction at `place` moves the log-odds of one item over another: above 0, it speaks for the one."""

    place: int
    left_out: int
    log_odds: float


@dataclass(frozen=True)
class Contrast:
    """Log-odds of one item over another with the whole history, and what each interaction adds to them, oldest first."""

    log_odds: float
    decided: tuple[Decided, ...]


@dataclass(frozen=True)
class LeftOut:
    """A history ranked whole (row 0) and without each interaction (row `place` + 1): scores (1 + len(shown), I + 1)."""

    shown: tuple[int, ...]
    scores: np.ndarray

    def influence(self, item: int, compete: Sequence[int] | None = None) -> tuple[Influence, ...]:
        """What each interaction does to `item`, oldest first; `compete` as in `influence`."""
        items = list(range(1, self.scores.shape[1])) if compete is None else [*compete]
        ranks = 1 + (self.scores[:, items] > self.scores[:, [item]]).sum(axis=1)
        own = log_shares(self.scores, sorted({*items, item}))[:, item]
        return tuple(
            Influence(place, left_out, float(own[0] - own[place + 1]), int(ranks[place + 1]))
            for place, left_out in enumerate(self.shown)
        )

    def contrast(self, one: int, other: int) -> Contrast:
        """Which interactions decide between two items.  Exact: what both are normalised by cancels."""
        odds = self.scores[:, one].astype(np.float64) - self.scores[:, other]
        decided = (Decided(place, item, float(odds[0] - odds[place + 1])) for place, item in enumerate(self.shown))
        return Contrast(float(odds[0]), tuple(decided))


def leave_one_out(recommender: Recommender, user: int, history: Sequence[int]) -> LeftOut:
    """Rank the last `train.max_history` interactions and every history without one of them, in one batch.

    Raises InputError for a history of one, because students were never trained on an empty history.
    """
    shown = [int(item) for item in history][-integer("train.max_history") :]
    if len(shown) < 2:
        raise InputError(
            "a history of one interaction has nothing to leave out", todo="choose a user with at least two interactions"
        )
    variants = [shown, *(shown[:place] + shown[place + 1 :] for place in range(len(shown)))]
    return LeftOut(tuple(shown), recommender.sequential([user] * len(variants), variants))


def influence(
    recommender: Recommender, user: int, history: Sequence[int], item: int, compete: Sequence[int] | None = None
) -> tuple[Influence, ...]:
    """The influence of each of the last `train.max_history` interactions, oldest first; earlier ones are in no variant.

    compete  items among which ranks are counted, and probabilities with `item` scaled to 1, the same for every variant; None: the whole
             catalogue
    Raises InputError for an item outside the catalogue, and as `leave_one_out`.
    """
    if not 1 <= item <= recommender.n_items:
        raise InputError(f"item {item} is not in the catalogue", todo=f"use items 1 to {recommender.n_items}")
    return leave_one_out(recommender, user, history).influence(item, compete)
