"""Leave-one-out influence: which part of the input drives a recommendation, or decides between two items.

The parts are the interactions of the history and the user's ID, whose vector holds what training learned about the user.  All variants
are ranked in one batch.
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
class NumberInfluence:
    """What happens to one item when "somebody" replaces the user's ID; fields as in `Influence`."""

    log_ratio: float
    rank: int


@dataclass(frozen=True)
class Decided:
    """How much the interaction at `place` adds to the log-odds of one item over another."""

    place: int
    left_out: int
    log_odds: float


@dataclass(frozen=True)
class Contrast:
    """Log-odds of one item over another with the whole history, and what each interaction adds to them, oldest first.

    number  what the user's ID adds; None if it was not shown
    """

    log_odds: float
    decided: tuple[Decided, ...]
    number: float | None = None


@dataclass(frozen=True)
class LeftOut:
    """Scores (1 + len(shown), I + 1) with the whole history (row 0) and without each interaction (row `place` + 1).

    anonymous  (I + 1,) scores with the whole history and "somebody" instead of the user's ID; None if the ID was not shown
    """

    shown: tuple[int, ...]
    scores: np.ndarray
    anonymous: np.ndarray | None = None

    def influence(self, item: int, compete: Sequence[int]) -> tuple[Influence, ...]:
        """The influence of each interaction on `item`, oldest first.

        compete  items among which ranks are counted, and probabilities with `item` scaled to 1, the same for every variant
        """
        own, ranks = _own(self.scores, item, compete)
        return tuple(
            Influence(place, left_out, float(own[0] - own[place + 1]), int(ranks[place + 1]))
            for place, left_out in enumerate(self.shown)
        )

    def number_influence(self, item: int, compete: Sequence[int]) -> NumberInfluence | None:
        """The influence of the user's ID on `item`; None if it was not shown."""
        if self.anonymous is None:
            return None
        own, ranks = _own(np.stack([self.scores[0], self.anonymous]), item, compete)
        return NumberInfluence(float(own[0] - own[1]), int(ranks[1]))

    def contrast(self, one: int, other: int) -> Contrast:
        """Which interactions decide between two items.  This is exact, because the normalisation cancels."""
        odds = self.scores[:, one].astype(np.float64) - self.scores[:, other]
        decided = (Decided(place, item, float(odds[0] - odds[place + 1])) for place, item in enumerate(self.shown))
        number = None
        if self.anonymous is not None:
            number = float(odds[0]) - (float(self.anonymous[one]) - float(self.anonymous[other]))
        return Contrast(float(odds[0]), tuple(decided), number)


def _own(scores: np.ndarray, item: int, compete: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """(B,) log-probabilities and (B,) ranks of an item among `compete`."""
    ranks = 1 + (scores[:, compete] > scores[:, [item]]).sum(axis=1)
    return log_shares(scores, sorted({*compete, item}))[:, item], ranks


def leave_one_out(recommender: Recommender, user: int | None, history: Sequence[int]) -> LeftOut:
    """Rank with the last `train.max_history` interactions, without each of them in turn, and without the user's ID, in one batch.

    user  None: the user is unknown
    Raises InputError for a single interaction, because students were never trained on an empty history.
    """
    shown = [int(item) for item in history][-integer("train.max_history") :]
    if len(shown) < 2:
        raise InputError(
            "a history of one interaction cannot be shortened", todo="choose a user with at least two interactions"
        )
    variants = [shown, *(shown[:place] + shown[place + 1 :] for place in range(len(shown)))]
    readers = [user] * len(variants)
    if user is not None:
        readers, variants = [*readers, None], [*variants, shown]
    scores = recommender.sequential(readers, variants)
    whole = len(shown) + 1
    return LeftOut(tuple(shown), scores[:whole], None if user is None else scores[whole])
