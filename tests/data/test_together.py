"""How often items are bought together, against counting pair by pair and against the formula."""

import numpy as np
import pytest
from tolerances import EPS32

from rdrec.data.together import SHRINK, bought_by_the_same, partial_correlations, purchase_matrix


def test_against_counting_pairs():
    rng = np.random.default_rng(0)
    histories = [rng.choice(12, int(rng.integers(1, 9)), replace=True) + 1 for _ in range(40)]  # some buy an item twice
    carts = [set(history.tolist()) for history in histories]
    bought = purchase_matrix(histories, 14).toarray()
    assert bought.shape == (40, 15) and not bought[:, 0].any() and not bought[:, 13:].any()
    assert all(set(np.flatnonzero(row)) == cart for row, cart in zip(bought, carts, strict=True)) and bought.max() == 1
    together = bought_by_the_same(histories, 14).toarray()
    for one in range(1, 15):
        for other in range(1, 15):
            both = sum(one in cart and other in cart for cart in carts)
            each = [sum(item in cart for cart in carts) + SHRINK for item in (one, other)]
            assert together[one, other] == pytest.approx(both / (each[0] * each[1]) ** 0.5)
    assert not together[0].any() and not together[:, 0].any()


@pytest.mark.parametrize("items", [30, 1100])  # 1,100: mirrored in more than one strip
def test_partial_correlations_are_the_formula(items):
    rng = np.random.default_rng(0)
    histories = [rng.integers(1, items + 1, 9) for _ in range(200)]
    bought = purchase_matrix(histories, items).toarray()[:, 1:].astype(np.float64)
    inverse = np.linalg.inv(bought.T @ bought + 5 * np.eye(items))
    wanted = -inverse / np.sqrt(np.outer(np.diag(inverse), np.diag(inverse)))
    np.fill_diagonal(wanted, 0)
    found = partial_correlations(histories, items, 5.0)
    assert found.dtype == np.float32
    assert found == pytest.approx(wanted, abs=44 * EPS32)  # as for the weights of EASE, twice scaled


def test_what_a_third_item_explains_does_not_count():
    """Two items are only bought with a third, so they often meet; beside it, they have nothing to do with each other."""
    rng = np.random.default_rng(1)
    histories = [np.array([1, *(item for item in (2, 3) if rng.random() < 0.5)]) for _ in range(4000)] + [np.array([4])] * 4000
    cosines, partial = bought_by_the_same(histories, 4)[1:, 1:].toarray(), partial_correlations(histories, 4, 1.0)
    assert cosines[1, 2] > 0.45 and abs(partial[1, 2]) < 0.05 and partial[0, 1] > 0.3
