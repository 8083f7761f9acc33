"""EASE: a linear item-item model in closed form, a cheap and strong baseline.

Steck, WWW 2019 (arXiv 1905.03375).  With X the binary user-item matrix and P = (X'X + ridge)^-1, the weights are
-P[i, j] / P[j, j] off the diagonal and 0 on it.  A history scores an item by the sum of its items' weights; order is ignored.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import psutil
from scipy.linalg import lapack

from rdrec.core.records import InputError
from rdrec.core.settings import integer
from rdrec.data.together import purchase_matrix

COPIES = 2  # peak memory in copies of the weights: the matrix, and the workspace for inverting or mirroring it


class EASE:
    """weights (I, I) float32: weights[i, j] is what item i + 1 in a history adds to the score of item j + 1."""

    def __init__(self, histories: Sequence[np.ndarray], items: int, ridge: float) -> None:
        """Fit to training histories, oldest first.  Raises InputError if the catalogue exceeds the limit or the free memory."""
        _check_size(items)
        self.weights = _weights(histories, items, ridge)

    def scores(self, histories: Sequence[np.ndarray]) -> np.ndarray:
        """Scores of each history: (B, I + 1) float32; column 0 is -inf."""
        found = np.full((len(histories), len(self.weights) + 1), -np.inf, dtype=np.float32)
        for row, history in zip(found, histories, strict=True):
            row[1:] = self.weights[np.unique(history) - 1].sum(axis=0)
        return found


def _weights(histories: Sequence[np.ndarray], items: int, ridge: float) -> np.ndarray:
    matrix = purchase_matrix(histories, items)[:, 1:]
    gram = np.asfortranarray((matrix.T @ matrix).toarray())
    gram[np.diag_indices(items)] += ridge
    gram, failed = lapack.spotrf(gram, lower=True, overwrite_a=True, clean=False)
    assert not failed, "X'X + ridge is positive definite"
    gram, failed = lapack.spotri(gram, lower=True, overwrite_c=True)
    assert not failed
    inverse = np.tril(gram)
    del gram
    for begin in range(0, items, 1024):  # mirror the lower triangle in strips: a full transpose would need another copy
        inverse[begin : begin + 1024, begin:] = _mirrored(inverse[begin:, begin : begin + 1024])
    diagonal = inverse.diagonal().copy()
    inverse /= -diagonal[None, :]
    np.fill_diagonal(inverse, 0)
    return inverse


def _mirrored(strip: np.ndarray) -> np.ndarray:
    """Complete columns of a lower triangle, from the diagonal down, (R, C), to the same rows of the full matrix, (C, R)."""
    rows = strip.T.copy()
    square = rows[:, : rows.shape[0]]
    square += np.tril(square.T, -1)
    return rows


def _check_size(items: int) -> None:
    most = integer("rival.ease_items")
    if items > most:
        raise InputError(
            f"EASE needs an items x items matrix, which is too large for {items:,} items (limit {most:,})",
            todo="leave ease out of --rivals",
        )
    needed, free = COPIES * 4 * items**2, psutil.virtual_memory().available
    if needed > free:
        raise InputError(
            f"EASE for {items:,} items needs {needed / 2**30:.1f} GiB of memory, but only {free / 2**30:.1f} are free",
            todo="free memory, or leave ease out of --rivals",
        )
