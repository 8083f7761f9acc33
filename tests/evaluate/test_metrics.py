"""Metrics on numbers worked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdrec.evaluate.metrics import METRICS, estimate, per_user, rank_of_truth
from rdrec.records import InputError

RANKS = np.array([1.0, 2.0, 5.0, 6.0, 11.0])


def test_by_hand():
    means = {metric: per_user(metric, RANKS).mean() for metric in METRICS}
    assert means["HR@1"] == pytest.approx(1 / 5)
    assert means["HR@5"] == pytest.approx(3 / 5)
    assert means["HR@10"] == pytest.approx(4 / 5)
    assert means["NDCG@5"] == pytest.approx((1 + 1 / np.log2(3) + 1 / np.log2(6)) / 5)
    assert means["NDCG@10"] == pytest.approx((1 + 1 / np.log2(3) + 1 / np.log2(6) + 1 / np.log2(7)) / 5)
    assert means["MRR"] == pytest.approx((1 + 1 / 2 + 1 / 5 + 1 / 6 + 1 / 11) / 5)


def test_ties_share_their_mean_rank():
    scores = np.array([3.0, 1.0, 1.0, 1.0, -np.inf])
    assert rank_of_truth(scores, 0) == 1
    assert [rank_of_truth(scores, place) for place in (1, 2, 3)] == [3, 3, 3]
    assert rank_of_truth(scores, 4) == 5


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=12))
def test_ranks_agree_with_scipy(scores):
    from scipy.stats import rankdata

    values = np.array(scores, dtype=float)
    assert [rank_of_truth(values, place) for place in range(len(values))] == rankdata(-values, method="average").tolist()


def test_intervals():
    e = estimate("HR@5", RANKS)
    assert e.value == pytest.approx(0.6) and 0 <= e.low < 0.6 < e.high <= 1 and e.users == 5
    assert estimate("HR@5", RANKS) == e, "the same seed gives the same interval"
    sure = estimate("HR@10", np.ones(50))
    assert (sure.low, sure.value, sure.high) == (1, 1, 1)
    wide, narrow = estimate("MRR", RANKS), estimate("MRR", np.tile(RANKS, 100))
    assert narrow.high - narrow.low < (wide.high - wide.low) / 3


def test_bad_input():
    with pytest.raises(InputError, match="unknown metric"):
        per_user("recall@5", RANKS)
    with pytest.raises(InputError, match="no user"):
        estimate("MRR", np.array([]))
