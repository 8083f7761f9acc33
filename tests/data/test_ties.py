"""Ties in time are broken by a reproducible hash without a trend, and described in words."""

import numpy as np
import pytest

from rdrec.data.ties import tie_hash, ties_in_words, ties_of

USERS, ITEMS = ["A1", "A2", "Ä3"], [f"B{n:03}" for n in range(50)]


def test_the_hash_depends_on_seed_and_keys_alone() -> None:
    users, items = np.repeat([0, 1, 2], 50), np.tile(np.arange(50), 3)
    found = tie_hash(USERS, ITEMS, users, items, 7)
    assert len(set(found.tolist())) == 150
    # other places of the same keys, and only some of the rows
    again = tie_hash(USERS[::-1], [*ITEMS[::-1], "more"], 2 - users[:60], 49 - items[:60], 7)
    assert (again == found[:60]).all()
    assert (tie_hash(USERS, ITEMS, users, items, 8) != found).all()


def test_the_hash_is_the_same_on_every_machine() -> None:
    """Computed once; another result would reorder earlier imports."""
    found = tie_hash(["A1"], ["B001", "B002"], np.array([0, 0]), np.array([0, 1]), 0)
    assert found.dtype == np.uint64 and found.tolist() == [4241940255836928010, 10571956348150320326]


def test_users_order_the_same_items_differently_and_without_a_trend() -> None:
    """Over 2,000 users, half of neighbouring pairs ascend: 49 x 2,000 pairs, 6 standard deviations are .01."""
    keys = [f"U{n}" for n in range(2000)]
    found = tie_hash(keys, ITEMS, np.repeat(np.arange(2000), 50), np.tile(np.arange(50), 2000), 0).reshape(2000, 50)
    order = found.argsort(axis=1)
    assert abs((np.diff(order, axis=1) > 0).mean() - 0.5) < 0.01
    assert len({tuple(row) for row in order.tolist()}) == 2000


@pytest.mark.parametrize(
    ("meta", "ties", "words"),
    [
        ({"options": {"ties": "hash", "seed": 3}}, "hash", "ties in time by a seeded hash (seed 3)"),
        ({"options": {"ties": "file"}}, "file", "ties in time by the order in the file"),
        (
            {"options": {}, "rules": {"order": "by time, then by order in the file"}},
            "file",
            "ties in time by the order in the file",
        ),
        ({"rules": {"numbers": "as released"}}, None, "as released, without times: how ties in time were broken is unknown"),
        ({"synthetic": True, "options": {"users": 9}}, None, "times to the second, so hardly any ties"),
        ({"synthetic": True, "options": {"drive": 2.5}}, None, "no shopper bought two things in one second"),
        ({}, None, "as released, without times: how ties in time were broken is unknown"),
    ],
)
def test_ties_in_words(meta: dict[str, object], ties: str | None, words: str) -> None:
    assert ties_of(meta) == ties and ties_in_words(meta) == words
