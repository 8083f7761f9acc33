"""Metrics on numbers worked by hand."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdrec.core.records import InputError, RDRecError
from rdrec.evaluation.metrics import METRICS, Places, check_cutoffs, estimate, per_user, place_of_truth, shown_rank


def untied(ranks):
    return Places(np.asarray(ranks, dtype=int) - 1, np.ones(len(ranks), dtype=int))


RANKS = untied([1, 2, 5, 6, 11])


def test_by_hand():
    means = {metric: per_user(metric, RANKS).mean() for metric in METRICS}
    assert means["HR@1"] == pytest.approx(1 / 5)
    assert means["HR@5"] == pytest.approx(3 / 5)
    assert means["HR@10"] == pytest.approx(4 / 5)
    assert means["NDCG@5"] == pytest.approx((1 + 1 / np.log2(3) + 1 / np.log2(6)) / 5)
    assert means["NDCG@10"] == pytest.approx((1 + 1 / np.log2(3) + 1 / np.log2(6) + 1 / np.log2(7)) / 5)
    assert means["MRR"] == pytest.approx((1 + 1 / 2 + 1 / 5 + 1 / 6 + 1 / 11) / 5)


def test_ties_by_hand():
    scores = np.array([3.0, 1.0, 1.0, 1.0, -np.inf])
    assert place_of_truth(scores, 0) == (0, 1)
    assert [place_of_truth(scores, truth) for truth in (1, 2, 3)] == [(1, 3)] * 3
    assert place_of_truth(scores, 4) == (4, 1)
    tied = Places(np.array([7]), np.array([5]))  # over the places 8 to 12
    assert tied.rank.tolist() == [10.0]
    means = {metric: float(per_user(metric, tied)[0]) for metric in METRICS}
    assert means["HR@10"] == pytest.approx(3 / 5), "a mean rank of 10 would count as a whole hit"
    assert means["HR@1"] == means["HR@5"] == means["NDCG@5"] == 0
    assert means["NDCG@10"] == pytest.approx((1 / np.log2(9) + 1 / np.log2(10) + 1 / np.log2(11)) / 5)
    assert means["MRR"] == pytest.approx((1 / 8 + 1 / 9 + 1 / 10 + 1 / 11 + 1 / 12) / 5)


def one_order(metric, rank):
    """The metric of a single rank, from its definition."""
    if metric == "MRR":
        return 1 / rank
    name, cutoff = metric.split("@")
    return 0.0 if rank > int(cutoff) else 1.0 if name == "HR" else 1 / np.log2(1 + rank)


@given(st.lists(st.integers(-1, 1), min_size=1, max_size=6), st.data())
def test_ties_are_the_mean_over_all_orders(scores, data):
    """Brute force: every order of the items in which no item stands below one that scores less."""
    truth = data.draw(st.integers(0, len(scores) - 1))
    orders = [
        order
        for order in itertools.permutations(range(len(scores)))
        if all(scores[a] >= scores[b] for a, b in itertools.pairwise(order))
    ]
    ranks = [order.index(truth) + 1 for order in orders]
    above, tied = place_of_truth(np.array(scores, dtype=float), truth)
    places = Places(np.array([above]), np.array([tied]))
    assert places.rank[0] == pytest.approx(np.mean(ranks))
    assert shown_rank(above, tied) == np.ceil(places.rank[0])
    for metric in (*METRICS, "HR@2", "NDCG@3"):
        assert per_user(metric, places)[0] == pytest.approx(np.mean([one_order(metric, rank) for rank in ranks]))


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=12))
def test_ranks_agree_with_scipy(scores):
    from scipy.stats import rankdata

    values = np.array(scores, dtype=float)
    above, tied = np.array([place_of_truth(values, truth) for truth in range(len(values))]).T
    assert Places(above, tied).rank.tolist() == rankdata(-values, method="average").tolist()


@pytest.mark.parametrize("truth", [0, 1])
def test_a_score_that_is_not_a_number_is_no_hit(truth):
    with pytest.raises(RDRecError, match="scores are NaN for"):
        place_of_truth(np.array([np.nan, 1.0, -np.inf]), truth)


def test_intervals():
    e = estimate("HR@5", RANKS)
    assert e.value == pytest.approx(0.6) and 0 <= e.low < 0.6 < e.high <= 1 and e.users == 5
    assert estimate("HR@5", RANKS) == e, "the same seed gives the same interval"
    sure = estimate("HR@10", untied([1] * 50))
    assert (sure.low, sure.value, sure.high) == (1, 1, 1)
    wide, narrow = estimate("MRR", RANKS), estimate("MRR", untied([1, 2, 5, 6, 11] * 100))
    assert narrow.high - narrow.low < (wide.high - wide.low) / 3


def test_bad_input():
    with pytest.raises(InputError, match="unknown metric"):
        per_user("recall@5", RANKS)
    with pytest.raises(InputError, match="no user"):
        estimate("MRR", untied([]))


def test_a_cutoff_beyond_the_candidates_is_refused():
    check_cutoffs(10)
    with pytest.raises(InputError, match=r"only 9 items compete for a user, too few for HR@10"):
        check_cutoffs(9)
