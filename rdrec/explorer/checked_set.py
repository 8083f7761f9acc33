"""Validate a precomputed set: the types of its facts and columns, and columns that must not have gaps.

The hashes of a manifest show that a folder is unaltered, not that its content makes sense.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
from pydantic import TypeAdapter, ValidationError

from rdrec.core.records import ArtefactError, Claim
from rdrec.core.untrusted import shown
from rdrec.data.rationales import decode_claims
from rdrec.explorer.answers import StoreFacts
from rdrec.explorer.tables import AGAIN, COLUMNS

# SQL types of columns; every other column is text.
_WHOLE = """
user item position timestamp interactions item_id purchases rank among users seed seeds bytes beams lost first_rank
"""
_NUMBER = "price rating probability value low high difference p seed_low seed_high HR@10 NDCG@10"
_TYPES = {"candidates": "BIGINT[]", "top_items": "BIGINT[]"}
_TYPES |= dict.fromkeys(_WHOLE.split(), "BIGINT") | dict.fromkeys(_NUMBER.split(), "DOUBLE")
# Columns in which every row has a value.
_FILLED: dict[str, tuple[str, ...]] = {
    "users": ("user", "user_key", "interactions"),
    "items": ("item", "item_key", "item_id", "purchases"),
    "history": ("user", "position", "item", "split"),
    "rationales": ("user", "position", "item", "status", "claims", "teacher"),
    **{table: COLUMNS[table] for table in ("predictions", "truths", "candidates")},
}
_FACTS = TypeAdapter(StoreFacts)


def typed(table: str, column: str) -> str:
    """SQL that casts a column to the type that the page relies on; DuckDB raises an error for any other value."""
    if table in ("checks", "beyond", "motives", "curves"):  # optional tables, read without a cast
        return f'"{column}"'
    return f'CAST("{column}" AS {_TYPES.get(column, "VARCHAR")}) AS "{column}"'


def check_filled(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Raise ArtefactError if a required value is missing in a row."""
    for table, columns in _FILLED.items():
        gaps = ", ".join(f'count(*) - count("{column}")' for column in columns)
        counts = connection.execute(f"SELECT {gaps} FROM {table}").fetchone()
        empty = [column for column, count in zip(columns, counts or (), strict=True) if count]
        if empty:
            raise ArtefactError(f"{table}.parquet has rows without {', '.join(empty)}", where=folder, todo=AGAIN)


def facts_of(meta: dict[str, Any], folder: Path) -> StoreFacts:
    """The facts of a manifest.  Raises ArtefactError for one that is missing or invalid."""
    try:
        return _FACTS.validate_python(meta)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        name, wrong = ".".join(map(str, fault["loc"])), "" if fault["type"] == "missing" else f" ({shown(fault['input'])})"
        raise ArtefactError(f"the manifest's meta: {name}{wrong}: {fault['msg']}", where=folder, todo=AGAIN) from error


def claims_of(text: str, folder: Path) -> tuple[Claim, ...]:
    """Decode the claims of one row.  Raises ArtefactError if they are invalid."""
    try:
        return decode_claims(text)
    except ArtefactError as error:  # replace its advice, which is meant for rationales in the home
        what = f"a claim in rationales.parquet cannot be read ({error.__cause__})"
        raise ArtefactError(what, where=folder, todo=AGAIN) from error


def reasons_of(text: str, claims: int, folder: Path) -> tuple[str | None, ...]:
    """For each claim why it is not supported, or None if it is.  Raises ArtefactError if `text` is invalid."""
    try:
        reasons = json.loads(text)
    except (ValueError, RecursionError):
        reasons = None
    valid = isinstance(reasons, list) and len(reasons) == claims and all(isinstance(reason, str | None) for reason in reasons)
    if not valid:
        raise ArtefactError("the checks of a claim in rationales.parquet cannot be read", where=folder, todo=AGAIN)
    return tuple(reasons)
