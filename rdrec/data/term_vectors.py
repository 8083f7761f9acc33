"""TF-IDF vectors of rationales whose words carry a sign: preferred or disliked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from scipy import sparse

Bag = Mapping[str, float]  # signed count of each word; negative if it is mostly negated

_PART = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|[,;.]")
_NEGATORS = frozenset(["not", "no", "without", "lacks", "lack", "lacking", "missing", "never", "none", "nothing"])


def signed_words(text: str) -> Iterator[tuple[str, int]]:
    """Each word with +1, or with -1 if it is negated.

    "dislikes" negates up to the end, "no", "isn't" and the like up to the next comma or "and".  Two negations of a word cancel: somebody
    who dislikes "no batteries" wants batteries.
    """
    sign, rest = 1, 1
    for part in _PART.findall(text.lower().replace("’", "'")):
        if part in (",", ";", ".", "and"):
            sign = rest
        elif part == "prefers":
            sign = rest = 1
        elif part == "dislikes":
            sign = rest = -1
        elif part in _NEGATORS or part.endswith("n't"):
            sign = -sign
        else:
            yield part, sign


def signed_bags(texts: Iterable[tuple[int, str]], size: int) -> list[Counter[str]]:
    """The signed word counts of each owner, from (owner, text) pairs; owners are 1 to `size`, entry 0 is empty."""
    found: list[Counter[str]] = [Counter() for _ in range(size + 1)]
    for owner, text in texts:
        for word, sign in signed_words(text):
            found[owner][word] += sign
    return found


class TermVectors:
    """Vocabulary and inverse document frequencies of a list of bags."""

    def __init__(self, bags: Sequence[Bag]) -> None:
        self._place = {word: at for at, word in enumerate(sorted(set().union(*bags)))}
        filled = [bag for bag in bags if bag]
        counts = np.zeros(len(self._place))
        for bag in filled:
            counts[[self._place[word] for word in bag]] += 1
        self._weight = np.log((1 + len(filled)) / (1 + counts))

    def rows(self, bags: Sequence[Bag]) -> sparse.csr_array:
        """(N, W) float64 rows of length 1; words outside the vocabulary are ignored, and an empty bag gives zeros."""
        known = [[(self._place[word], count) for word, count in bag.items() if word in self._place] for bag in bags]
        rows = np.repeat(np.arange(len(bags)), [len(found) for found in known])
        columns = np.array([place for found in known for place, _ in found], dtype=np.int64)
        values = np.array([count for found in known for _, count in found], dtype=np.float64) * self._weight[columns]
        matrix = sparse.csr_array((values, (rows, columns)), shape=(len(bags), len(self._place)))
        return sparse_unit_rows(matrix)


def sparse_unit_rows(matrix: sparse.csr_array) -> sparse.csr_array:
    """Rows scaled to length 1; zero rows stay zero."""
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return (sparse.diags_array(1 / np.where(lengths > 0, lengths, 1)) @ matrix).tocsr()
