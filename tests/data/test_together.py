"""The co-purchase matrix, against counting pair by pair."""

import numpy as np
import pytest

from rdrec.data.together import SHRINK, bought_by_the_same, purchase_matrix


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
