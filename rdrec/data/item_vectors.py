"""Unit vectors of items, from co-purchases or from texts about them: (I + 1, D), row 0 empty; unknown items are zero.

The caller must pass training data only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, eigsh, svds

from rdrec.core.arrays import Floats
from rdrec.core.records import InputError
from rdrec.core.settings import integer
from rdrec.data.term_vectors import sparse_unit_rows
from rdrec.data.together import bought_by_the_same

# Up to this many items, in all or for each axis, a dense solver is fast; a sparse one needs many more items than axes.
_DENSE, _PER_AXIS = 1500, 8
_ROUNDS = 5  # the fifth round changes the diagonal by 1 %
_TOLERANCE = 1e-4  # relative error of an eigenvalue, too small to affect the clusters
_WORD = re.compile(r"[^\W\d_]{2,}")


def vectors_of_purchases(histories: Sequence[np.ndarray], n_items: int) -> Floats:
    """Item vectors from the training parts of histories.  Raises InputError if they are empty.

    The leading eigenvectors of the co-purchase matrix (`rdrec.data.together`), scaled by the roots of their eigenvalues and with a positive
    sum, which fixes their signs: the product of two rows approximates how often they are bought together (truncated SVD, as in PureSVD,
    Cremonesi et al., RecSys 2010).  Rows have length 1, so that popular items do not form a cluster of their own (Ng, Jordan and Weiss,
    "On spectral clustering", NIPS 2001).  Columns beyond the number of items are 0.
    """
    if not any(map(len, histories)):
        raise InputError("the training part has no interactions to learn from", todo="import a data set with longer histories")
    axes = integer("data.id_axes")
    values, vectors = _eigenvectors(bought_by_the_same(histories, n_items)[1:, 1:], axes, "LA")
    strongest = np.argsort(-values)[:axes]
    scaled = vectors[:, strongest] * np.sqrt(np.maximum(values[strongest], 0))
    found = np.zeros((n_items, axes))
    found[:, : len(strongest)] = scaled * np.where(scaled.sum(axis=0) < 0, -1, 1)
    return _of_length_one(found)


def communal_axes(together: sparse.csr_array | np.ndarray, axes: int) -> tuple[Floats, Floats]:
    """(I + 1, axes) vectors and the sign of each axis; the signed product of two rows approximates the entry of `together`.

    together  (I, I), symmetric: how often items are bought together, from `rdrec.data.together`
    The eigenvectors with the largest absolute eigenvalues, scaled by the roots of these.  The diagonal (an item is bought with itself) is
    useless for recommendation, so it is replaced by its estimate from the axes (the communality of principal factor analysis), for a few
    rounds.
    """
    diagonal = own = together.diagonal().astype(np.float64)
    for _ in range(_ROUNDS):
        values, vectors = _eigenvectors(together, axes, "LM", diagonal - own)
        strongest = np.argsort(-np.abs(values))[:axes]
        values, vectors = values[strongest], vectors[:, strongest]
        diagonal = (vectors**2 * values).sum(axis=1)
    found, signs = np.zeros((len(own) + 1, axes)), np.ones(axes)
    found[1:, : len(values)] = vectors * np.sqrt(np.abs(values))
    signs[: len(values)] = np.sign(values)
    return found, signs


def vectors_of_texts(texts: Sequence[tuple[int, str]], n_items: int) -> Floats:
    """Item vectors by latent semantic analysis of (item, text) pairs: tf-idf and truncated SVD.  Raises InputError without any word."""
    words: list[Counter[str]] = [Counter() for _ in range(n_items + 1)]
    for item, text in texts:
        words[item].update(_WORD.findall(text.lower()))
    known = {word: place for place, word in enumerate(sorted(set().union(*words)))}
    if not known:
        raise InputError("the training part has no text to learn from", todo="use --ids clustered")
    rows = np.repeat(np.arange(n_items + 1), [len(found) for found in words])
    columns = np.array([known[word] for found in words for word in found])
    counts = np.array([count for found in words for count in found.values()], dtype=np.float64)
    seen = np.bincount(columns, minlength=len(known))  # number of items with each word
    weights = np.log1p(counts) * (np.log((1 + n_items) / (1 + seen)) + 1)[columns]
    matrix = sparse.csr_array((weights, (rows, columns)), shape=(n_items + 1, len(known)))
    even = sparse_unit_rows(matrix)[1:]
    axes = integer("data.id_axes")
    if min(even.shape) <= _DENSE:
        left, strengths, _ = np.linalg.svd(even.toarray(), full_matrices=False)
        left, strengths = left[:, :axes], strengths[:axes]
    else:
        left, strengths, _ = svds(even, k=axes, v0=_start(min(even.shape)), tol=_TOLERANCE)
    return _of_length_one(left * strengths)


def _eigenvectors(
    matrix: sparse.csr_array | np.ndarray, axes: int, which: str, added: Floats | float = 0.0
) -> tuple[Floats, Floats]:
    """Eigenvalues and -vectors of a symmetric matrix: all of a small one, otherwise the `axes` largest or (LM) largest in size.

    added  to the diagonal
    """
    size = matrix.shape[0]
    if size <= max(_DENSE, _PER_AXIS * axes):
        full = matrix.astype(np.float64) if isinstance(matrix, np.ndarray) else matrix.toarray()
        full[np.diag_indices(size)] += added
        values, vectors = np.linalg.eigh(full)
        return values, vectors
    product = LinearOperator(
        matrix.shape, matvec=lambda vector: matrix @ vector.astype(matrix.dtype) + added * vector, dtype=np.float64
    )
    values, vectors = eigsh(product, k=axes, which=which, v0=_start(size), tol=_TOLERANCE)
    return values, vectors


def _start(size: int) -> Floats:
    """Fixed start vector of the eigenvalue iteration, so that results are reproducible to the last digit."""
    return np.random.default_rng(0).normal(size=size)


def _of_length_one(rows: Floats) -> Floats:
    """Normalise rows (I, D) and prepend row 0.  Rows of items that nobody bought only contain rounding errors and become 0."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    found = np.zeros((len(rows) + 1, rows.shape[1]))
    found[1:] = np.where(lengths > 1e-6, rows / np.maximum(lengths, 1e-6), 0.0)
    return found
