"""Distils a data set: asks a teacher about every review, journals each batch, writes the rationales whole at the end.

In: a home, a data set's name, a teacher.  Out: the artefact `rationales/NAME/TEACHER` and its manifest.
It refuses to know how a teacher reads.  Stopped at any moment, the same call goes on where it was: what the journal or an
earlier artefact of the same data and teacher holds is not asked again, and the result is the same to the byte.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pandas as pd
from tqdm import tqdm

from rdrec.data.store import dataset_sha256, load_dataset
from rdrec.distill.store import KIND, TABLE, answer_fields, as_table
from rdrec.distill.teachers import Teacher
from rdrec.home import Home
from rdrec.journal import Journal
from rdrec.records import ArtefactError, InputError, Review, UnknownNameError
from rdrec.settings import integer
from rdrec.storage import Manifest, new_artefact, read_manifest, read_table, verify, write_table

_Key = tuple[int, int]  # user, position


def distil(home: Home, data: str, teacher: Teacher, *, limit: int | None = None, progress: bool = True) -> Manifest:
    """Ask about every interaction with review text (the first `limit` of them), oldest user number first.

    Raises InputError when there is no review to read or `limit` is below 1; any error of the teacher leaves the journal valid.
    """
    if limit is not None and limit < 1:
        raise InputError(f"--limit is {limit}", todo="give a number of reviews from 1, or leave it out")
    reviews = list(_reviews(load_dataset(home, data).interactions))
    if not reviews:
        raise InputError(
            f"the data set {data!r} has no review text", todo="import it with reviews, or train with --variant baseline"
        )
    meta: dict[str, Any] = {
        "data": data,
        "data_sha256": dataset_sha256(home, data),
        "teacher": teacher.name,
        "teacher_config": teacher.config,
    }
    folder = home.rationales(data, teacher.name)
    with Journal(folder.parent / f".{teacher.name}.journal", meta) as journal:
        done = _finished(home, meta) | {(row["user"], row["position"]): row for row in journal.entries}
        _ask(teacher, reviews[:limit], done, journal, progress)
        rows = [done[_key(review)] for review in reviews if _key(review) in done]  # --limit drops no earlier answer
        with new_artefact(folder, KIND, {**meta, "counts": _counts(rows, len(reviews))}) as temporary:
            write_table(as_table(rows), temporary / TABLE)
        journal.discard()
    return read_manifest(folder, KIND)


def _reviews(interactions: pd.DataFrame) -> Iterator[Review]:
    """The interactions that have review text, in their order (user, position)."""
    rows = interactions.loc[interactions["review"].notna(), ["user", "position", "item", "review", "summary", "rating"]]
    for user, position, item, text, summary, rating in rows.itertuples(index=False, name=None):
        yield Review(
            int(user),
            int(position),
            int(item),
            text,
            summary if isinstance(summary, str) else None,
            None if pd.isna(rating) else float(rating),
        )


def _key(review: Review) -> _Key:
    return review.user, review.position


def _finished(home: Home, meta: dict[str, Any]) -> dict[_Key, dict[str, Any]]:
    """The rows of an earlier artefact of the same data and the same teacher; none where there is no such artefact."""
    folder = home.rationales(meta["data"], meta["teacher"])
    try:
        found = verify(folder, KIND).meta
        if any(found.get(name) != value for name, value in meta.items()):
            return {}
        table = read_table(folder / TABLE).astype(object)
    except (ArtefactError, UnknownNameError):
        return {}  # missing or damaged: it is about to be made (again)
    rows = table.where(table.notna(), None).to_dict("records")
    return {(int(row["user"]), int(row["position"])): {str(name): value for name, value in row.items()} for row in rows}


def _ask(teacher: Teacher, reviews: list[Review], done: dict[_Key, dict[str, Any]], journal: Journal, progress: bool) -> None:
    """Ask about what is not done yet, in batches that are journalled together; what is finished in a broken batch is kept."""
    waiting = [review for review in reviews if _key(review) not in done]
    size = max(1, min(teacher.batch_size, integer("distill.journal_batch")))
    with tqdm(
        total=len(reviews), initial=len(reviews) - len(waiting), unit="review", disable=not progress, desc=teacher.name
    ) as bar:
        for at in range(0, len(waiting), size):
            batch = waiting[at : at + size]
            rows: list[dict[str, Any]] = []
            try:
                for review, answer in zip(batch, teacher.answers(batch), strict=True):
                    rows.append(
                        {"user": review.user, "position": review.position, "item": review.item, **answer_fields(answer)}
                    )
            finally:  # Ctrl-C or a failing teacher in mid-batch: keep the answers that came
                if rows:
                    journal.append(rows)
            done.update({(row["user"], row["position"]): row for row in rows})
            bar.update(len(rows))


def _counts(rows: list[dict[str, Any]], reviews: int) -> dict[str, Any]:
    nothing = Counter(row["reason"] for row in rows if row["status"] == "nothing")
    answered = {"reviews": len(rows), "ok": len(rows) - nothing.total(), "nothing": dict(sorted(nothing.items()))}
    return answered | {"unread": reviews - len(rows)}
