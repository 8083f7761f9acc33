"""Words of rationales with their sign, and TF-IDF: bags of words as sparse rows of length 1, all over one vocabulary."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from scipy import sparse

Bag = Mapping[str, float]  # word -> how often; below 0 where it is denied

_PART = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|[,;.]")
_AGAINST = frozenset(["dislikes", "not", "no", "without", "lacks"])


def signed_words(text: str) -> Iterator[tuple[str, int]]:
    """Each word with +1, or -1 where it is disliked or lacking: after "dislikes" to the end, after "no" or "not" to the next comma or "and"."""
    sign, rest = 1, 1
    for part in _PART.findall(text.lower()):
        if part in (",", ";", ".", "and"):
            sign = rest
        elif part == "prefers":
            sign = rest = 1
        elif part == "dislikes":
            sign = rest = -1
        elif part in _AGAINST:
            sign = -1
        else:
            yield part, sign


def signed_bags(texts: Iterable[tuple[int, str]], size: int) -> list[Counter[str]]:
    """Of the texts of each owner (1 to `size`; place 0 is empty) the words, each counted with its sign."""
    found: list[Counter[str]] = [Counter() for _ in range(size + 1)]
    for owner, text in texts:
        for word, sign in signed_words(text):
            found[owner][word] += sign
    return found


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
