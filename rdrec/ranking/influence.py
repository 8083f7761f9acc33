"""Leave-one-out influence: which past interaction drives a recommendation.  All variants are ranked in one batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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


def influence(
    recommender: Recommender, user: int, history: Sequence[int], item: int, compete: Sequence[int] | None = None
) -> tuple[Influence, ...]:
    """The influence of each of the last `train.max_history` interactions, oldest first; earlier ones are in no variant.

    compete  items among which ranks are counted, and probabilities with `item` scaled to 1, the same for every variant; None: the whole
             catalogue
    Raises InputError for an item outside the catalogue, and for a history of one, because students were never trained on an empty
    history.
    """
    shown = list(history)[-integer("train.max_history") :]
    if len(shown) < 2:
        raise InputError(
            "a history of one interaction has nothing to leave out", todo="choose a user with at least two interactions"
        )
    if not 1 <= item <= recommender.n_items:
        raise InputError(f"item {item} is not in the catalogue", todo=f"use items 1 to {recommender.n_items}")
    variants = [shown, *(shown[:place] + shown[place + 1 :] for place in range(len(shown)))]
    scores = recommender.sequential([user] * len(variants), variants)
    items = list(range(1, recommender.n_items + 1)) if compete is None else [*compete]
    ranks = 1 + (scores[:, items] > scores[:, [item]]).sum(axis=1)
    own = log_shares(scores, sorted({*items, item}))[:, item]
    return tuple(
        Influence(place, int(left_out), float(own[0] - own[place + 1]), int(ranks[place + 1]))
        for place, left_out in enumerate(shown)
    )
