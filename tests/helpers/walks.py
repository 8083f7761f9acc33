"""A made data set in which order decides: users walk around a ring of items, usually two steps forward, sometimes one."""

import numpy as np
import pandas as pd

from rdrec.core.records import Dataset
from rdrec.data import schema


def walks(users=300, items=60, seed=0):
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(users):
        steps = np.where(rng.random(int(rng.integers(6, 14))) < 0.9, 2, 1)
        found.append((rng.integers(items) + np.cumsum(steps)) % items + 1)
    return found


def dataset_of(histories, items, name="walks"):
    """A `Dataset` without reviews or times, as a released folder gives it."""
    rows = pd.DataFrame(
        [(user, position, item) for user, history in enumerate(histories, 1) for position, item in enumerate(history)],
        columns=["user", "position", "item"],
    )
    for column in ("timestamp", "rating", "review", "summary", "explanation", "feature", "text_split"):
        rows[column] = None
    users = {"user": range(1, len(histories) + 1), "user_key": [f"U{n:04d}" for n in range(1, len(histories) + 1)]}
    catalogue = {"item": range(1, items + 1), "item_key": [f"I{n:04d}" for n in range(1, items + 1)]}
    catalogue["title"] = [f"Thing {n}" for n in range(1, items + 1)]
    tables = schema.table(users, schema.USERS), schema.table(catalogue, schema.ITEMS), schema.cast(rows, schema.INTERACTIONS)
    return Dataset(name, *tables, None, {"title": name})
