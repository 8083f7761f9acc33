"""Item numbering schemes, the numbers by which a student reads and writes items; and the order of the original ids.

A scheme is always a permutation of 1..I, as `ids` with ids[item] = number and ids[0] = 0.  `published` keeps the numbering of the data
set, which follows first appearance (the id leak of method, section 3); `shuffled` permutes it.  These belong to the protocols.  Instead of
`shuffled`, a student may use numbers learned from the training part (`LEARNED`, see `clustered_ids.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rdrec.core.arrays import Integers
from rdrec.core.records import Dataset, InputError

_STREAM = 1  # random stream of this module; splits.py uses others


def item_ids(scheme: str, n_items: int, seed: int) -> Integers:
    """ids[item] is the number of an item, int64 (I + 1).  scheme: "published" or "shuffled"."""
    if scheme == "published":
        return np.arange(n_items + 1, dtype=np.int64)
    drawn = np.random.default_rng([seed, _STREAM]).permutation(n_items) + 1
    return np.concatenate([[0], drawn]).astype(np.int64)


PROTOCOL = "protocol"  # the protocol's own numbering
LEARNED = ("clustered", "clustered-text")


def check_learned(scheme: str, protocol: str) -> None:
    """Raise InputError for a scheme not in `LEARNED`, or if the protocol keeps the released numbering."""
    if scheme not in LEARNED:
        raise InputError(f"unknown item numbering {scheme[:40]!r}", todo=f"use one of {', '.join(LEARNED)}")
    if protocol == "published":
        raise InputError(
            f"the protocol published keeps the released numbers, so they cannot be {scheme}",
            todo="use --protocol clean or shuffled, or leave out --ids",
        )


def check_ids(ids: Integers, n_items: int, where: object = None) -> Integers:
    """Return `ids` if it is a permutation of 1..n_items; otherwise raise InputError."""
    if ids.shape != (n_items + 1,) or not np.array_equal(np.sort(ids), np.arange(n_items + 1)) or ids[0]:
        raise InputError(
            f"the item numbers are not a permutation of 1 to {n_items:,}", where=where, todo="train the student again"
        )
    return ids


def catalogue_places(dataset: Dataset) -> Integers | None:
    """(I + 1,): rank of each item by original id, from 1, with [0] = 0; None if items only have numbers."""
    return places_of_keys(dataset.items["item_key"].tolist())


def places_of_keys(keys: Sequence[str]) -> Integers | None:
    """The same from the original ids of items 1, 2, ..., in that order."""
    if list(keys) == [str(number) for number in range(1, len(keys) + 1)]:
        return None
    places = np.zeros(len(keys) + 1, dtype=np.int64)
    places[np.array(sorted(range(1, len(keys) + 1), key=lambda item: keys[item - 1]))] = np.arange(1, len(keys) + 1)
    return places
