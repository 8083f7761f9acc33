"""Distil a data set: let a teacher read every review, journal each answer, and write the rationales at the end.

The same call resumes a stopped run, with the same result byte for byte: answers in the journal, or in an earlier artefact of the same
data and teacher, are not requested again.  If a server failed on a review (a reason that begins with "server:"), or our own code did
("fault:"), the next run reads that review again.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from rdrec.core.home import Home
from rdrec.core.journal import Journal
from rdrec.core.records import ArtefactError, InputError, Review, UnknownNameError
from rdrec.core.storage import Manifest, new_artefact, plain_rows, read_manifest, read_table, verify, write_table
from rdrec.data.rationales import RAW_TABLE, TABLE, as_raw_table, as_table
from rdrec.data.store import RATIONALES_KIND, dataset_sha256, load_dataset
from rdrec.teachers.base import FAULT, SERVER, Teacher
from rdrec.teachers.caching import CachingTeacher
from rdrec.teachers.choosing import ALL, Choice
from rdrec.teachers.timing import add_time

_Key = tuple[int, int]  # user, position
_Row = dict[str, Any]


def distil(
    home: Home,
    data: str,
    teacher: Teacher,
    *,
    limit: int | None = None,
    choice: Choice = ALL,
    progress: bool = True,
) -> Manifest:
    """Read every chosen review (only the first `limit`, if given) in the order of users, and return the manifest of the rationales.

    Raises InputError if there are no reviews to read or `limit` is below 1.  After any error of the teacher, the journal stays valid.
    """
    if limit is not None and limit < 1:
        raise InputError(f"--limit is {limit}", todo="give a number of at least 1, or leave it out")
    reviews = list(reviews_with_text(load_dataset(home, data).interactions))
    if not reviews:
        raise InputError(
            f"the data set {data!r} has no review text", todo="import it with reviews, or train with --variant baseline"
        )
    chosen = choice.of(reviews)
    meta: dict[str, Any] = {
        "data": data,
        "data_sha256": dataset_sha256(home, data),
        "teacher": teacher.name,
        "teacher_config": teacher.config,
    }
    folder, kind = home.rationales(data, teacher.name), RATIONALES_KIND
    if choice.shard is not None:
        folder, kind = home.shard(data, teacher.name, *choice.shard), SHARD_KIND
        meta["shard"] = list(choice.shard)
        reviews = choice.shard_of(reviews)
    with Journal(folder.parent / f".{folder.name}.journal", meta) as journal:
        done = _finished(folder, kind, meta)
        done.update({_key(row): row for row in journal.entries if not _retryable(row)})
        before, known, started = len(done), _known(teacher), (_processor_seconds(), time.perf_counter())
        try:
            _ask(teacher, chosen[:limit], done, journal, progress)
        finally:
            read = len(done) - before - (_known(teacher) - known)
            processor, wall = _processor_seconds() - started[0], time.perf_counter() - started[1]
            add_time(home, data, teacher.name, read, processor, wall)
            if isinstance(teacher, CachingTeacher):
                teacher.keep((review, done[key]) for review in chosen if (key := review.key) in done)
        rows = [done[key] for review in reviews if (key := review.key) in done]  # keeps earlier answers
        write_rationales(folder, kind, meta, rows, len(reviews))
        journal.discard()
    return read_manifest(folder, kind)


def _processor_seconds() -> float:
    """CPU time of this process and of its finished children; a pool has finished when all its answers have arrived."""
    return sum(os.times()[:4])


def _known(teacher: Teacher) -> int:
    """Number of reviews whose answers came from the store so far."""
    return int(teacher.spent()["known"]) if isinstance(teacher, CachingTeacher) else 0


SHARD_KIND = "rationales-shard"


def write_rationales(folder: Path, kind: str, meta: dict[str, Any], rows: list[_Row], reviews: int) -> None:
    """Write rows in the order of the data set as an artefact; reviews: how many rows it would have if complete."""
    with new_artefact(folder, kind, {**meta, "counts": _counts(rows, reviews)}) as temporary:
        write_table(as_table(rows), temporary / TABLE)
        if (raw := as_raw_table(rows)) is not None:
            write_table(raw, temporary / RAW_TABLE)


def reviews_with_text(interactions: pd.DataFrame) -> Iterator[Review]:
    """The interactions with review text, in the order of user and position."""
    columns = ["user", "position", "item", "review", "summary", "rating", "explanation"]
    rows = interactions.loc[interactions["review"].notna(), columns]
    for user, position, item, text, summary, rating, sentence in rows.itertuples(index=False, name=None):
        yield Review(
            int(user),
            int(position),
            int(item),
            text,
            summary if isinstance(summary, str) else None,
            None if pd.isna(rating) else float(rating),
            sentence if isinstance(sentence, str) else None,
        )


def reviews_by_key(interactions: pd.DataFrame) -> dict[_Key, Review]:
    """The same by user and position."""
    return {review.key: review for review in reviews_with_text(interactions)}


def _key(row: _Row) -> _Key:
    return int(row["user"]), int(row["position"])


def _retryable(row: _Row) -> bool:
    """Whether a server or our own code failed on the review, so that the next run should read it again."""
    return row["status"] == "failed" and row["reason"].startswith((SERVER, FAULT))


def read_rows(folder: Path) -> list[_Row]:
    """The rows of a finished artefact as they were journalled.  Raises ArtefactError if a table cannot be read."""
    rows = plain_rows(read_table(folder / TABLE))
    if (folder / RAW_TABLE).is_file():
        raw = {
            _key(row): {"attempts": row["attempts"], "raw": row["raw"]} for row in plain_rows(read_table(folder / RAW_TABLE))
        }
        rows = [row | raw.get(_key(row), {}) for row in rows]
    return rows


def _finished(folder: Path, kind: str, meta: dict[str, Any]) -> dict[_Key, _Row]:
    """The rows of an earlier artefact of the same data and teacher; {} if there is none."""
    try:
        found = verify(folder, kind).meta
        if any(found.get(name) != value for name, value in meta.items()):
            return {}
        return {_key(row): row for row in read_rows(folder) if not _retryable(row)}
    except (ArtefactError, UnknownNameError):
        return {}  # missing or damaged; it is about to be written anyway


def _ask(teacher: Teacher, reviews: list[Review], done: dict[_Key, _Row], journal: Journal, progress: bool) -> None:
    """Read the reviews that are not done yet; answers that arrive together are journalled together, even if the teacher then fails."""
    waiting = [review for review in reviews if review.key not in done]
    failed = 0
    with tqdm(
        total=len(reviews), initial=len(reviews) - len(waiting), unit="review", disable=not progress, desc=teacher.name
    ) as bar:
        for results in teacher.stream(waiting):
            rows = [one.as_row() for one in results]
            journal.append(rows)
            done.update({_key(row): row for row in rows})
            failed += sum(row["status"] == "failed" for row in rows)
            if note := teacher.note():
                bar.set_postfix_str(f"{failed} failed, {note}", refresh=False)
            bar.update(len(rows))


def _counts(rows: list[_Row], reviews: int) -> dict[str, Any]:
    """How many reviews have a rationale, how many have none and why, and how many were not read."""
    reasons = {status: Counter(row["reason"] for row in rows if row["status"] == status) for status in ("nothing", "failed")}
    without = {status: dict(sorted(counted.items())) for status, counted in reasons.items()}
    ok = sum(row["status"] == "ok" for row in rows)
    return {"reviews": len(rows), "ok": ok, **without, "unread": reviews - len(rows)}
