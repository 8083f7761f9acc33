"""Select interactions (k-core) and number users and items.

Interactions are ordered by time, then by `ties`, then by file order.  If a user bought an item twice, the earliest purchase counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rdrec.core.arrays import Integers


@dataclass(frozen=True)
class Kept:
    """Selected rows, sorted by (user, position); `user_codes[u - 1]` and `item_codes[i - 1]` are the original codes."""

    rows: Integers
    users: Integers
    positions: Integers
    items: Integers
    user_codes: Integers
    item_codes: Integers
    duplicates: int
    below_core: int


def select(
    users: Integers,
    items: Integers,
    times: Integers,
    core_users: int,
    core_items: int,
    ties: npt.NDArray[np.uint64] | None = None,
) -> Kept:
    """Sort, drop repeated purchases, take the k-core, and number users and items.

    ties  (N,) order of a user's simultaneous interactions (`rdrec.data.ties`); None: file order
    Users are numbered by first appearance in the file, and items by first appearance in the users' histories (the released numbering,
    and the id leak of method, section 3).
    """
    row = np.arange(len(users))
    order = np.lexsort((row, times, users) if ties is None else (row, ties, times, users))
    pair = users[order] * (int(items.max(initial=0)) + 1) + items[order]
    once = np.sort(np.unique(pair, return_index=True)[1])  # the earliest interaction of each pair
    order = order[once]
    stays = core_mask(users[order], items[order], core_users, core_items)
    rows = order[stays]
    user_codes, numbers = np.unique(users[rows], return_inverse=True)  # codes are numbered by first appearance in the file
    item_codes, first, inverse = np.unique(items[rows], return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    by_appearance = np.argsort(first)
    rank[by_appearance] = np.arange(1, len(first) + 1)
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    positions = np.arange(len(rows)) - np.repeat(starts, np.diff(starts, append=len(rows)))
    return Kept(
        rows=rows,
        users=numbers + 1,
        positions=positions,
        items=rank[inverse],
        user_codes=user_codes,
        item_codes=item_codes[by_appearance],
        duplicates=len(users) - len(order),
        below_core=len(order) - len(rows),
    )


def core_mask(users: Integers, items: Integers, core_users: int, core_items: int) -> npt.NDArray[np.bool_]:
    """The largest set of rows in which every user occurs `core_users` times and every item `core_items` times (k-core)."""
    stays = np.ones(len(users), dtype=bool)
    while True:
        user_degree = np.bincount(users[stays], minlength=int(users.max(initial=0)) + 1)
        item_degree = np.bincount(items[stays], minlength=int(items.max(initial=0)) + 1)
        fewer = stays & (user_degree[users] >= core_users) & (item_degree[items] >= core_items)
        if fewer.sum() == stays.sum():
            return stays
        stays = fewer
