"""Rationales in the home: one Parquet table for a data set and a teacher, and the claims of a row as records.

In: a data set's name and a teacher's.  Out: the table, checked to belong to the data set as it lies there now.
It knows no teacher.  Columns: user, position, item, status "ok" | "nothing" | "failed", reason, user_preference, item_attribution,
claims (a JSON list of {"kind", "text", "polarity", "spans": [[start, end], ...]} and "leaked": true where
its words come from the prompt's examples; offsets are characters of `review`).
A language model's own words lie beside it: `answers.parquet` with user, position, attempts, raw.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pandas as pd

from rdrec.core.home import Home
from rdrec.core.records import ArtefactError, Claim, Failed, InputError, NothingFound, Rationale, Span, TeacherAnswer
from rdrec.core.storage import read_table, verify
from rdrec.data import schema
from rdrec.data.store import RATIONALES_KIND, dataset_sha256

TABLE = "rationales.parquet"
RAW_TABLE = "answers.parquet"
ANSWER_KEY = "answer-key"  # of an invented data set: written together with the reviews, by no teacher
_ONCE = {"reference": ANSWER_KEY}  # names of earlier versions
RAW = {"user": "int64", "position": "int64", "attempts": "int64", "raw": schema.TEXT}


def command(data: str, teacher: str) -> str:
    """The command that makes these rationales, for error messages."""
    return f"python -m rdrec distill --data {data} --teacher {teacher}"


def load_rationales(home: Home, data: str, teacher: str) -> pd.DataFrame:
    """One row a review, sorted by (user, position).

    Raises UnknownNameError when the teacher never read this data set, ArtefactError when files are altered or the data
    set is no longer the one that was read, InputError for the name of an earlier version.
    """
    folder = home.rationales(data, teacher)
    if teacher in _ONCE:
        raise InputError(
            f"{teacher!r} is called {_ONCE[teacher]!r} now",
            where="--teacher",
            todo=f"give that name; a data set that was made before: python -m rdrec data make --name {data} --replace",
        )
    home.require(folder, "rationales of a teacher", command(data, teacher))
    manifest = verify(folder, RATIONALES_KIND)
    if manifest.meta.get("data_sha256") != dataset_sha256(home, data):
        raise ArtefactError(
            f"these rationales were made from another version of the data set {data!r}",
            where=folder,
            todo=f"distil again: {command(data, teacher)}",
        )
    return schema.cast(read_table(folder / TABLE, list(schema.RATIONALES)), schema.RATIONALES)


def as_table(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Rows as the columns of `schema.RATIONALES`, in the types of the disk."""
    frame = pd.DataFrame(list(rows), columns=list(schema.RATIONALES))
    return schema.for_disk(frame, schema.RATIONALES)


def as_raw_table(rows: Iterable[dict[str, Any]]) -> pd.DataFrame | None:
    """The raw answers of the rows that have one; None where no row has: the teacher is no language model."""
    told = [row for row in rows if row.get("raw") is not None]
    return schema.for_disk(schema.cast(pd.DataFrame(told, columns=list(RAW)), RAW), RAW) if told else None


def answer_fields(answer: TeacherAnswer) -> dict[str, Any]:
    """The columns of one answer, without the keys of its row."""
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


def answer_of(row: dict[str, Any]) -> TeacherAnswer:
    """The answer that `answer_fields` made a row of."""
    if row["status"] == "nothing":
        return NothingFound(row["reason"])
    if row["status"] == "failed":
        return Failed(row["reason"])
    return Rationale(row["user_preference"], row["item_attribution"], decode_claims(row["claims"]))


def encode_claims(claims: Iterable[Claim]) -> str:
    return json.dumps([_plain(claim) for claim in claims], ensure_ascii=False)


def _plain(claim: Claim) -> dict[str, Any]:
    spans = [[span.start, span.end] for span in claim.spans]
    plain = {"kind": claim.kind, "text": claim.text, "polarity": claim.polarity, "spans": spans}
    return plain | {"leaked": True} if claim.leaked else plain


def decode_claims(text: str) -> tuple[Claim, ...]:
    """Raises ArtefactError when the text is not what `encode_claims` writes."""
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
