"""What a model shows to all users together: coverage, popularity, novelty, likeness within lists, and how few products fill the lists.

Of the first ten items of the sequential task (whole catalogue): the lists of the top-N task are drawn from 100 random candidates and
say little about the model.

    coverage    share of the catalogue that stands in somebody's list
    popularity  mean number of training purchases of what is shown; beside it `bought`, the same of what these users really bought next
    novelty     mean self-information of what is shown, -log2 of its share of all training purchases, in bits (Zhou et al., PNAS 2010);
                an item that nobody bought counts as bought once
    similarity  mean cosine between two items of one list (Ziegler et al., WWW 2005), of TF-IDF vectors of what is known of the items
    top_share   share of all places that the ten most shown items take
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

K = 10
MOST_SHOWN = 10
COLUMNS = ("coverage", "popularity", "bought", "novelty", "similarity", "top_share")


@dataclass(frozen=True)
class Beyond:
    """See the module.  similarity is NaN where nothing is known of the items."""

    coverage: float
    popularity: float
    bought: float
    novelty: float
    similarity: float
    top_share: float


def beyond_accuracy(lists: np.ndarray, truths: np.ndarray, purchases: np.ndarray, vectors: sparse.csr_array | None) -> Beyond:
    """lists (U, K) items, 0 for unused places; truths (U,) items; purchases (I + 1,) of each item in training; vectors (I + 1, W)
    rows of length 1 or 0."""
    shown = lists[lists > 0]
    times = np.bincount(shown, minlength=len(purchases))
    information = -np.log2(np.maximum(purchases, 1) / purchases.sum())
    return Beyond(
        coverage=float((times > 0).sum() / (len(purchases) - 1)),
        popularity=float(purchases[shown].mean()),
        bought=float(purchases[truths].mean()),
        novelty=float(information[shown].mean()),
        similarity=float("nan") if vectors is None else _similarity(lists, vectors),
        top_share=float(np.sort(times)[-MOST_SHOWN:].sum() / len(shown)),
    )


def _similarity(lists: np.ndarray, vectors: sparse.csr_array) -> float:
    """Mean over lists of two items or more.  The sum over all pairs of a list comes from the length of the sum of its vectors."""
    users, places = np.nonzero(lists)
    member = sparse.csr_array((np.ones(len(users)), (users, lists[users, places])), shape=(len(lists), vectors.shape[0]))
    sizes = member.sum(axis=1)
    sums = member @ vectors
    own = member @ vectors.multiply(vectors).sum(axis=1)  # an item with itself: 1, or 0 where nothing is known of it
    pairs = sizes * (sizes - 1)
    several = pairs > 0
    return float(((sums.multiply(sums).sum(axis=1) - own)[several] / pairs[several]).mean())
