"""EASE against its formula in plain numpy, and its limits."""

from types import SimpleNamespace

import numpy as np
import pytest
from tolerances import EPS32

from rdrec.baselines.ease import EASE
from rdrec.core.records import InputError
from rdrec.data import together


def naive(histories, items, ridge):
    bought = np.zeros((len(histories), items))
    for user, history in enumerate(histories):
        bought[user, np.asarray(history) - 1] = 1
    inverse = np.linalg.inv(bought.T @ bought + ridge * np.eye(items))
    weights = -inverse / np.diag(inverse)[None, :]
    np.fill_diagonal(weights, 0)
    return weights


@pytest.mark.parametrize("items", [30, 1100])  # 1,100: mirrored in more than one strip
def test_weights_are_the_formula(items):
    rng = np.random.default_rng(0)
    histories = [rng.integers(1, items + 1, 9) for _ in range(200)]  # with duplicates, which count once
    made = EASE(histories, items, 5.0)
    wanted = naive(histories, items, 5.0)
    near = 22 * EPS32  # the condition of X'X + 5: 22 and, of 1,100 items, 5; a weight is below .25
    assert made.weights == pytest.approx(wanted, abs=near)
    asked = [np.array([3, 7, 7]), np.array([1])]
    scores = made.scores(asked)
    assert scores[0, 1:] == pytest.approx(wanted[2] + wanted[6], abs=2 * near)
    assert np.isneginf(scores[:, 0]).all() and scores.shape == (2, items + 1)


def test_it_ignores_order():
    histories = [np.array([1, 2, 3]), np.array([2, 3, 4])]
    made, turned = EASE(histories, 5, 1.0), EASE([history[::-1] for history in histories], 5, 1.0)
    assert np.array_equal(made.weights, turned.weights)


def test_a_large_catalogue_is_refused():
    with pytest.raises(InputError, match=r"too large for 20,001 items \(limit 20,000\)"):
        EASE([np.array([1, 2])], 20_001, 1.0)


def test_too_little_memory_is_refused(monkeypatch):
    monkeypatch.setattr(together.psutil, "virtual_memory", lambda: SimpleNamespace(available=10_000_000))
    with pytest.raises(InputError, match=r"correlations of 2,000 items need 0\.0 GiB of memory.* leave ease out"):
        EASE([np.array([1, 2])], 2_000, 1.0)
