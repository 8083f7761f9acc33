"""TF-IDF: bags of words as sparse rows of length 1, all over one vocabulary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse

Bag = Mapping[str, float]  # word -> how often; below 0 where it is denied


class TermVectors:
    """Vocabulary and word weights (log of the share of bags that a word is not alone in) of a list of bags."""

    def __init__(self, bags: Sequence[Bag]) -> None:
        self._place = {word: at for at, word in enumerate(sorted(set().union(*bags)))}
        told = [bag for bag in bags if bag]
        counts = np.zeros(len(self._place))
        for bag in told:
            counts[[self._place[word] for word in bag]] += 1
        self._weight = np.log((1 + len(told)) / (1 + counts))

    def rows(self, bags: Sequence[Bag]) -> sparse.csr_array:
        """(N, W) float64; words that are not in the vocabulary are left out; an empty bag is a row of zeros."""
        known = [[(self._place[word], count) for word, count in bag.items() if word in self._place] for bag in bags]
        rows = np.repeat(np.arange(len(bags)), [len(found) for found in known])
        columns = np.array([place for found in known for place, _ in found], dtype=np.int64)
        values = np.array([count for found in known for _, count in found], dtype=np.float64) * self._weight[columns]
        matrix = sparse.csr_array((values, (rows, columns)), shape=(len(bags), len(self._place)))
        lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
        return (sparse.diags_array(1 / np.where(lengths > 0, lengths, 1)) @ matrix).tocsr()
