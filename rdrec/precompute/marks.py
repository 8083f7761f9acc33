"""What makes a user worth a look besides ranks: a taste that drifts, and items that a beam search would not have found.

In: a protocol's view, a loaded student.  Out: one number a test case.  It knows no page.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rdrec.data.splits import ProtocolView
from rdrec.evaluate.cases import Case
from rdrec.rank.recommender import Recommender

LEAST_PURCHASES = 8  # half of fewer says nothing about a taste
BEAM_USERS = 300  # replayed, the first of all: an exact score of every prefix costs about what ranking costs
BATCH = 32
BEAMS, BEST = 20, 10


def taste_drift(view: ProtocolView, asked: Sequence[Case]) -> np.ndarray:
    """(users,) share of the later half of the shown purchases in categories that the earlier half did not have.

    nan where fewer than LEAST_PURCHASES are shown or a category is missing.
    """
    names = view.dataset.items["categories"].to_numpy()
    shares = np.full(len(asked), np.nan)
    for place, case in enumerate(asked):
        categories = [names[item - 1] for item in case.history]
        if len(categories) >= LEAST_PURCHASES and all(isinstance(name, str) for name in categories):
            half = len(categories) // 2
            earlier = set(categories[:half])
            shares[place] = np.mean([name not in earlier for name in categories[half:]])
    return shares


def lost_by_beams(recommender: Recommender, asked: Sequence[Case]) -> np.ndarray:
    """(users,) how many of the exact ten best next purchases a search with 20 beams does not find; 0 for users not replayed."""
    lost = np.zeros(len(asked), dtype=np.int64)
    for begin in range(0, min(BEAM_USERS, len(asked)), BATCH):
        chunk = asked[begin : min(begin + BATCH, BEAM_USERS)]
        found = recommender.lost_by_beams([c.user for c in chunk], [c.history.tolist() for c in chunk], BEAMS, BEST)
        lost[begin : begin + len(chunk)] = found
    return lost
