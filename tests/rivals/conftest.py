"""A made set in which order decides: what comes next follows from the last purchase, while the best sellers tell nothing."""

import numpy as np
import pytest

from rdrec.rivals.train import RivalSettings

ITEMS, USERS = 120, 400


@pytest.fixture(scope="session")
def ordered():
    """histories: users walk round a ring of items, two steps forward each time, now and then one; starts are anywhere."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(USERS):
        steps = np.where(rng.random(int(rng.integers(6, 12))) < 0.9, 2, 1)
        found.append((rng.integers(ITEMS) + np.cumsum(steps)) % ITEMS + 1)
    return found


@pytest.fixture
def small():
    return RivalSettings(
        seed=0, epochs=25, patience=25, batch_users=64, learning_rate=5e-3, negatives=64, width=32, blocks=1, heads=2, length=8,
        dropout=0.1,
    )  # fmt: skip
