"""Rationale neighbours: EASE, and how much an item's rationales are like what the user's rationales say.  Nothing is trained.

An item is known by the words of its training attributes, a user by those of their training preferences: TF-IDF over one vocabulary, what
is disliked or lacking counted below 0.  Score: EASE's, with mean 0 and standard deviation 1 over the catalogue, plus `weight` times
the cosine, standardised alike.  The control gives each item the words of another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np

from rdrec.data.term_vectors import TermVectors, signed_bags

_STREAM = 33  # of the seed: whose words an item has in the control


class _Histories(Protocol):
    def scores(self, histories: Sequence[np.ndarray]) -> np.ndarray: ...


class RationaleNeighbours:
    """See the module.

    ease                     what it is added to
    preferences, attributes  (user, text) and (item, text), of the training part alone
    shuffle                  seed of the control; None: every item has its own words
    """

    def __init__(
        self,
        ease: _Histories,
        preferences: Iterable[tuple[int, str]],
        attributes: Iterable[tuple[int, str]],
        users: int,
        items: int,
        weight: float,
        shuffle: int | None = None,
    ) -> None:
        self._ease, self._weight = ease, weight
        of_items, of_users = signed_bags(attributes, items), signed_bags(preferences, users)
        if shuffle is not None:
            of_items[1:] = [of_items[1:][place] for place in np.random.default_rng([shuffle, _STREAM]).permutation(items)]
        vectors = TermVectors([*of_items[1:], *of_users[1:]])
        self._items, self._users = vectors.rows(of_items), vectors.rows(of_users)

    def scores(self, users: Sequence[int], histories: Sequence[np.ndarray]) -> np.ndarray:
        """(B, I + 1) float64, column = item, column 0 is -inf; a user of whom nothing is said is ranked by EASE alone."""
        found = np.full((len(users), self._items.shape[0]), -np.inf)
        likeness = (self._users[list(users)] @ self._items.T).toarray()[:, 1:]
        found[:, 1:] = _standardised(self._ease.scores(histories)[:, 1:]) + self._weight * _standardised(likeness)
        return found


def _standardised(rows: np.ndarray) -> np.ndarray:
    """Each row with mean 0 and standard deviation 1; a constant row becomes 0."""
    rows = rows.astype(np.float64)
    rows -= rows.mean(axis=1, keepdims=True)
    deviation = rows.std(axis=1, keepdims=True)
    scaled: np.ndarray = rows / np.where(deviation > 0, deviation, 1)
    return scaled
