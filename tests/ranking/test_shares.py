"""Probabilities among the items that compete, against a sum by hand."""

import numpy as np
import pytest
from tolerances import LOG_PROBABILITY

from rdrec.ranking.shares import log_shares


def test_what_does_not_compete_takes_no_share():
    scores = np.log(np.array([[0.5, 0.3, 0.15, 0.05], [0.1, 0.2, 0.3, 0.4]], dtype=np.float32))
    shares = np.exp(log_shares(scores, [1, 3]))
    assert shares[0] == pytest.approx([0, 0.3 / 0.35, 0, 0.05 / 0.35], abs=LOG_PROBABILITY)
    assert shares[1] == pytest.approx([0, 0.2 / 0.6, 0, 0.4 / 0.6], abs=LOG_PROBABILITY)
    assert np.exp(log_shares(scores[0], np.array([1, 3]))).tolist() == shares[0].tolist()


def test_tiny_probabilities_keep_their_ratio():
    scores = np.array([0.0, -900.0, -902.0])
    assert np.exp(log_shares(scores, [1, 2]))[1:] == pytest.approx([1 / (1 + np.exp(-2)), 1 / (1 + np.exp(2))])
