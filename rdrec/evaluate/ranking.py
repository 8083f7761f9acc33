"""Run a student or a rule over all cases: the rank of the truth and the best items of every user.

In: cases and a `Recommender` or a rule.  Out: `Ranked`.  It knows no file.  Users are ranked in batches of like length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from rdrec.evaluate.baselines import Rule
from rdrec.evaluate.cases import Case
from rdrec.evaluate.metrics import rank_of_truth
from rdrec.rank.recommender import Recommender


@dataclass(frozen=True)
class Ranked:
    """One row a case, in the order of the cases.

    rank (U,) float64, mean rank where tied; probability (U,) of the truth; among (U,) items that competed;
    top_items, top_probabilities (U, K): the best K, best first; unused places hold item 0.
    """

    rank: np.ndarray
    probability: np.ndarray
    among: np.ndarray
    top_items: np.ndarray
    top_probabilities: np.ndarray


def best(scores: np.ndarray, compete: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k best of `compete` and their probabilities, best first; equal scores in the order of item numbers.

    scores (I + 1,) log-probabilities by item.
    """
    order = np.lexsort((compete, -scores[compete]))[:k]
    items = compete[order]
    return items, np.exp(scores[items])


def rank_cases(
    recommender: Recommender, asked: Sequence[Case], task: str, *, top: int, batch_users: int, progress: bool = True
) -> Ranked:
    """Rank every case with a student."""
    count = len(asked)
    ranked = Ranked(
        np.empty(count),
        np.empty(count),
        np.array([len(case.compete) for case in asked]),
        np.zeros((count, top), int),
        np.zeros((count, top)),
    )
    order = sorted(range(count), key=lambda index: len(asked[index].history))
    with tqdm(total=count, desc=f"rank {task}", unit="user", leave=False, disable=None if progress else True) as bar:
        for start in range(0, count, batch_users):
            chunk = order[start : start + batch_users]
            users = [asked[index].user for index in chunk]
            if task == "sequential":
                scores = recommender.sequential(users, [asked[index].history.tolist() for index in chunk])
            else:
                scores = recommender.topn(users, [asked[index].compete.tolist() for index in chunk])
            for row, index in zip(scores, chunk, strict=True):
                case = asked[index]
                ranked.rank[index] = rank_of_truth(row[case.compete], int(np.flatnonzero(case.compete == case.truth)[0]))
                ranked.probability[index] = np.exp(row[case.truth])
                items, probabilities = best(row, case.compete, top)
                ranked.top_items[index, : len(items)] = items
                ranked.top_probabilities[index, : len(items)] = probabilities
            bar.update(len(chunk))
    return ranked


def rule_ranks(rule: Rule, asked: Sequence[Case]) -> np.ndarray:
    """Rank of the truth of every case by a rule: (U,)."""
    return np.array([rank_of_truth(rule(case), int(np.flatnonzero(case.compete == case.truth)[0])) for case in asked])
