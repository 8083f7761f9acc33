"""Which number stands for an item in what the student reads and writes: the schemes, by name.

In: how many items, a seed.  Out: `ids` with ids[item] = number, ids[0] = 0; always a permutation of 1..I.
`published` keeps the numbering of the data set, which follows first appearance (the ID leak of method section 3);
`shuffled` permutes it, so that a number says nothing.  A new scheme is one function in `SCHEMES`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
_STREAM = 1  # this module's own stream of the seed; splits.py has others


def _published(n_items: int, seed: int) -> Integers:
    return np.arange(n_items + 1, dtype=np.int64)


def _shuffled(n_items: int, seed: int) -> Integers:
    drawn = np.random.default_rng([seed, _STREAM]).permutation(n_items) + 1
    return np.concatenate([[0], drawn]).astype(np.int64)


SCHEMES: dict[str, Callable[[int, int], Integers]] = {"published": _published, "shuffled": _shuffled}


def item_ids(scheme: str, n_items: int, seed: int) -> Integers:
    """ids[item] is the number shown to the student, int64 (I + 1)."""
    return SCHEMES[scheme](n_items, seed)


def inverse(ids: Integers) -> Integers:
    """items[number] is the item behind a number, int64 (I + 1)."""
    items = np.empty_like(ids)
    items[ids] = np.arange(len(ids))
    return items
