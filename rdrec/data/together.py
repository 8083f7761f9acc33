"""Which items are bought by the same users: the one matrix behind "bought together", EASE and the start of students.

In: histories, how many items.  Out: sparse matrices by item number.  It knows no protocol and no model; what is held out is the
caller's business.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

SHRINK = 5  # users added to each item's own, so that two rare items with one common user are not twins


def purchase_matrix(histories: Sequence[np.ndarray], n_items: int) -> sparse.csr_array:
    """(U, I + 1) float32: 1 where the user bought the item, once or often; column 0 is empty."""
    bought = [np.unique(np.asarray(history, dtype=np.int64)) for history in histories]
    users = np.repeat(np.arange(len(bought)), [len(items) for items in bought])
    ones = np.ones(len(users), dtype=np.float32)
    return sparse.csr_array((ones, (users, np.concatenate(bought))), shape=(len(bought), n_items + 1))


def bought_by_the_same(histories: Sequence[np.ndarray], n_items: int) -> sparse.csr_array:
    """(I + 1, I + 1) float64: users of both items by the root of the product of each one's users plus `SHRINK` (shrunk cosine).

    The diagonal is n / (n + SHRINK) of an item with n users.
    """
    bought = purchase_matrix(histories, n_items).astype(np.float64)
    scale = sparse.diags_array(1 / np.sqrt(np.asarray(bought.sum(axis=0)).ravel() + SHRINK))
    return (scale @ (bought.T @ bought) @ scale).tocsr()
