"""Which past purchase drives a recommendation: leave each one out, rank again, all variants in one batch.

In: a `Recommender`, a user, a history, an item.  Out: one record a purchase.  It knows no file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rdrec.rank.recommender import Recommender
from rdrec.records import InputError
from rdrec.settings import integer


@dataclass(frozen=True)
class Influence:
    """What happens to one item when the purchase at `place` of the shown history is left out.

    log_ratio  log(probability with it / without it): above 0 the purchase speaks for the item; rank is without it.
    """

    place: int
    left_out: int
    log_ratio: float
    rank: int


def influence(
    recommender: Recommender, user: int, history: Sequence[int], item: int, compete: Sequence[int] | None = None
) -> tuple[Influence, ...]:
    """The last `train.max_history` purchases, oldest first; those before them are not shown in any variant.

    compete  the items among which ranks count, the same for every variant; None: the whole catalogue.  A student was never trained on an empty history, so at
    least two purchases are needed.
    """
    shown = list(history)[-integer("train.max_history") :]
    if len(shown) < 2:
        raise InputError("a history of one purchase cannot be left out", todo="choose a user with two purchases or more")
    if not 1 <= item <= recommender.n_items:
        raise InputError(f"item {item} is not in the catalogue", todo=f"use items 1 to {recommender.n_items}")
    variants = [shown, *(shown[:place] + shown[place + 1 :] for place in range(len(shown)))]
    scores = recommender.sequential([user] * len(variants), variants)
    among = scores[:, 1:] if compete is None else scores[:, list(compete)]
    ranks = 1 + (among > scores[:, [item]]).sum(axis=1)
    return tuple(
        Influence(place, int(left_out), float(np.float64(scores[0, item]) - scores[place + 1, item]), int(ranks[place + 1]))
        for place, left_out in enumerate(shown)
    )
