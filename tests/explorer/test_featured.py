"""Which users are featured, and why: the reasons follow from ranks alone."""

import numpy as np

from rdrec.explorer.featured import ORDER, featured_users, in_order
from rdrec.ui.explore.picker import short_reason


def test_featured_by_hand():
    users, lengths = [10, 20, 30, 40], [5, 9, 4, 6]
    with_rationales, without = np.array([1, 50, 11, 2]), np.array([100, 5, 12, 2])
    assert featured_users(users, lengths, with_rationales, without) == {
        10: "the largest gain with rationales: the true purchase is rank 1 with them, 100 without",
        20: "the largest loss with rationales: the true purchase is rank 50 with them, 5 without",
        40: "found by both students: the true purchase is rank 2 with rationales, 2 without",
        30: "missed by both students: the true purchase is rank 11 with rationales, 12 without",
    }


def test_reasons_that_fit_nobody_are_left_out():
    """Equal students have no gain or loss.  Ranks 10 and 11 are neither found nor missed by both."""
    same = featured_users([1, 2], [4, 9], np.array([3, 7]), np.array([3, 7]))
    assert same == {
        1: "found by both students: the true purchase is rank 3 with rationales, 3 without",
        2: "the longest history: 9 purchases",
    }
    split = featured_users([1, 2, 3], [4, 5, 9], np.array([10, 10, 10]), np.array([11, 12, 12]))
    assert split == {
        1: "a newcomer: 4 purchases in all; the true purchase is rank 10 with rationales, 11 without",
        2: "the largest gain with rationales: the true purchase is rank 10 with them, 12 without",
        3: "the longest history: 9 purchases",
    }
    assert not any("gain" in reason for reason in featured_users([1], [4], np.array([9]), np.array([2])).values())
    assert not any("loss" in reason for reason in featured_users([1], [4], np.array([2]), np.array([9])).values())


def test_every_reason_is_in_the_display_order():
    """All reasons of `featured_users` begin with an entry of ORDER."""
    users, lengths = list(range(1, 9)), [5, 6, 7, 8, 4, 9, 10, 30]
    ranks, without = np.array([1, 90, 2, 60, 3, 50, 50, 50]), np.array([90, 1, 2, 60, 3, 50, 50, 50])
    drift, lost = np.array([0, 0, 0, 0, 0, 0.9, 0, 0]), np.array([0, 0, 0, 0, 0, 0, 2, 0])
    found = featured_users(users, lengths, ranks, without, drift, lost)
    assert sorted(in_order(reason) for reason in found.values()) == list(range(len(ORDER)))
    assert in_order("something else") == len(ORDER)


def test_drift_and_lost_items_are_reasons():
    users, lengths, ranks = [1, 2, 3], [5, 9, 10], np.array([20, 20, 20])
    drift, lost = np.array([np.nan, 0.8, 0.2]), np.array([0, 0, 3])
    found = featured_users(users, lengths, ranks, ranks, drift, lost)
    assert (
        found[2] == "a taste that drifts: 80 % of the newer half of the purchases are of categories that the older half lacks"
    )
    assert "the longest history" in found[3], "a user keeps the first reason"
    swapped = featured_users(users, [5, 12, 9], ranks, ranks, drift, lost)
    assert swapped[3] == "a beam search misses: 3 of the exact ten best are not among its 20 beams"
    steady = featured_users(users, lengths, ranks, ranks, np.array([np.nan, 0.5, 0.2]), np.zeros(3, int))
    assert not any("drifts" in reason or "beam" in reason for reason in steady.values())


def test_where_the_truth_is_known_the_example_of_a_gain_is_a_user_described_correctly():
    users, lengths, rdrec, without = [1, 2, 3], [5, 6, 9], np.array([1, 2, 9]), np.array([90, 20, 3])
    found = featured_users(users, lengths, rdrec, without, described=np.array([False, True, True]))
    assert found[2] == "the largest gain among shoppers described correctly: rank 2 with rationales, 20 without"
    assert not any("gain" in found.get(user, "") for user in (1, 3)), "user 1 gains most, but is described wrongly"
    for nobody in ([False, False, True], [False] * 3):
        found_plain = featured_users(users, lengths, rdrec, without, described=np.array(nobody))
        assert found_plain == featured_users(users, lengths, rdrec, without), "nobody who is described correctly gains"
    assert short_reason(found[2]) != short_reason("the largest gain with rationales: rank 2")
