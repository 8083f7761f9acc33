"""A home with the data set "made", for tests of teachers: shoppers with as many purchases each, of which some have a text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rdrec.core.home import Home
from rdrec.core.records import Dataset
from rdrec.data import schema
from rdrec.data.store import save_dataset

ITEMS = 40


def save_made(root: Path, texts: Sequence[str | None], purchases: int) -> Home:
    """The texts of the first shopper's `purchases`, then those of the second, and so on."""
    rows = [
        (1 + n // purchases, n % purchases, 1 + n % ITEMS, 1_000_000 + n, float(1 + (n // purchases + 1 + n % purchases) % 5))
        for n in range(len(texts))
    ]
    columns = ["user", "position", "item", "timestamp", "rating"]
    values = dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True))
    values |= {"review": texts, "text_split": [None if text is None else "train" for text in texts]}
    users = schema.users_table([f"U{n}" for n in range(1, 1 + len(texts) // purchases)])
    items = schema.items_table([f"I{n}" for n in range(1, 1 + ITEMS)], {})
    home = Home(root)
    save_dataset(home, Dataset("made", users, items, schema.table(values, schema.INTERACTIONS), None, {"title": "Made"}))
    return home
