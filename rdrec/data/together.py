"""How often items are bought together, used by the co-purchase rule, EASE and the initialisation of students.

The caller must pass training data only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import psutil
from scipy import sparse
from scipy.linalg import lapack

from rdrec.core.records import InputError

SHRINK = 5  # added to each item's user count, so that two rare items with one common user are not near-identical


def purchase_matrix(histories: Sequence[np.ndarray], n_items: int) -> sparse.csr_array:
    """(U, I + 1) float32: 1 if the user bought the item, however often; column 0 is empty."""
    bought = [np.unique(np.asarray(history, dtype=np.int64)) for history in histories]
    users = np.repeat(np.arange(len(bought)), [len(items) for items in bought])
    ones = np.ones(len(users), dtype=np.float32)
    return sparse.csr_array((ones, (users, np.concatenate(bought))), shape=(len(bought), n_items + 1))


def bought_by_the_same(histories: Sequence[np.ndarray], n_items: int) -> sparse.csr_array:
    """(I + 1, I + 1) float64 shrunk cosine: common users / root of the product of both items' users plus `SHRINK`.

    The diagonal is n / (n + SHRINK) for an item with n users.
    """
    return shrunk_cosine(purchase_matrix(histories, n_items))


def shrunk_cosine(matrix: sparse.csr_array) -> sparse.csr_array:
    """The same from the (U, I + 1) matrix of purchases from `purchase_matrix`."""
    bought = matrix.astype(np.float64)
    scale = sparse.diags_array(1 / np.sqrt(np.asarray(bought.sum(axis=0)).ravel() + SHRINK))
    return (scale @ (bought.T @ bought) @ scale).tocsr()


_COPIES = (
    2  # peak memory of `inverse_gram` in copies of its result: the matrix, and the workspace for inverting or mirroring it
)


def check_memory(n_items: int, todo: str) -> None:
    """Raise InputError if there is too little free memory for `inverse_gram`.  todo: what else to do about it."""
    needed, free = _COPIES * 4 * n_items**2, psutil.virtual_memory().available
    if needed > free:
        raise InputError(
            f"the correlations of {n_items:,} items need {needed / 2**30:.1f} GiB of memory, but only {free / 2**30:.1f} are free",
            todo=f"free memory, or {todo}",
        )


def inverse_gram(histories: Sequence[np.ndarray], n_items: int, ridge: float) -> np.ndarray:
    """(I, I) float32: (X'X + ridge)^-1 with X the binary user-item matrix; row 0 is item 1."""
    matrix = purchase_matrix(histories, n_items)[:, 1:]
    gram = np.asfortranarray((matrix.T @ matrix).toarray())
    gram[np.diag_indices(n_items)] += ridge
    gram, failed = lapack.spotrf(gram, lower=True, overwrite_a=True, clean=False)
    assert not failed, "X'X + ridge is positive definite"
    gram, failed = lapack.spotri(gram, lower=True, overwrite_c=True)
    assert not failed
    inverse = np.tril(gram)
    del gram
    for begin in range(0, n_items, 1024):  # mirror the lower triangle in strips: a full transpose would need another copy
        inverse[begin : begin + 1024, begin:] = _mirrored(inverse[begin:, begin : begin + 1024])
    return inverse


def partial_correlations(histories: Sequence[np.ndarray], n_items: int, ridge: float) -> np.ndarray:
    """(I, I) float32: how often two items are bought together, without what all other items explain; the diagonal is 0.

    -P[i, j] / root of P[i, i] P[j, j] with P of `inverse_gram`: the weights of EASE (Steck, WWW 2019), made symmetric.
    """
    found = inverse_gram(histories, n_items, ridge)
    scale = np.sqrt(found.diagonal())
    found /= -scale[:, None]
    found /= scale
    np.fill_diagonal(found, 0)
    return found


def _mirrored(strip: np.ndarray) -> np.ndarray:
    """Complete columns of a lower triangle, from the diagonal down, (R, C), to the same rows of the full matrix, (C, R)."""
    rows = strip.T.copy()
    square = rows[:, : rows.shape[0]]
    square += np.tril(square.T, -1)
    return rows
