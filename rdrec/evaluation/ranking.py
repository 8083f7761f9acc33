"""Rank all test cases with a student, a rule or a rival: the rank of each true item, and the best items of each user.

Users are ranked in batches with histories of similar length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from rdrec.baselines.rules import Rule
from rdrec.data.cases import Case
from rdrec.evaluation.metrics import Places, place_among
from rdrec.ranking.recommender import Recommender
from rdrec.ranking.shares import log_shares

Scorer = Callable[[Sequence[Case]], np.ndarray]  # from cases to scores (B, I + 1) by item


@dataclass(frozen=True)
class Listed(Places):
    """`Places` of the true items, and the best items of every user, one row per case in their order.

    top_items  (U, K) the best K items, best first; 0 where fewer than K compete
    """

    top_items: np.ndarray


@dataclass(frozen=True)
class Ranked(Listed):
    """`Listed` with a student's probabilities, which sum to 1 over the items that compete.

    probability        (U,) of the true item
    among              (U,) number of items that competed
    top_probabilities  (U, K) of `top_items`
    """

    probability: np.ndarray
    among: np.ndarray
    top_probabilities: np.ndarray


def best(scores: np.ndarray, compete: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k best items of `compete` (C,), best first, and their probabilities among all of `compete`.

    scores  (I + 1,) log-probabilities by item; items with equal scores are ordered by their numbers
    """
    items = top_of(scores[compete], compete, k)
    return items, np.exp(log_shares(scores, compete)[items])


def rank_cases(
    recommender: Recommender, test_cases: Sequence[Case], task: str, *, top: int, batch_users: int, progress: bool = True
) -> Ranked:
    """Rank every case with a student, exactly.  task: "sequential" or "topn"; top: how many of the best items to list."""
    count = len(test_cases)
    ranked = Ranked(
        above=np.zeros(count, int),
        tied=np.zeros(count, int),
        top_items=np.zeros((count, top), int),
        probability=np.zeros(count),
        among=np.array([len(case.compete) for case in test_cases]),
        top_probabilities=np.zeros((count, top)),
    )
    for chunk in batches(test_cases, f"rank {task}", batch_users, progress):
        scores = student_scores(recommender, [test_cases[index] for index in chunk], task)
        for row, index in zip(scores, chunk, strict=True):
            case = test_cases[index]
            _fill(ranked, index, row[case.compete], case)
            shares = log_shares(row, case.compete)
            ranked.probability[index] = np.exp(shares[case.truth])
            ranked.top_probabilities[index] = np.exp(shares[ranked.top_items[index]])  # 0 for item 0, which never competes
    return ranked


def batches(test_cases: Sequence[Case], label: str, batch_users: int, progress: bool = True) -> Iterator[list[int]]:
    """Places of all cases in batches with histories of similar length, with a progress bar."""
    order = sorted(range(len(test_cases)), key=lambda index: len(test_cases[index].history))
    with tqdm(total=len(order), desc=label, unit="user", leave=False, disable=None if progress else True) as bar:
        for start in range(0, len(order), batch_users):
            chunk = order[start : start + batch_users]
            yield chunk
            bar.update(len(chunk))


def student_scores(recommender: Recommender, asked: Sequence[Case], task: str) -> np.ndarray:
    """(B, I + 1) log-probabilities by item."""
    users = [case.user for case in asked]
    if task == "sequential":
        return recommender.sequential(users, [case.history.tolist() for case in asked])
    return recommender.topn(users, [case.compete.tolist() for case in asked])


def rule_places(rule: Rule, test_cases: Sequence[Case], *, top: int = 0) -> Listed:
    """Place of the true item of every case by a rule, and its best `top` items."""
    listed = _empty(len(test_cases), top)
    for index, case in enumerate(test_cases):
        _fill(listed, index, rule(case), case)
    return listed


def scorer_places(scorer: Scorer, test_cases: Sequence[Case], task: str, *, batch_users: int, top: int = 0) -> Listed:
    """Place of the true item of every case by a rival, among the same items as for a student, and its best `top` items."""
    listed = _empty(len(test_cases), top)
    for chunk in batches(test_cases, f"rank {task}", batch_users):
        scores = scorer([test_cases[index] for index in chunk])
        for row, index in zip(scores, chunk, strict=True):
            _fill(listed, index, row[test_cases[index].compete], test_cases[index])
    return listed


def _empty(count: int, top: int) -> Listed:
    return Listed(np.zeros(count, int), np.zeros(count, int), np.zeros((count, top), int))


def _fill(listed: Listed, index: int, scores: np.ndarray, case: Case) -> None:
    """Fill in row `index`; scores: (C,) of `case.compete`."""
    listed.above[index], listed.tied[index] = place_among(scores, case.compete, case.truth)
    items = top_of(scores, case.compete, listed.top_items.shape[1])
    listed.top_items[index, : len(items)] = items


def top_of(scores: np.ndarray, compete: np.ndarray, k: int) -> np.ndarray:
    """The k items of `compete` with the highest scores (C,), best first; items with equal scores are ordered by their numbers."""
    if not k:
        return compete[:0]
    if len(scores) > k:
        good = np.flatnonzero(scores >= np.partition(scores, len(scores) - k)[len(scores) - k])  # k, and ties with the last
        scores, compete = scores[good], compete[good]
    items: np.ndarray = compete[np.lexsort((compete, -scores))[:k]]
    return items
