"""k-core, order and numbering, against a naive version and by hand."""

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rdrec.data import core

PURCHASES = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 3)), min_size=1, max_size=60)


def slow(purchases: list[tuple[int, int, int]], core_users: int, core_items: int) -> list[tuple[int, int]]:
    """Naive k-core: remaining (user, item), users by first appearance, oldest first."""
    users = list(dict.fromkeys(user for user, _, _ in purchases))
    left: list[tuple[int, int]] = []
    for user in users:
        mine = sorted((time, row, item) for row, (u, item, time) in enumerate(purchases) if u == user)
        left += list(dict.fromkeys((user, item) for _, _, item in mine))
    while True:
        by_user, by_item = Counter(u for u, _ in left), Counter(i for _, i in left)
        fewer = [(u, i) for u, i in left if by_user[u] >= core_users and by_item[i] >= core_items]
        if fewer == left:
            return left
        left = fewer


@settings(deadline=None)
@given(PURCHASES, st.integers(0, 3), st.integers(0, 3))
def test_equals_the_naive_version(purchases: list[tuple[int, int, int]], core_users: int, core_items: int) -> None:
    user_code: dict[int, int] = {}  # codes are numbered by first appearance, as importers do
    item_code: dict[int, int] = {}
    users = np.array([user_code.setdefault(u, len(user_code)) for u, _, _ in purchases])
    items = np.array([item_code.setdefault(i, len(item_code)) for _, i, _ in purchases])
    times = np.array([t for _, _, t in purchases])
    kept = core.select(users, items, times, core_users, core_items)
    expected = slow(purchases, core_users, core_items)
    named_users, named_items = list(user_code), list(item_code)
    found = [
        (named_users[kept.user_codes[u - 1]], named_items[kept.item_codes[i - 1]])
        for u, i in zip(kept.users, kept.items, strict=True)
    ]
    assert found == expected
    assert list(dict.fromkeys(kept.users.tolist())) == list(range(1, len(kept.user_codes) + 1))
    assert list(dict.fromkeys(kept.items.tolist())) == list(range(1, len(kept.item_codes) + 1))  # by first appearance
    assert kept.duplicates + kept.below_core + len(kept.rows) == len(purchases)


def test_by_hand() -> None:
    # user 0 buys item 5 on day 9, item 6 on day 1, item 5 again on day 0; user 1 buys 6 and 7 on the same day
    kept = core.select(np.array([0, 0, 0, 1, 1]), np.array([5, 6, 5, 6, 7]), np.array([9, 1, 0, 2, 2]), 0, 0)
    assert kept.rows.tolist() == [2, 1, 3, 4]  # the earliest purchase of item 5; file order within a day
    assert kept.users.tolist() == [1, 1, 2, 2]
    assert kept.positions.tolist() == [0, 1, 0, 1]
    assert kept.items.tolist() == [1, 2, 2, 3]
    assert kept.duplicates == 1


def test_a_chain_is_removed_completely() -> None:
    # each removal causes the next: users 0-1-2 depend on items 0-1-2
    users, items = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 1, 2, 2])
    assert not core.core_mask(users, items, 2, 2).any()
    assert core.core_mask(users, items, 1, 1).all()
