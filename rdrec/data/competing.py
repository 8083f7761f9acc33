"""Which items compete for the next purchase: one rule for evaluation, live runs and the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np


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
