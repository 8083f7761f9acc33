"""Small data sets and files shared by the data tests."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rdrec.core.records import Dataset
from rdrec.data import schema

Build = Callable[..., Dataset]
REVIEW_COLUMNS = ["reviewerID", "asin", "reviewText", "overall", "summary", "unixReviewTime"]
DAY = 1_393_545_600


def build(
    histories: Sequence[Sequence[int]],
    reviews: Sequence[Sequence[str | None]] | None = None,
    n_items: int | None = None,
    splits: Sequence[Sequence[str | None]] | None = None,
    **columns: Any,
) -> Dataset:
    """A data set from one item list per user; reviews are in the text split "train" unless given."""
    places = [(u, p) for u, history in enumerate(histories) for p in range(len(history))]
    texts = [None if reviews is None else reviews[u][p] for u, p in places]
    split = [
        splits[u][p] if splits is not None else ("train" if text else None) for (u, p), text in zip(places, texts, strict=True)
    ]
    n_items = n_items or max(item for history in histories for item in history)
    interactions = schema.table(
        {
            "user": [u + 1 for u, _ in places],
            "position": [p for _, p in places],
            "item": [histories[u][p] for u, p in places],
            "review": texts,
            "text_split": split,
            **columns,
        },
        schema.INTERACTIONS,
    )
    users = schema.table(
        {"user": range(1, len(histories) + 1), "user_key": [f"U{u}" for u in range(1, len(histories) + 1)]}, schema.USERS
    )
    items = schema.table({"item": range(1, n_items + 1), "item_key": [f"B{i:04}" for i in range(1, n_items + 1)]}, schema.ITEMS)
    dataset = Dataset(
        "toy", users, items, interactions, None, {"title": "Toy", "counts": schema.counts(interactions, items, len(users))}
    )
    schema.check(dataset)
    return dataset


@pytest.fixture(scope="session")
def make_dataset() -> Build:
    return build


@pytest.fixture(scope="session")
def random_dataset() -> Callable[[int], Dataset]:
    """50 users and 200 items with texts, numbered by first appearance like the released files."""

    def make(seed: int) -> Dataset:
        rng = np.random.default_rng(seed)
        number: dict[int, int] = {}
        histories = [
            [number.setdefault(int(i), len(number) + 1) for i in rng.choice(200, rng.integers(1, 12), replace=False)]
            for _ in range(50)
        ]
        reviews = [
            [f"user {u} said {i}" if rng.random() < 0.8 else None for i in history] for u, history in enumerate(histories)
        ]
        return build(histories, reviews, n_items=200)

    return make


@pytest.fixture
def review_rows() -> list[dict[str, Any]]:
    """Three users and four items, each bought three times: 12 reviews of 2014, sorted by item."""
    return [
        {
            "reviewerID": f"USER{u}",
            "asin": f"ITEM{i}",
            "reviewText": f"The strings have a great sound. Bought by {u} as {i}.",
            "overall": 1 + (u + i) % 5,
            "summary": f"summary {u}{i}",
            "unixReviewTime": DAY + 86_400 * ((i * u) % 4),
        }
        for i in range(4)
        for u in range(3)
    ]


@pytest.fixture
def write_reviews(tmp_path: Path) -> Callable[..., Path]:
    """Write rows as CSV or JSON lines, gzipped if the name ends in .gz."""

    def write(rows: Sequence[dict[str, Any]], name: str = "reviews.csv", columns: Sequence[str] = REVIEW_COLUMNS) -> Path:
        path = tmp_path / name
        with io.StringIO(newline="") as file:
            if ".csv" in name:
                writer = csv.DictWriter(file, columns, extrasaction="ignore")
                writer.writeheader()
                writer.writerows(rows)
            else:
                file.writelines(json.dumps(row) + "\n" for row in rows)
            content = file.getvalue().encode()
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    return write


@pytest.fixture
def write_release(tmp_path: Path) -> Callable[..., Path]:
    """Write a released folder: file name -> text, or a value to be written as JSON."""

    def write(**files: Any) -> Path:
        folder = tmp_path / "release"
        folder.mkdir(exist_ok=True)
        for name, content in files.items():
            stem, _, suffix = name.rpartition("_")
            path = folder / f"{stem}.{suffix}"
            path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
        return folder

    return write
