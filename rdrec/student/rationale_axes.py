"""What users and items have in common by their rationales: one vocabulary, one truncated SVD for both.

A user and an item of which the same is said then lie in the same direction.  What somebody dislikes, and what a thing lacks ("no
teamwork"), counts against.  Only the texts that are given are read: those of the training part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.linalg import svds

from rdrec.data.term_vectors import signed_bags

Floats = npt.NDArray[np.float64]
_DENSE = 500  # words or axes; below it a dense method is as fast
_EVERYWHERE = 0.9  # share of users or items of which a word is said: it tells nothing


def rationale_axes(
    preferences: Sequence[tuple[int, str]], attributes: Sequence[tuple[int, str]], n_users: int, n_items: int, axes: int
) -> tuple[Floats, Floats, dict[str, Floats]]:
    """(U + 1, axes), (I + 1, axes) and (axes,) of each word from (user, text) and (item, text); rows of length 1, or 0 where nothing is said.

    Users' words count as often as they are said, items' by the logarithm of it, both times the root of their idf (a user's word and an
    item's then weigh idf together).
    """
    of_users, of_items = signed_bags(preferences, n_users), signed_bags(attributes, n_items)
    place = {word: at for at, word in enumerate(sorted(set().union(*of_users, *of_items)))}
    if not place:
        return np.zeros((n_users + 1, axes)), np.zeros((n_items + 1, axes)), {}
    users, items = _weighted(of_users, place, damp=False), _weighted(of_items, place, damp=True)
    directions = _strongest(sparse.vstack([users, items]).tocsr(), axes)  # (W, axes)
    words = dict(zip(place, _of_length_one(directions), strict=True))
    return _of_length_one(users @ directions), _of_length_one(items @ directions), words


def _weighted(counts: list[Counter[str]], place: dict[str, int], *, damp: bool) -> sparse.csr_array:
    """(owners + 1, W), rows of length 1."""
    rows = np.repeat(np.arange(len(counts)), [len(found) for found in counts])
    columns = np.array([place[word] for found in counts for word in found], dtype=np.int64)
    values = np.array([count for found in counts for count in found.values()], dtype=np.float64)
    said_of = np.bincount(columns, minlength=len(place))
    told = max(sum(map(bool, counts)), 1)
    idf = np.where(said_of > _EVERYWHERE * told, 0.0, np.log((1 + told) / (1 + said_of)).clip(0))
    values = (np.sign(values) * np.log1p(abs(values)) if damp else values) * np.sqrt(idf)[columns]
    matrix = sparse.csr_array((values, (rows, columns)), shape=(len(counts), len(place)))
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return (sparse.diags_array(1 / np.maximum(lengths, 1e-12)) @ matrix).tocsr()


def _strongest(matrix: sparse.csr_array, axes: int) -> Floats:
    """(W, axes): the right singular vectors, strongest first; columns beyond the rank are 0."""
    found = np.zeros((matrix.shape[1], axes))
    if min(matrix.shape) <= max(_DENSE, 2 * axes):
        right = np.linalg.svd(matrix.toarray(), full_matrices=False)[2][:axes]
    else:
        start = np.random.default_rng(0).normal(size=min(matrix.shape))
        _, strengths, right = svds(matrix, k=axes, v0=start)
        right = right[np.argsort(-strengths)]
    found[:, : len(right)] = right.T
    return found


def _of_length_one(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.where(lengths > 1e-9, rows / np.maximum(lengths, 1e-9), 0.0)
