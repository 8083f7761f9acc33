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

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from rdrec.data.splits import ProtocolView
from rdrec.data.term_vectors import TermVectors
from rdrec.student.sampling import text_rows

K = 10
MOST_SHOWN = 10
COLUMNS = ("coverage", "popularity", "bought", "novelty", "similarity", "top_share")
_WORD = re.compile(r"[^\W_]{2,}")
_KNOWN = 0.5  # share of items that must have metadata


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


@dataclass(frozen=True)
class ItemVectors:
    """vectors (I + 1, W) or None; source: what they were made of, in words."""

    vectors: sparse.csr_array | None
    source: str


NOTHING_KNOWN = ItemVectors(None, "not measured: nothing is known of the items")


def item_vectors(view: ProtocolView, rationales: Mapping[str, pd.DataFrame]) -> ItemVectors:
    """From categories and brands where at least half of the items have them, else from the training rationales of the first teacher
    by name; else there are none."""
    items = view.dataset.items
    told = items[["categories", "brand"]].fillna("").agg(" ".join, axis=1).str.strip()
    if (told != "").mean() >= _KNOWN:
        bags = [Counter[str]() for _ in range(len(items) + 1)]
        for item, text in zip(items["item"].tolist(), told.tolist(), strict=True):
            bags[item].update(_WORD.findall(text.lower()))
        return ItemVectors(TermVectors(bags[1:]).rows(bags), "categories and brands of the items")
    if not rationales:
        return ItemVectors(None, "not measured: the items have no metadata, and no teacher's rationales are here")
    teacher = min(rationales)
    bags = [Counter[str]() for _ in range(len(items) + 1)]
    for _, item, text in text_rows(view, rationales[teacher], "rdrec", "train", view.seed).item_attribution:
        bags[item].update(_WORD.findall(text.lower()))
    return ItemVectors(TermVectors(bags[1:]).rows(bags), f"the attributes that the teacher {teacher} named in training reviews")
