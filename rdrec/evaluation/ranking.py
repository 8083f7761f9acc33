"""Run a student or a rule over all cases: the rank of the truth and the best items of every user.

In: cases and a `Recommender` or a rule.  Out: `Ranked`.  It knows no file.  Users are ranked in batches of like length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from tqdm import tqdm

from rdrec.baselines.rules import Rule
from rdrec.data.cases import Case
from rdrec.evaluation.metrics import Places, place_of_truth
from rdrec.ranking.recommender import Recommender
from rdrec.ranking.shares import log_shares


@dataclass(frozen=True)
class Listed(Places):
    """One row a case, in the order of the cases.

    above, tied, rank (U,) of the truth, as in `Places`; top_items (U, K): the best K, best first; unused places hold item 0.
    """

    top_items: np.ndarray


@dataclass(frozen=True)
class Ranked(Listed):
    """A student's: probability (U,) of the truth; among (U,) items that competed; top_probabilities (U, K).  Probabilities are among these."""

    probability: np.ndarray
    among: np.ndarray
    top_probabilities: np.ndarray


def best(scores: np.ndarray, compete: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k best of `compete` and their probabilities among these, best first; equal scores in the order of item numbers.

    scores (I + 1,) log-probabilities by item.
    """
    order = np.lexsort((compete, -scores[compete]))[:k]
    items = compete[order]
    return items, np.exp(log_shares(scores, compete)[items])


def rank_cases(
    recommender: Recommender, asked: Sequence[Case], task: str, *, top: int, batch_users: int, progress: bool = True
) -> Ranked:
    """Rank every case with a student."""
    count = len(asked)
    ranked = Ranked(
        above=np.zeros(count, int),
        tied=np.zeros(count, int),
        top_items=np.zeros((count, top), int),
        probability=np.zeros(count),
        among=np.array([len(case.compete) for case in asked]),
        top_probabilities=np.zeros((count, top)),
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
                ranked.above[index], ranked.tied[index] = _place(row[case.compete], case)
                ranked.probability[index] = np.exp(log_shares(row, case.compete)[case.truth])
                items, probabilities = best(row, case.compete, top)
                ranked.top_items[index, : len(items)] = items
                ranked.top_probabilities[index, : len(items)] = probabilities
            bar.update(len(chunk))
    return ranked


def rule_places(rule: Rule, asked: Sequence[Case], *, top: int = 0) -> Listed:
    """Place of the truth of every case by a rule, and its best `top` items."""
    found = _nothing_yet(len(asked), top)
    for index, case in enumerate(asked):
        _put(found, index, rule(case), case)
    return found


class Scorer(Protocol):
    """A rival: histories (items oldest first) in, a score for every item out: (B, I + 1), column = item."""

    def scores(self, histories: Sequence[np.ndarray]) -> np.ndarray: ...


def scorer_places(
    scorer: Scorer, asked: Sequence[Case], task: str, *, batch_users: int, top: int = 0, progress: bool = True
) -> Listed:
    """Place of the truth of every case by a rival, among the same items as for a student, and its best `top` items."""
    found = _nothing_yet(len(asked), top)
    order = sorted(range(len(asked)), key=lambda index: len(asked[index].history))
    with tqdm(total=len(asked), desc=f"rank {task}", unit="user", leave=False, disable=None if progress else True) as bar:
        for start in range(0, len(asked), batch_users):
            chunk = order[start : start + batch_users]
            scores = scorer.scores([asked[index].history for index in chunk])
            for row, index in zip(scores, chunk, strict=True):
                _put(found, index, row[asked[index].compete], asked[index])
            bar.update(len(chunk))
    return found


def _nothing_yet(count: int, top: int) -> Listed:
    return Listed(np.zeros(count, int), np.zeros(count, int), np.zeros((count, top), int))


def _put(found: Listed, index: int, scores: np.ndarray, case: Case) -> None:
    """scores  (C,) of `case.compete`."""
    found.above[index], found.tied[index] = _place(scores, case)
    items = top_of(scores, case.compete, found.top_items.shape[1])
    found.top_items[index, : len(items)] = items


def top_of(scores: np.ndarray, compete: np.ndarray, k: int) -> np.ndarray:
    """The k items of `compete` with the highest scores (C,), best first; equal scores in the order of item numbers."""
    if not k:
        return compete[:0]
    if len(scores) > k:
        good = np.flatnonzero(scores >= np.partition(scores, len(scores) - k)[len(scores) - k])  # k and what ties with the last
        scores, compete = scores[good], compete[good]
    items: np.ndarray = compete[np.lexsort((compete, -scores))[:k]]
    return items


def _place(scores: np.ndarray, case: Case) -> tuple[int, int]:
    """scores  (C,) of `case.compete`."""
    return place_of_truth(scores, int(np.flatnonzero(case.compete == case.truth)[0]))
