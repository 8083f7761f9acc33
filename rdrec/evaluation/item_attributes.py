"""Vectors of items from their metadata or rationales, for the similarity within recommended lists."""

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
    """vectors: (I + 1, W), or None if nothing is known about the items; source: what they were made from, in words."""

    vectors: sparse.csr_array | None
    source: str


NOTHING_KNOWN = ItemVectors(None, "not measured: nothing is known about the items")


def item_vectors(view: ProtocolView, rationales: Mapping[str, pd.DataFrame]) -> ItemVectors:
    """TF-IDF vectors from categories and brands if at least half of the items have them; otherwise from the attributes in training
    rationales of the teacher whose name comes first, if there is one."""
    items = view.dataset.items
    metadata = items[["categories", "brand"]].fillna("").agg(" ".join, axis=1).str.strip()
    if (metadata != "").mean() >= _KNOWN:
        bags = [Counter[str]() for _ in range(len(items) + 1)]
        for item, text in zip(items["item"].tolist(), metadata.tolist(), strict=True):
            bags[item].update(_WORD.findall(text.lower()))
        return ItemVectors(TermVectors(bags[1:]).rows(bags), "categories and brands of the items")
    if not rationales:
        return ItemVectors(None, "not measured: the items have no metadata, and there are no rationales")
    teacher = min(rationales)
    bags = [Counter[str]() for _ in range(len(items) + 1)]
    for _, item, text in text_rows(view, rationales[teacher], "rdrec", "train", view.seed).item_attribution:
        bags[item].update(_WORD.findall(text.lower()))
    return ItemVectors(TermVectors(bags[1:]).rows(bags), f"the attributes that the teacher {teacher} named in training reviews")
