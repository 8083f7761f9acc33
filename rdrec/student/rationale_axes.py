"""Vectors of users and items from their rationales: one vocabulary and one truncated SVD for both.

A user and an item about which the same is said get vectors of the same direction.  What a user dislikes and what an item lacks ("no
teamwork") counts negatively.  The caller must pass texts of the training part only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import svds

from rdrec.core.arrays import Floats
from rdrec.data.term_vectors import signed_bags, sparse_unit_rows

_DENSE = 500  # size of a matrix up to which a dense SVD is as fast
_UBIQUITOUS = 0.9  # a word said about a larger share of users or items is uninformative and gets weight 0


def rationale_axes(
    preferences: Sequence[tuple[int, str]], attributes: Sequence[tuple[int, str]], n_users: int, n_items: int, axes: int
) -> tuple[Floats, Floats, dict[str, Floats]]:
    """Vectors of users (U + 1, axes), of items (I + 1, axes), and of each word (axes,), from (user, text) and (item, text).

    Rows have length 1, or 0 if nothing is said.  Words of users count by their frequency, words of items by its logarithm, both times
    the square root of their IDF, so that the product of a user and an item weighs a word by its IDF.
    """
    of_users, of_items = signed_bags(preferences, n_users), signed_bags(attributes, n_items)
    column_of = {word: column for column, word in enumerate(sorted(set().union(*of_users, *of_items)))}
    if not column_of:
        return np.zeros((n_users + 1, axes)), np.zeros((n_items + 1, axes)), {}
    users, items = _weighted(of_users, column_of, log=False), _weighted(of_items, column_of, log=True)
    directions = _singular_vectors(sparse.vstack([users, items]).tocsr(), axes)  # (W, axes)
    words = dict(zip(column_of, unit_rows(directions), strict=True))
    return unit_rows(users @ directions), unit_rows(items @ directions), words


def _weighted(bags: list[Counter[str]], column_of: dict[str, int], *, log: bool) -> sparse.csr_array:
    """Weighted bags of words (users or items + 1, W), rows of length 1; log: damp the counts by a logarithm."""
    rows = np.repeat(np.arange(len(bags)), [len(bag) for bag in bags])
    columns = np.array([column_of[word] for bag in bags for word in bag], dtype=np.int64)
    values = np.array([count for bag in bags for count in bag.values()], dtype=np.float64)
    bags_with = np.bincount(columns, minlength=len(column_of))
    filled = max(sum(map(bool, bags)), 1)
    idf = np.where(bags_with > _UBIQUITOUS * filled, 0.0, np.log((1 + filled) / (1 + bags_with)).clip(0))
    values = (np.sign(values) * np.log1p(abs(values)) if log else values) * np.sqrt(idf)[columns]
    matrix = sparse.csr_array((values, (rows, columns)), shape=(len(bags), len(column_of)))
    return sparse_unit_rows(matrix)


def _singular_vectors(matrix: sparse.csr_array, axes: int) -> Floats:
    """(W, axes): the right singular vectors by falling singular value; columns beyond the rank are 0."""
    found = np.zeros((matrix.shape[1], axes))
    if min(matrix.shape) <= max(_DENSE, 2 * axes):
        right = np.linalg.svd(matrix.toarray(), full_matrices=False)[2][:axes]
    else:
        start = np.random.default_rng(0).normal(size=min(matrix.shape))
        _, strengths, right = svds(matrix, k=axes, v0=start)
        right = right[np.argsort(-strengths)]
    found[:, : len(right)] = right.T
    return found


def unit_rows(rows: Floats) -> Floats:
    """Rows scaled to length 1; zero rows stay zero."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.where(lengths > 1e-9, rows / np.maximum(lengths, 1e-9), 0.0)
