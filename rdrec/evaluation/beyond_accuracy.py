"""What a model recommends to all users together: coverage, popularity, novelty, similarity within lists, concentration on few products.

Measured on the top 10 of the sequential task, which ranks the whole catalogue.  The lists of the top-N task come from 100 random
candidates and say little about the model.

    coverage    share of the catalogue that is in at least one list
    popularity  mean number of training purchases of the items shown; `bought` is the same for the items really bought next
    novelty     mean self-information of the items shown, -log2 of their share of all training purchases, in bits (Zhou et al.,
                PNAS 2010); an item without purchases counts as bought once
    similarity  mean cosine between two items of a list (Ziegler et al., WWW 2005), from TF-IDF vectors of the items' attributes
    top_share   share of all list positions taken by the ten items shown most
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
_WORD = re.compile(r"[^\W_]{2,}")
_KNOWN = 0.5  # share of items that must have metadata
COLUMNS = ("coverage", "popularity", "bought", "novelty", "similarity", "top_share")


@dataclass(frozen=True)
class Beyond:
    """The measures that the module defines; similarity is NaN if nothing is known about the items."""

    coverage: float
    popularity: float
    bought: float
    novelty: float
    similarity: float
    top_share: float


def beyond_accuracy(lists: np.ndarray, truths: np.ndarray, purchases: np.ndarray, vectors: sparse.csr_array | None) -> Beyond:
    """Measure the lists of all users.

    lists      (U, K) items, 0 for unused positions
    truths     (U,) the item that each user really bought next
    purchases  (I + 1,) training purchases of each item
    vectors    (I + 1, W) item vectors of length 1 or 0, or None
    """
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
    """Mean over lists with at least two items.  The sum over all pairs of a list is computed from the length of the sum of its vectors."""
    users, places = np.nonzero(lists)
    member = sparse.csr_array((np.ones(len(users)), (users, lists[users, places])), shape=(len(lists), vectors.shape[0]))
    sizes = member.sum(axis=1)
    sums = member @ vectors
    own = member @ vectors.multiply(vectors).sum(axis=1)  # products of items with themselves: 1, or 0 for an unknown item
    pairs = sizes * (sizes - 1)
    several = pairs > 0
    return float(((sums.multiply(sums).sum(axis=1) - own)[several] / pairs[several]).mean())


@dataclass(frozen=True)
class ItemVectors:
    """vectors: (I + 1, W), or None if nothing is known about the items; source: what they were made from, in words."""

    vectors: sparse.csr_array | None
    source: str


def item_vectors(view: ProtocolView, rationales: Mapping[str, pd.DataFrame]) -> ItemVectors:
    """TF-IDF vectors from categories and brands if at least half of the items have them; otherwise from the attributes in training
    rationales of the teacher whose name comes first, if there is one."""
    items = view.dataset.items
    metadata = items[["categories", "brand"]].fillna("").agg(" ".join, axis=1).str.strip()
    if (metadata != "").mean() >= _KNOWN:
        texts, source = list(zip(items["item"].tolist(), metadata.tolist(), strict=True)), "categories and brands of the items"
    elif rationales:
        teacher = min(rationales)
        rows = text_rows(view, rationales[teacher], "rdrec", "train", view.seed).item_attribution
        texts = [(item, text) for _, item, text in rows]
        source = f"the attributes that the teacher {teacher} named in training reviews"
    else:
        return ItemVectors(None, "not measured: the items have no metadata, and there are no rationales")
    bags = [Counter[str]() for _ in range(len(items) + 1)]
    for item, text in texts:
        bags[item].update(_WORD.findall(text.lower()))
    return ItemVectors(TermVectors(bags[1:]).rows(bags), source)
