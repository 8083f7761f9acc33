"""Which number stands for an item in what the student reads and writes: the schemes, by name.

In: how many items, a seed.  Out: `ids` with ids[item] = number, ids[0] = 0; always a permutation of 1..I.
`published` keeps the numbering of the data set, which follows first appearance (the ID leak of method section 3);
`shuffled` permutes it, so that a number says nothing.  These two belong to the protocols.  In place of `shuffled` a student may
be given numbers that carry meaning, learned from the training part: `LEARNED`, made by `clustered_ids.py`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from rdrec.records import InputError

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


PROTOCOL = "protocol"  # the numbering that the protocol itself prescribes
LEARNED = ("clustered", "clustered-text")


def check_learned(scheme: str, protocol: str) -> None:
    """Raises InputError for a scheme that is not `LEARNED`, and where it would stand for the released numbering."""
    if scheme not in LEARNED:
        raise InputError(f"there is no way {scheme[:40]!r} of learning item numbers", todo=f"use one of {', '.join(LEARNED)}")
    if protocol == "published":
        raise InputError(
            f"the protocol published keeps the numbers as released, so they cannot be {scheme}",
            todo="use --protocol clean or shuffled, or leave out --ids",
        )


def check_ids(ids: Integers, n_items: int, where: object = None) -> Integers:
    """`ids` if it numbers the items 1..n_items from 1 to n_items, each once.  Raises InputError."""
    if ids.shape != (n_items + 1,) or not np.array_equal(np.sort(ids), np.arange(n_items + 1)) or ids[0]:
        raise InputError(f"the item numbers are not 1 to {n_items:,}, each once", where=where, todo="train the student again")
    return ids


def inverse(ids: Integers) -> Integers:
    """items[number] is the item behind a number, int64 (I + 1)."""
    items = np.empty_like(ids)
    items[ids] = np.arange(len(ids))
    return items
