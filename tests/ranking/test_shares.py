"""Probabilities among the items that compete, against a sum by hand."""

import numpy as np
import pytest
from tolerances import LOG_PROBABILITY

from rdrec.ranking.shares import log_shares, tempered


def test_what_does_not_compete_takes_no_share():
    scores = np.log(np.array([[0.5, 0.3, 0.15, 0.05], [0.1, 0.2, 0.3, 0.4]], dtype=np.float32))
    shares = np.exp(log_shares(scores, [1, 3]))
    assert shares[0] == pytest.approx([0, 0.3 / 0.35, 0, 0.05 / 0.35], abs=LOG_PROBABILITY)
    assert shares[1] == pytest.approx([0, 0.2 / 0.6, 0, 0.4 / 0.6], abs=LOG_PROBABILITY)
    assert np.exp(log_shares(scores[0], np.array([1, 3]))).tolist() == shares[0].tolist()


def test_tiny_probabilities_keep_their_ratio():
    scores = np.array([0.0, -900.0, -902.0])
    assert np.exp(log_shares(scores, [1, 2]))[1:] == pytest.approx([1 / (1 + np.exp(-2)), 1 / (1 + np.exp(2))])


def test_a_temperature_divides_log_odds_and_keeps_the_order():
    scores = np.log(np.array([[0.7, 0.2, 0.1], [0.0, 0.5, 0.5]], dtype=np.float32) + np.float32([[0], [1e-30]]))
    found = tempered(scores, 2.0)
    roots = np.sqrt([0.7, 0.2, 0.1])
    assert np.exp(found[0]) == pytest.approx(roots / roots.sum(), abs=LOG_PROBABILITY)
    assert found[0, 0] - found[0, 1] == pytest.approx((scores[0, 0] - scores[0, 1]) / 2, abs=LOG_PROBABILITY)
    assert found[1, 1] == found[1, 2] > found[1, 0], "equal items stay equal"
    close = np.float32([-17.000002, -17.000004, -0.1])
    assert close[0] != close[1] and tempered(close, 30.0)[0] > tempered(close, 30.0)[1], "different ones stay different"
    assert tempered(np.array([0.0, -np.inf]), 3.0).tolist() == [0.0, -np.inf]
