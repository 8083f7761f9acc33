"""Co-purchase counts as sparse matrices, used by the co-purchase rule, EASE and the initialisation of students.

The caller must pass training data only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

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
