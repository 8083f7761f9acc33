"""Rationales in the home: one Parquet table per data set and teacher, checked to belong to the current version of the data set.

Columns: user, position, item, status "ok" | "nothing" | "failed", reason, user_preference, item_attribution,
claims (a JSON list of {"kind", "text", "polarity", "spans": [[start, end], ...]}, and "leaked": true if the claim was copied from the
prompt's examples; offsets count characters of `review`).
The raw answers of a language model are stored beside it: `answers.parquet` with user, position, attempts, raw.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from rdrec.core.home import Home
from rdrec.core.records import ArtefactError, Claim, Failed, InputError, NothingFound, Rationale, Span, TeacherAnswer
from rdrec.core.storage import read_table, verify
from rdrec.data import schema
from rdrec.data.store import RATIONALES_KIND, dataset_sha256

TABLE = "rationales.parquet"
RAW_TABLE = "answers.parquet"
ANSWER_KEY = "answer-key"  # the true rationales of an invented shop, written together with its reviews
_RENAMED = {"reference": ANSWER_KEY}  # names of earlier versions
RAW = {"user": "int64", "position": "int64", "attempts": "int64", "raw": schema.TEXT}


def command(data: str, teacher: str) -> str:
    """The command that creates these rationales, for error messages."""
    return f"python -m rdrec distill --data {data} --teacher {teacher}"


def load_rationales(home: Home, data: str, teacher: str) -> pd.DataFrame:
    """One row per review, sorted by (user, position).

    Raises UnknownNameError if the teacher has not read this data set, ArtefactError if files were altered or the data set has changed
    since, and InputError for a teacher's name from an earlier version.
    """
    folder = home.rationales(data, teacher)
    if teacher in _RENAMED:
        raise InputError(
            f"{teacher!r} is now called {_RENAMED[teacher]!r}",
            where="--teacher",
            todo=f"use that name; recreate an older data set with: python -m rdrec data make --name {data} --replace",
        )
    home.require(folder, "rationales of a teacher", command(data, teacher))
    manifest = verify(folder, RATIONALES_KIND)
    if manifest.meta.get("data_sha256") != dataset_sha256(home, data):
        raise ArtefactError(
            f"these rationales belong to another version of the data set {data!r}",
            where=folder,
            todo=f"distil again: {command(data, teacher)}",
        )
    return schema.cast(read_table(folder / TABLE, list(schema.RATIONALES)), schema.RATIONALES)


def as_table(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Rows as a table with the columns of `schema.RATIONALES`, in the types used on disk."""
    frame = pd.DataFrame(list(rows), columns=list(schema.RATIONALES))
    return schema.for_disk(frame, schema.RATIONALES)


def as_raw_table(rows: Iterable[dict[str, Any]]) -> pd.DataFrame | None:
    """The raw answers of the rows that have one; None if no row has, because the teacher is not a language model."""
    answered = [row for row in rows if row.get("raw") is not None]
    return schema.for_disk(schema.cast(pd.DataFrame(answered, columns=list(RAW)), RAW), RAW) if answered else None


def answer_fields(answer: TeacherAnswer) -> dict[str, Any]:
    """The columns of one answer, without the keys of the row."""
    if isinstance(answer, NothingFound | Failed):
        status = "nothing" if isinstance(answer, NothingFound) else "failed"
        return {"status": status, "reason": answer.reason, "user_preference": None, "item_attribution": None, "claims": "[]"}
    return {
        "status": "ok",
        "reason": None,
        "user_preference": answer.user_preference,
        "item_attribution": answer.item_attribution,
        "claims": encode_claims(answer.claims),
    }


def answer_of(row: Mapping[Any, Any]) -> TeacherAnswer:
    """The inverse of `answer_fields`."""
    if row["status"] == "nothing":
        return NothingFound(row["reason"])
    if row["status"] == "failed":
        return Failed(row["reason"])
    return Rationale(row["user_preference"], row["item_attribution"], decode_claims(row["claims"]))


def with_answers(rationales: pd.DataFrame, answers: Iterable[TeacherAnswer]) -> pd.DataFrame:
    """`rationales` (columns of `schema.RATIONALES`) with these answers, one for each row."""
    rows = [{**row, **answer_fields(answer)} for row, answer in zip(rationales.to_dict("records"), answers, strict=True)]
    return schema.cast(pd.DataFrame(rows, columns=list(schema.RATIONALES)), schema.RATIONALES)


def encode_claims(claims: Iterable[Claim]) -> str:
    """Claims as JSON, as stored in the table of rationales."""
    return json.dumps([_plain(claim) for claim in claims], ensure_ascii=False)


def _plain(claim: Claim) -> dict[str, Any]:
    spans = [[span.start, span.end] for span in claim.spans]
    plain = {"kind": claim.kind, "text": claim.text, "polarity": claim.polarity, "spans": spans}
    return plain | {"leaked": True} if claim.leaked else plain


def decode_claims(text: str) -> tuple[Claim, ...]:
    """The inverse of `encode_claims`.  Raises ArtefactError for any other text."""
    try:
        return tuple(
            Claim(
                row["kind"],
                row["text"],
                row["polarity"],
                tuple(Span(start, end) for start, end in row["spans"]),
                row.get("leaked", False) is True,
            )
            for row in json.loads(text)
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, InputError) as error:
        raise ArtefactError(
            f"the claims of a rationale cannot be read ({error})", where=text[:80], todo="distil again"
        ) from error
