"""A synthetic data set in which order decides: the next item follows from the last one, and popularity is uninformative."""

import numpy as np
import pytest

from rdrec.baselines.train import RivalSettings

ITEMS, USERS = 120, 400


@pytest.fixture(scope="session")
def ordered():
    """Histories: users walk around a ring of items from random starts, usually two steps forward, sometimes one."""
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
