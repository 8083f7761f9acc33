"""What is known of the items of a data set, as vectors: for the likeness within recommended lists."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from scipy import sparse

from rdrec.data.splits import ProtocolView
from rdrec.data.term_vectors import TermVectors
from rdrec.student.sampling import text_rows

_WORD = re.compile(r"[^\W_]{2,}")
_KNOWN = 0.5  # share of items that must have metadata


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
