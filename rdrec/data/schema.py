"""The schema of a data set in memory and on disk: columns, types and invariants between tables.

Text columns are `object` with str or None, never NaN, which is truthy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from rdrec.core import settings
from rdrec.core.arrays import Integers
from rdrec.core.records import Dataset
from rdrec.core.vocabulary import SPLITS

TEXT = "text"  # object: str or None
LIST = "list"  # object: one int64 array per row

USERS = {"user": "int64", "user_key": TEXT}
ITEMS = {"item": "int64", "item_key": TEXT, "title": TEXT, "brand": TEXT, "categories": TEXT, "price": "float64"}
INTERACTIONS = {
    "user": "int64",
    "position": "int64",
    "item": "int64",
    "timestamp": "Int64",
    "rating": "Float64",
    "review": TEXT,
    "summary": TEXT,
    "explanation": TEXT,
    "feature": TEXT,
    "text_split": TEXT,
}
NEGATIVES = {"user": "int64", "negatives": LIST}
RATIONALES = {
    "user": "int64",
    "position": "int64",
    "item": "int64",
    "status": TEXT,
    "reason": TEXT,
    "user_preference": TEXT,
    "item_attribution": TEXT,
    "claims": TEXT,
}
COUNTS = ("users", "items", "interactions", "reviews", "explanations", "titles")


def table(columns: Mapping[str, object], schema: Mapping[str, str]) -> pd.DataFrame:
    """A frame with the columns of `schema`, in its order and types; missing columns are filled with missing values."""
    rows = max((len(values) for values in columns.values()), default=0)  # type: ignore[arg-type]
    given = {name: pd.Series(columns.get(name, [None] * rows), dtype=object) for name in schema}
    return cast(pd.DataFrame(given), schema)


def users_table(keys: Sequence[str]) -> pd.DataFrame:
    """The users 1, 2, 3 ... with these keys."""
    return table({"user": range(1, len(keys) + 1), "user_key": keys}, USERS)


def items_table(keys: Sequence[str], facts: Mapping[str, object]) -> pd.DataFrame:
    """The items 1, 2, 3 ... with these keys.  facts: values of the other columns."""
    return table({"item": range(1, len(keys) + 1), "item_key": keys, **facts}, ITEMS)


def cast(frame: pd.DataFrame, schema: Mapping[str, str]) -> pd.DataFrame:
    """`frame` with exactly the columns and types of `schema` and a fresh index."""
    columns = {name: _cast_column(frame[name], kind) for name, kind in schema.items()}
    return pd.DataFrame(columns).reset_index(drop=True)


def _cast_column(column: pd.Series, kind: str) -> pd.Series:
    if kind == TEXT:
        values = column.astype(object)
        return values.where(values.notna(), None)
    if kind == LIST:
        return pd.Series([np.asarray(row, dtype=np.int64) for row in column], index=column.index, dtype=object)
    return column.astype(kind)  # type: ignore[call-overload]


def for_disk(frame: pd.DataFrame, schema: Mapping[str, str]) -> pd.DataFrame:
    """Text columns as pandas strings, so that an empty column keeps its type in Parquet."""
    return frame.astype({name: "str" for name, kind in schema.items() if kind == TEXT})


def counts(interactions: pd.DataFrame, items: pd.DataFrame, n_users: int) -> dict[str, int]:
    """The sizes that every data set records in its meta."""
    return {
        "users": n_users,
        "items": len(items),
        "interactions": len(interactions),
        "reviews": int(interactions["review"].notna().sum()),
        "explanations": int(interactions["explanation"].notna().sum()),
        "titles": int(items["title"].notna().sum()),
    }


def check(dataset: Dataset) -> None:
    """Assert the invariants of a data set; importers have already rejected bad input."""
    rows = dataset.interactions
    check_keys(dataset.users, dataset.items)
    check_rows(rows)
    user, position, item = (rows[name].to_numpy() for name in ("user", "position", "item"))
    check_order(user, position, item, len(dataset.users), len(dataset.items))
    if dataset.negatives is not None:
        _check_negatives(dataset.negatives, rows, len(dataset.users), len(dataset.items))


def check_keys(users: pd.DataFrame, items: pd.DataFrame) -> None:
    """Assert that users and items are numbered 1, 2, 3 ... and have unique keys."""
    _check_columns(users, USERS)
    _check_columns(items, ITEMS)
    assert len(users) and len(items), "a data set has at least one user and one item"
    for frame, number, key in ((users, "user", "user_key"), (items, "item", "item_key")):
        assert np.array_equal(frame[number], np.arange(1, len(frame) + 1)), f"{number} numbers are not 1, 2, 3 ..."
        assert frame[key].is_unique and frame[key].notna().all(), f"{key} is missing or repeated"


def check_rows(rows: pd.DataFrame) -> None:
    """Assert the invariants of single interactions."""
    _check_columns(rows, INTERACTIONS)
    assert rows["rating"].dropna().between(1, 5).all(), "a rating is not in 1..5"
    for name in ("review", "summary", "explanation", "feature"):
        assert not any(text is not None and (not text or text.isspace()) for text in rows[name]), f"a blank {name}: use None"
    assert rows["text_split"].dropna().isin(SPLITS).all(), "an unknown text_split"
    assert rows.loc[rows["review"].isna(), ["text_split", "explanation", "feature"]].isna().all(axis=None), (
        "text without a review"
    )


def check_order(user: Integers, position: Integers, item: Integers, n_users: int, n_items: int) -> None:
    """Assert the invariants between interactions: sorted by (user, position), all users present, no repeated item per user."""
    assert np.array_equal(np.unique(user), np.arange(1, n_users + 1)), "a user has no interaction, or is unknown"
    assert (np.diff(user) >= 0).all(), "interactions are not sorted by user"
    starts = np.flatnonzero(np.diff(user, prepend=0))
    expected = np.arange(len(user)) - np.repeat(starts, np.diff(starts, append=len(user)))
    assert np.array_equal(position, expected), "positions are not 0, 1, 2 ... for each user"
    assert item.min() >= 1 and item.max() <= n_items, "an item is unknown"
    assert len(np.unique(user * (n_items + 1) + item)) == len(user), "a user has an item twice"


def _check_columns(frame: pd.DataFrame, schema: Mapping[str, str]) -> None:
    assert list(frame.columns) == list(schema), f"columns are {list(frame.columns)}, not {list(schema)}"
    for name, kind in schema.items():
        assert str(frame[name].dtype) == ("object" if kind == TEXT else kind), f"{name} is {frame[name].dtype}, not {kind}"


def _check_negatives(frame: pd.DataFrame, rows: pd.DataFrame, n_users: int, n_items: int) -> None:
    assert list(frame.columns) == list(NEGATIVES) and frame["user"].dtype == "int64"
    assert np.array_equal(frame["user"], np.arange(1, n_users + 1)), "negatives are not one row per user, in order"
    drawn = np.stack(frame["negatives"].to_list())  # (U, 99)
    assert drawn.shape[1] == settings.integer("data.negatives"), "a user has the wrong number of negatives"
    assert drawn.min() >= 1 and drawn.max() <= n_items, "a negative is an unknown item"
    bought = np.unique(rows["user"].to_numpy() * (n_items + 1) + rows["item"].to_numpy())
    assert not np.isin(frame["user"].to_numpy()[:, None] * (n_items + 1) + drawn, bought).any(), (
        "a negative is in the user's history"
    )
