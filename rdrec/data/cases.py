"""Evaluation cases: for each user the history shown, the competing items and the true next item.

Which items compete is one rule for evaluation, live runs and the page (`competing_items`, `leave_only_competing`).

sequential   history = all before the test item (the validation item is shown); every item competes except those already bought
topn         the test item among 99 seeded negatives, shuffled with the same seed
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from rdrec.core.records import InputError
from rdrec.core.vocabulary import TASKS
from rdrec.data.splits import ProtocolView, negatives


@dataclass(frozen=True)
class Case:
    """history: items oldest first, without the truth; shown: the candidates in shown order, or None for the whole catalogue."""

    user: int
    history: np.ndarray
    truth: int
    shown: np.ndarray | None
    n_items: int

    @property
    def compete(self) -> np.ndarray:
        """The items to rank, including the truth; computed on demand, as 19,412 whole catalogues would fill 1.8 GB."""
        if self.shown is not None:
            return self.shown
        return competing_items(self.n_items, self.history, self.truth)


def every_validation_case(view: ProtocolView, task: str = "sequential") -> list[Case]:
    """Cases with the validation item as the true one and the training part as history; candidates for "topn" as in `cases`."""
    sampled = negatives(view.dataset, view.seed) if task == "topn" else None
    return [
        Case(
            user,
            split.train,
            split.validation,
            None if sampled is None else _short_list(view, user, sampled[user - 1], split.validation),
            view.dataset.n_items,
        )
        for user, split in enumerate(view.splits, 1)
        if split.validation is not None
    ]


def cases(view: ProtocolView, task: str) -> list[Case]:
    """One case for every user with a test item.  Raises InputError for an unknown task, or if no user has one."""
    if task not in TASKS:
        raise InputError(f"unknown task {task!r}", todo=f"use {' or '.join(TASKS)}")
    sampled = negatives(view.dataset, view.seed) if task == "topn" else None
    found = []
    for index, split in enumerate(view.splits):
        truth = split.test
        if truth is None:
            continue
        shown = None if sampled is None else _short_list(view, index + 1, sampled[index], truth)
        found.append(Case(index + 1, np.asarray(split.shown, dtype=np.int64), truth, shown, view.dataset.n_items))
    if not found:
        raise InputError("no user has a test item", where=view.dataset.name, todo="import a set with longer histories")
    return found


def _short_list(view: ProtocolView, user: int, sampled: np.ndarray, truth: int) -> np.ndarray:
    """The user's candidates in shown order."""
    candidates = np.unique(np.append(sampled, truth))  # released negatives may contain an item twice
    return np.random.default_rng([view.seed, user, 1]).permutation(candidates)


def competing_items(n_items: int, bought: Iterable[int], truth: int | None = None) -> np.ndarray:
    """The items 1..n_items that were not bought, in ascending order; `truth` competes even if it was bought before."""
    free = np.ones(n_items + 1, dtype=bool)
    free[0] = False
    free[np.fromiter(bought, dtype=np.int64)] = False
    if truth is not None:
        free[truth] = True
    return np.flatnonzero(free)


def leave_only_competing(scores: np.ndarray, histories: Sequence[Iterable[int]]) -> None:
    """Set the scores of items that do not compete to -inf, in place.  scores  (B, I + 1), one row per history."""
    scores[:, 0] = -np.inf
    for row, history in zip(scores, histories, strict=True):
        row[np.fromiter(history, dtype=np.int64)] = -np.inf
