"""Validate a precomputed set: the types of its facts and columns, and columns that must not have gaps.

The hashes of a manifest show that a folder is unaltered, not that its content makes sense.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import duckdb

from rdrec.core.records import ArtefactError, Claim
from rdrec.core.untrusted import shown
from rdrec.core.vocabulary import ROLES
from rdrec.data.rationales import decode_claims
from rdrec.explorer.answers import ShippedFacts, StoreFacts, StudentFacts
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
_MOST_CHARS = 10_000  # per text among the facts
_MOST = 2**53


def typed(table: str, column: str) -> str:
    """SQL that casts a column to the type that the page relies on; DuckDB raises an error for any other value."""
    if table in ("checks", "beyond", "motives"):  # optional tables, read without a cast
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
        # Defaults for manifests of earlier versions.
        older: dict[str, Any] = {"ties": None, "cut": None, "first": [], "about_teachers": {}, "shipped": []}
        values = {field: (older | meta)[field] for field in StoreFacts.__slots__}
        students = [{field: raw[field] for field in StudentFacts.__slots__} for raw in meta["students"]]
        shipped = [{field: raw.get(field) for field in ShippedFacts.__slots__} for raw in values["shipped"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise ArtefactError(f"the manifest's meta lacks {error}", where=folder, todo=AGAIN) from error
    faults = [name for name, value in values.items() if not _fits(name, value)]
    faults += [f"{name} of a student" for raw in students for name, value in raw.items() if not _fits_student(name, value)]
    faults += [f"{name} of a student" for raw in shipped for name, value in raw.items() if not _fits_shipped(name, value)]
    if faults:
        wrong = faults[0]
        value = f" ({shown(values[wrong])})" if wrong in values else ""
        raise ArtefactError(f"the manifest's meta has an invalid {wrong}{value}", where=folder, todo=AGAIN)
    names = {field: tuple(values[field]) for field in ("first", "beside")}
    records = {
        "students": tuple(StudentFacts(**raw) for raw in students),
        "shipped": tuple(ShippedFacts(**raw) for raw in shipped),
    }
    return StoreFacts(**{**values, **names, **records})


def _fits(name: str, value: object) -> bool:
    return _FITS.get(name, _is_count)(value)


def _fits_student(name: str, value: object) -> bool:
    return _FITS_STUDENT.get(name, _is_count)(value)


def _fits_shipped(name: str, value: object) -> bool:
    return value is None or _is_text(value) if name == "ids" else _fits_student(name, value)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MOST_CHARS


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(_is_text(entry) for entry in value)


def _is_inside(folder: object) -> bool:
    """Whether a path does not leave the set."""
    path = PurePosixPath(str(folder))
    return _is_text(folder) and ".." not in path.parts and not path.is_absolute()


# Which values each fact may have; those not listed here are counts.
_FITS: dict[str, Callable[[object], bool]] = {
    **dict.fromkeys(("data", "title", "protocol", "teacher", "command"), _is_text),
    **dict.fromkeys(("first", "beside"), _is_texts),
    "synthetic": lambda value: isinstance(value, bool),
    "students": lambda value: isinstance(value, list) and bool(value),
    "shipped": lambda value: isinstance(value, list),
    "cut": lambda value: value is None or isinstance(value, dict),
    "ties": lambda value: value is None or _is_text(value),
    "about_teachers": lambda value: isinstance(value, dict) and all(isinstance(facts, dict) for facts in value.values()),
}
_FITS_STUDENT: dict[str, Callable[[object], bool]] = {
    **dict.fromkeys(("run", "shape", "precision"), _is_text),
    "role": lambda value: value in ROLES,
    "folder": _is_inside,
}


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
