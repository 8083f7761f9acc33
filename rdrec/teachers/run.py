"""Distil a data set: ask a teacher about every review, journal each answer, and write the rationales at the end.

A stopped run is resumed by the same call, with the same result to the byte: answers in the journal, or in an earlier artefact of the
same data and teacher, are not requested again.
A review that a server failed to answer (a reason that begins with "server:"), or on which our own code failed ("fault:"), has no
result; the next run asks about it again.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from rdrec.core.home import Home
from rdrec.core.journal import Journal
from rdrec.core.records import ArtefactError, InputError, Review, UnknownNameError
from rdrec.core.settings import integer
from rdrec.core.storage import Manifest, new_artefact, read_manifest, read_table, verify, write_table
from rdrec.data.rationales import RAW_TABLE, TABLE, answer_fields, as_raw_table, as_table
from rdrec.data.store import RATIONALES_KIND, dataset_sha256, load_dataset
from rdrec.teachers.base import FAULT, SERVER, StreamingTeacher, Teacher, Told
from rdrec.teachers.choosing import ALL, Choice
from rdrec.teachers.remembering import RememberingTeacher
from rdrec.teachers.timing import add_time

_Key = tuple[int, int]  # user, position
_Row = dict[str, Any]


def distil(
    home: Home,
    data: str,
    teacher: Teacher | StreamingTeacher,
    *,
    limit: int | None = None,
    choice: Choice = ALL,
    progress: bool = True,
) -> Manifest:
    """Ask about every chosen interaction with review text (the first `limit` of them), oldest user number first.

    Raises InputError when there is no review to read or `limit` is below 1; any error of the teacher leaves the journal valid.
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
        done.update({_key(row): row for row in journal.entries if not _passing(row)})
        before, known, started = len(done), _known(teacher), (_processor_seconds(), time.perf_counter())
        try:
            _ask(teacher, chosen[:limit], done, journal, progress)
        finally:
            read = len(done) - before - (_known(teacher) - known)
            processor, wall = _processor_seconds() - started[0], time.perf_counter() - started[1]
            add_time(home, data, teacher.name, read, processor, wall)
            if isinstance(teacher, RememberingTeacher):
                teacher.keep((review, done[key]) for review in chosen if (key := (review.user, review.position)) in done)
        rows = [done[key] for review in reviews if (key := (review.user, review.position)) in done]  # drops no earlier answer
        write_rationales(folder, kind, meta, rows, len(reviews))
        journal.discard()
    return read_manifest(folder, kind)


def _processor_seconds() -> float:
    """Processor time of this process and of those it started that have ended; a pool of processes has when its answers are in."""
    return sum(os.times()[:4])


def _known(teacher: Teacher | StreamingTeacher) -> int:
    """Reviews whose answers it took from the store, so far."""
    return int(teacher.spent()["known"]) if isinstance(teacher, RememberingTeacher) else 0


SHARD_KIND = "rationales-shard"


def write_rationales(folder: Path, kind: str, meta: dict[str, Any], rows: list[_Row], reviews: int) -> None:
    """The artefact of rows in the order of the data set; `reviews` is how many there would be."""
    with new_artefact(folder, kind, {**meta, "counts": _counts(rows, reviews)}) as temporary:
        write_table(as_table(rows), temporary / TABLE)
        if (raw := as_raw_table(rows)) is not None:
            write_table(raw, temporary / RAW_TABLE)


def reviews_with_text(interactions: pd.DataFrame) -> Iterator[Review]:
    """The interactions that have review text, in their order (user, position)."""
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


def _key(row: _Row) -> _Key:
    return int(row["user"]), int(row["position"])


def _passing(row: _Row) -> bool:
    """Whether the row holds no result of the teacher, so that the next run asks again."""
    return row["status"] == "failed" and row["reason"].startswith((SERVER, FAULT))


def read_rows(folder: Path) -> list[_Row]:
    """The rows of a finished artefact as they were journalled.  Raises ArtefactError when a table cannot be read."""
    rows = _records(read_table(folder / TABLE))
    if (folder / RAW_TABLE).is_file():
        raw = {_key(row): {"attempts": row["attempts"], "raw": row["raw"]} for row in _records(read_table(folder / RAW_TABLE))}
        rows = [row | raw.get(_key(row), {}) for row in rows]
    return rows


def _records(table: pd.DataFrame) -> list[_Row]:
    plain = table.astype(object)
    return [{str(name): value for name, value in row.items()} for row in plain.where(plain.notna(), None).to_dict("records")]


def _finished(folder: Path, kind: str, meta: dict[str, Any]) -> dict[_Key, _Row]:
    """The rows of an earlier artefact of the same data and the same teacher; none where there is no such artefact."""
    try:
        found = verify(folder, kind).meta
        if any(found.get(name) != value for name, value in meta.items()):
            return {}
        return {_key(row): row for row in read_rows(folder) if not _passing(row)}
    except (ArtefactError, UnknownNameError):
        return {}  # missing or damaged: it is about to be made (again)


def _ask(
    teacher: Teacher | StreamingTeacher, reviews: list[Review], done: dict[_Key, _Row], journal: Journal, progress: bool
) -> None:
    """Ask about what is not done yet; what comes together is journalled together, and kept when the teacher breaks off."""
    waiting = [review for review in reviews if (review.user, review.position) not in done]
    streaming = isinstance(teacher, StreamingTeacher)
    failed = 0
    with tqdm(
        total=len(reviews), initial=len(reviews) - len(waiting), unit="review", disable=not progress, desc=teacher.name
    ) as bar:
        for told in teacher.stream(waiting) if isinstance(teacher, StreamingTeacher) else _in_batches(teacher, waiting):
            rows = [_row(one, streaming) for one in told]
            journal.append(rows)
            done.update({_key(row): row for row in rows})
            failed += sum(row["status"] == "failed" for row in rows)
            if isinstance(teacher, StreamingTeacher):
                bar.set_postfix_str(f"{failed} failed, {teacher.note()}", refresh=False)
            bar.update(len(rows))


def _in_batches(teacher: Teacher, waiting: Sequence[Review]) -> Iterator[list[Told]]:
    """The answers of a teacher that reads in order, batch by batch."""
    size = max(1, min(teacher.batch_size, integer("distill.journal_batch")))
    told: list[Told] = []
    try:
        for review, answer in zip(waiting, teacher.answers(waiting), strict=True):
            told.append(Told(review, answer))
            if len(told) == size:
                batch, told = told, []
                yield batch
    except BaseException:  # Ctrl-C or a failing teacher in mid-batch: keep the answers that came
        if told:
            yield told
        raise
    if told:
        yield told


def _row(told: Told, streaming: bool) -> _Row:
    row = {"user": told.review.user, "position": told.review.position, "item": told.review.item, **answer_fields(told.answer)}
    return row | {"attempts": told.attempts, "raw": told.raw} if streaming else row


def _counts(rows: list[_Row], reviews: int) -> dict[str, Any]:
    """How many reviews have a rationale, how many have none and why, how many were not read."""
    reasons = {status: Counter(row["reason"] for row in rows if row["status"] == status) for status in ("nothing", "failed")}
    without = {status: dict(sorted(counted.items())) for status, counted in reasons.items()}
    ok = sum(row["status"] == "ok" for row in rows)
    return {"reviews": len(rows), "ok": ok, **without, "unread": reviews - len(rows)}
