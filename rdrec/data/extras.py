"""`rdrec_extra.jsonl.gz`: everything that the released files cannot store.

Full reviews, ratings, times, summaries, titles, and how the data set was made.  The first line is a header; each further line
describes an item or interaction with additional data.  The same data set gives the same bytes.
"""

from __future__ import annotations

import gzip
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from rdrec.core.records import Dataset, InputError
from rdrec.core.untrusted import shown
from rdrec.core.vocabulary import SPLITS
from rdrec.data.reading import Faults, json_objects

FILE = "rdrec_extra.jsonl.gz"
FORM = 1
ITEM_FIELDS = ("title", "brand", "categories", "price")
TEXT_FIELDS = ("review", "summary", "explanation", "feature", "text_split")
_TODO = f"export the data set again, or remove {FILE}"


@dataclass(frozen=True)
class Extras:
    """`interactions` by (user, position), `items` by item; `drawn`: the sha256 of a negative.txt drawn by an export."""

    meta: dict[str, Any]
    drawn: str | None
    items: dict[int, dict[str, Any]]
    interactions: dict[tuple[int, int], dict[str, Any]]


def in_explanations(rows: pd.DataFrame) -> pd.Series:
    """Which interactions have a record in explanation.json: those with an explanation and a split."""
    return rows["explanation"].notna() & rows["text_split"].notna()


def write_extras(dataset: Dataset, path: Path, drawn: str | None) -> None:
    """Write the file; `drawn` as in `Extras`."""
    rows = dataset.interactions.assign(released=in_explanations(dataset.interactions))
    with (
        path.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0) as file,  # mtime 0: reproducible bytes
    ):

        def put(value: dict[str, Any]) -> None:
            file.write((json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False) + "\n").encode())

        put({"rdrec_extra": FORM, "meta": dataset.meta, "negatives_drawn": drawn})
        item: Any
        for item in dataset.items.itertuples(index=False):
            values = {name: getattr(item, name) for name in ITEM_FIELDS[:3]}
            values["price"] = None if math.isnan(item.price) else item.price
            if known := _present(values):
                put({"item": item.item, **known})
        row: Any
        for row in rows.itertuples(index=False):
            values = {
                "timestamp": None if row.timestamp is pd.NA else int(row.timestamp),
                "rating": None if row.rating is pd.NA else float(row.rating),
                **{name: getattr(row, name) for name in (TEXT_FIELDS[:2] if row.released else TEXT_FIELDS)},
            }
            if known := _present(values):
                put({"user": row.user, "position": row.position, "item": row.item, **known})


def read_extras(path: Path, histories: list[list[int]], n_items: int) -> Extras:
    """Read the file.  Raises InputError if it has another format or belongs to other interactions."""
    faults = Faults(path, _TODO)
    lines = json_objects(path, faults)
    _, header = next(lines, (1, {}))
    faults.check()
    if header.get("rdrec_extra") != FORM or not isinstance(header.get("meta"), dict):
        raise InputError(f"the first line is not a header of format {FORM}", where=f"{path}:1", todo=_TODO)
    drawn = header.get("negatives_drawn")
    extras = Extras(header["meta"], drawn if isinstance(drawn, str) else None, {}, {})
    for line, entry in lines:
        fault = _add(entry, extras, histories, n_items)
        if fault:
            faults.add(line, fault)
    faults.check()
    return extras


def _add(entry: dict[str, Any], extras: Extras, histories: list[list[int]], n_items: int) -> str | None:
    """Add one line to the extras; return what is wrong with it, or None."""
    item: Any
    user: Any
    position: Any
    item, user, position = (entry.get(name) for name in ("item", "user", "position"))
    if not _is_whole(item, 1, n_items):
        return f"item is {shown(item)}: expected 1 to {n_items}"
    for name in (*TEXT_FIELDS, *ITEM_FIELDS[:3]):
        if not isinstance(entry.get(name), str | None):
            return f"{name} is {shown(entry[name])}: expected a text"
    for name in ("price", "rating"):
        if isinstance(entry.get(name), bool) or not isinstance(entry.get(name), int | float | None):
            return f"{name} is {shown(entry[name])}: expected a number"
    if user is None:
        if item in extras.items:
            return f"item {item} appears a second time"
        extras.items[item] = entry
        return None
    if not _is_whole(user, 1, len(histories)) or not _is_whole(position, 0, len(histories[user - 1]) - 1):
        return f"there is no interaction {shown(position)} of user {shown(user)} in sequential.txt"
    if histories[user - 1][position] != item:
        return f"user {user} has item {histories[user - 1][position]} at {position}, not {item}: the file belongs to another data set"
    if (user, position) in extras.interactions:
        return f"interaction {position} of user {user} appears a second time"
    return _add_interaction(entry, extras)


def _add_interaction(entry: dict[str, Any], extras: Extras) -> str | None:
    rating, time = entry.get("rating"), entry.get("timestamp")
    if rating is not None and not 1 <= rating <= 5:
        return f"rating is {shown(rating)}: expected a rating from 1 to 5"
    if time is not None and not _is_whole(time, -(2**53), 2**53):
        return f"timestamp is {shown(time)}: expected a whole number"
    if entry.get("text_split") not in (None, *SPLITS):
        return f"text_split is {shown(entry['text_split'])}: expected train, val or test"
    if entry.get("review") is None and any(entry.get(name) is not None for name in ("explanation", "feature", "text_split")):
        return "an explanation or a split without a review"
    extras.interactions[entry["user"], entry["position"]] = entry
    return None


def _is_whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
