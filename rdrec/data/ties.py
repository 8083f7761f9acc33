"""The order of a user's simultaneous interactions, and its description in words.

Amazon's files of 2014 and 2018 only know the day and are sorted by product, so file order puts a day's interactions in catalogue order.
A rule that learns nothing can exploit this (the order rule of `rdrec.baselines.rules`).  A hash of (seed, user, item) cannot be
exploited and does not depend on the position in the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

HASH, FILE = "hash", "file"
TIES = (HASH, FILE)
ORDER_RULE = {
    HASH: "by time; ties in time by a hash of seed, user and item",
    FILE: "by time; ties in time by the order in the file",
}
_OLDER = "by time, then by order in the file"  # wording of imports from before hashed ties
_UNKNOWN = "as released, without times: how ties in time were broken is unknown"


def tie_hash(
    user_keys: Sequence[str], item_keys: Sequence[str], users: npt.NDArray[np.int64], items: npt.NDArray[np.int64], seed: int
) -> npt.NDArray[np.uint64]:
    """(N,): a number per interaction that only depends on the seed and both keys, on any machine.

    users, items  (N,) indices into `user_keys` and `item_keys`
    """
    by_user, by_item = (_key_hashes(keys, kind, seed) for keys, kind in ((user_keys, b"user"), (item_keys, b"item")))
    return _splitmix(_splitmix(by_user[users]) + by_item[items])


def _key_hashes(keys: Sequence[str], kind: bytes, seed: int) -> npt.NDArray[np.uint64]:
    secret = seed.to_bytes(8, "little")
    digests = b"".join(blake2b(key.encode(), digest_size=8, key=secret, person=kind).digest() for key in keys)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def _splitmix(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The splitmix64 finaliser: a bijection in which every input bit affects about half of the output bits."""
    mixed = values + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def ties_of(meta: Mapping[str, Any]) -> str | None:
    """`HASH`, `FILE`, or None if the meta does not say."""
    options, rules = meta.get("options"), meta.get("rules")
    found = options.get("ties") if isinstance(options, Mapping) else None
    if found in TIES:
        return str(found)
    return FILE if isinstance(rules, Mapping) and rules.get("order") == _OLDER else None


def ties_in_words(meta: Mapping[str, Any]) -> str:
    """A short phrase for lists, tables and the page."""
    found = ties_of(meta)
    if found == HASH:
        return f"ties in time by a seeded hash (seed {meta['options'].get('seed', 0)})"
    if found == FILE:
        return "ties in time by the order in the file"
    if meta.get("synthetic"):
        dials = isinstance(meta.get("options"), Mapping) and "drive" in meta["options"]  # older shops had no dials
        return "no shopper bought two things in one second" if dials else "times to the second, so hardly any ties"
    return _UNKNOWN
