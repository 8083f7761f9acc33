"""EASE: a linear item-item model in closed form, a cheap and strong baseline.

Steck, WWW 2019 (arXiv 1905.03375).  With X the binary user-item matrix and P = (X'X + ridge)^-1, the weights are
-P[i, j] / P[j, j] off the diagonal and 0 on it.  A history scores an item by the sum of its items' weights; order is ignored.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rdrec.core.records import InputError
from rdrec.core.settings import integer
from rdrec.data.together import check_memory, inverse_gram


class EASE:
    """weights (I, I) float32: weights[i, j] is what item i + 1 in a history adds to the score of item j + 1."""

    def __init__(self, histories: Sequence[np.ndarray], items: int, ridge: float) -> None:
        """Fit to training histories, oldest first.  Raises InputError if the catalogue exceeds the limit or the free memory."""
        _check_size(items)
        inverse = inverse_gram(histories, items, ridge)
        inverse /= -inverse.diagonal()
        np.fill_diagonal(inverse, 0)
        self.weights = inverse

    def scores(self, histories: Sequence[np.ndarray]) -> np.ndarray:
        """Scores of each history: (B, I + 1) float32; column 0 is -inf."""
        found = np.full((len(histories), len(self.weights) + 1), -np.inf, dtype=np.float32)
        for row, history in zip(found, histories, strict=True):
            row[1:] = self.weights[np.unique(history) - 1].sum(axis=0)
        return found


def _check_size(items: int) -> None:
    most = integer("rival.ease_items")
    if items > most:
        raise InputError(
            f"EASE needs an items x items matrix, which is too large for {items:,} items (limit {most:,})",
            todo="leave ease out of --rivals",
        )
    check_memory(items, "leave ease out of --rivals")
