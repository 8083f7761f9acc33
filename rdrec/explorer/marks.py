"""Criteria for featured users other than ranks: changing tastes, beam-search misses, true descriptions; also examples of such misses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from rdrec.core.vocabulary import RDREC
from rdrec.data.cases import Case
from rdrec.data.splits import ProtocolView
from rdrec.explorer.motives import Motive, phrases
from rdrec.ranking.recommender import Recommender
from rdrec.student.tasks import Task

LEAST_PURCHASES = 8  # minimum number of interactions to detect a changing taste
BEAM_USERS = 300  # only the first users are searched, because scoring every prefix takes about as long as ranking
BATCH = 32
BEAMS, BEST = 20, 10
WIDTHS, EXAMPLES = (3, 5, 10, 20), 3  # beam widths, and number of example users for each


def taste_drift(view: ProtocolView, test_cases: Sequence[Case]) -> np.ndarray:
    """(users,): share of the later half of the shown items in categories absent from the earlier half.

    nan if fewer than LEAST_PURCHASES are shown or a category is missing.
    """
    names = view.dataset.items["categories"].to_numpy()
    shares = np.full(len(test_cases), np.nan)
    for place, case in enumerate(test_cases):
        categories = [names[item - 1] for item in case.history]
        if len(categories) >= LEAST_PURCHASES and all(isinstance(name, str) for name in categories):
            half = len(categories) // 2
            earlier = set(categories[:half])
            shares[place] = np.mean([name not in earlier for name in categories[half:]])
    return shares


def described_correctly(users: Sequence[int], texts: pd.DataFrame, motives: pd.DataFrame) -> np.ndarray | None:
    """(users,) bool: whether the student with rationales names at least one true motive of a user, and nothing else.

    texts, motives: tables of the page (`tables.py`).  None if that student never learned to describe users, or nobody has a motive.
    """
    said = texts[(texts["student"] == RDREC) & (texts["task"] == Task.USER_PREFERENCE.key)].set_index("user")["text"]
    if said.empty or motives.empty:
        return None
    known = {user: [*map(Motive, rows["motive"], rows["named"])] for user, rows in motives.groupby("user")}
    judged = [[phrase.true for phrase in phrases(said.get(user, ""), known.get(user, ()))] for user in users]
    return np.array([bool(parts) and all(parts) for parts in judged], dtype=bool)


def lost_by_beams(recommender: Recommender, test_cases: Sequence[Case]) -> np.ndarray:
    """(users,): how many of the exact top ten a search with 20 beams misses; 0 for users beyond BEAM_USERS."""
    lost = np.zeros(len(test_cases), dtype=np.int64)
    for begin, chunk in _chunks(test_cases):
        found = recommender.lost_by_beams([c.user for c in chunk], [c.history.tolist() for c in chunk], BEAMS, BEST)
        lost[begin : begin + len(chunk)] = found
    return lost


def _chunks(test_cases: Sequence[Case]) -> Iterator[tuple[int, Sequence[Case]]]:
    """The first BEAM_USERS cases in batches, each with the position of its first one."""
    for begin in range(0, min(BEAM_USERS, len(test_cases)), BATCH):
        yield begin, test_cases[begin : min(begin + BATCH, BEAM_USERS)]


def beam_misses(recommender: Recommender, test_cases: Sequence[Case], run: str) -> pd.DataFrame:
    """Examples of a beam search losing some of the exact best items: at most EXAMPLES users for each of WIDTHS, one row each.

    Only the first BEAM_USERS users are searched; those whose best lost item ranks highest come first, then those who lose most.
    """
    rows: list[tuple[str, int, int, int, int]] = []
    for _, chunk in _chunks(test_cases):
        users, histories = [c.user for c in chunk], [c.history.tolist() for c in chunk]
        for case, trees in zip(
            chunk, recommender.beam_trees(users, histories, [c.compete for c in chunk], WIDTHS), strict=True
        ):
            rows += [(run, case.user, tree.beams, len(tree.lost), tree.lost[0]) for tree in trees if tree.lost]
    frame = pd.DataFrame(rows, columns=["student", "user", "beams", "lost", "first_rank"])
    ordered = frame.sort_values(["beams", "first_rank", "lost", "user"], ascending=[True, True, False, True])
    return ordered.groupby("beams", sort=False).head(EXAMPLES).reset_index(drop=True)
