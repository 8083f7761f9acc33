"""A live ranking beside the precomputed one: the same, the same up to near ties, or different."""

from rdrec.explorer import sentences
from rdrec.explorer.answers import Prediction, Truth
from rdrec.explorer.live_comparison import compare
from rdrec.explorer.live_runner import LiveStudent


def near_ties(store, odds, items, rank=None, live=None, truth=None):
    """What the page says of a live ranking `items` when the stored one is 1, 2, 3, ... with probabilities `odds`."""
    stored = [Prediction("rdrec", place, store.item(place), p) for place, p in enumerate(odds, start=1)]
    told = None if truth is None else Truth("rdrec", store.item(truth), truth, odds[truth - 1], 60)
    return compare(store, LiveStudent("rdrec", 1.0, items, live or [0.0] * len(items), rank), stored, told)


def test_items_that_a_gpu_may_swap_count_as_near_ties(store):
    odds = [0.5, 0.2, 0.19990, 0.01]
    assert near_ties(store, odds, [1, 2, 3, 4]) == sentences.LIVE_SAME
    assert near_ties(store, odds, [1, 3, 2, 4]) == sentences.LIVE_NEAR == "same ranking as precomputed, up to near ties"
    assert "differs from place 2" in near_ties(store, [0.5, 0.2, 0.1997, 0.01], [1, 3, 2, 4])
    assert "differs from place 1" in near_ties(store, odds, [2, 1, 3, 4])
    assert near_ties(store, odds, [1, 2, 3, 5], live=[0.5, 0.2, 0.1999, 0.009999]) == sentences.LIVE_NEAR
    (rdrec,) = (one for one in store.facts.students if one.role == "rdrec")
    assert max(rdrec.temperatures.values()) > 1.2, "the students' own probabilities are further apart than the shown ones"
    assert "differs from place 2" in near_ties(store, [0.5, 0.2, 0.19983, 0.01], [1, 3, 2, 4])
    assert "differs from place 4" in near_ties(store, odds, [1, 2, 3, 5], live=[0.5, 0.2, 0.1999, 0.0098])


def test_the_true_purchase_may_move_over_near_ties_only(store):
    odds = [0.5, 0.2, 0.19990, 0.01]
    assert near_ties(store, odds, [1, 3, 2, 4], rank=2, truth=3) == sentences.LIVE_NEAR
    assert near_ties(store, odds, [1, 2, 3, 4], rank=2, truth=3) == sentences.LIVE_NEAR
    assert near_ties(store, odds, [1, 2, 3, 4], rank=3, truth=3) == sentences.LIVE_SAME
    assert "places are the same, but the true purchase is at rank 9" in near_ties(store, odds, [1, 2, 3, 4], rank=9, truth=4)
    assert "up to near ties, but the true purchase" in near_ties(store, odds, [1, 3, 2, 4], rank=9, truth=4)
