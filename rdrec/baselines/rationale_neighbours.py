"""Rationale neighbours: EASE plus the similarity between an item's rationales and the user's rationales.  Nothing is trained.

Items are represented by the words of their training attributes, users by those of their training preferences: TF-IDF vectors over one
vocabulary, in which what is disliked or lacking counts negatively.  The score is that of EASE, standardised over the catalogue, plus
`weight` times the cosine similarity, standardised likewise.  In the control, each item has the words of another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from rdrec.baselines.ease import EASE
from rdrec.data.term_vectors import TermVectors, signed_bags

_STREAM = 33  # random stream for shuffling the items of the control


class RationaleNeighbours:
    """The rival that the module describes.

    ease                     the model whose scores are extended
    preferences, attributes  (user, text) and (item, text) of the training part
    users, items             how many there are
    shuffle                  seed of the control, which shuffles the items' words; None: every item has its own words
    """

    def __init__(
        self,
        ease: EASE,
        preferences: Iterable[tuple[int, str]],
        attributes: Iterable[tuple[int, str]],
        users: int,
        items: int,
        shuffle: int | None = None,
    ) -> None:
        self._ease = ease
        of_items, of_users = signed_bags(attributes, items), signed_bags(preferences, users)
        if shuffle is not None:
            of_items[1:] = [of_items[1:][index] for index in np.random.default_rng([shuffle, _STREAM]).permutation(items)]
        vectors = TermVectors([*of_items[1:], *of_users[1:]])
        self._items, self._users = vectors.rows(of_items), vectors.rows(of_users)

    def scores(self, users: Sequence[int], histories: Sequence[np.ndarray], weight: float) -> np.ndarray:
        """(B, I + 1) float64 scores by item; column 0 is -inf.  weight: of the standardised similarity.  Items for a user without rationales are ranked by EASE alone."""
        scores = np.full((len(users), self._items.shape[0]), -np.inf)
        similarity = (self._users[list(users)] @ self._items.T).toarray()[:, 1:]
        scores[:, 1:] = _standardised(self._ease.scores(histories)[:, 1:]) + weight * _standardised(similarity)
        return scores


def _standardised(rows: np.ndarray) -> np.ndarray:
    """Each row with mean 0 and standard deviation 1; a constant row becomes 0."""
    rows = rows.astype(np.float64)
    rows -= rows.mean(axis=1, keepdims=True)
    deviation = rows.std(axis=1, keepdims=True)
    scaled: np.ndarray = rows / np.where(deviation > 0, deviation, 1)
    return scaled
