"""A language model that looks up stored answers first, and reads each text only once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from rdrec.core.home import Home
from rdrec.core.records import Review
from rdrec.core.settings import integer
from rdrec.teachers.answers import Answer, AnswerStore, Identity, identity
from rdrec.teachers.base import Teacher, TeacherResult


class CachingTeacher:
    """Implements `teachers.Teacher`, with the name and config of the teacher that it asks."""

    def __init__(self, teacher: Teacher, identity: Identity, store: AnswerStore) -> None:
        self.teacher, self.identity, self.store = teacher, identity, store
        self.name, self.config = teacher.name, teacher.config  # where an answer was stored does not affect it
        self._known = 0

    def note(self) -> str:
        """A short text for the progress bar."""
        return f"{self._known:,} known, {self.teacher.note()}" if self._known else self.teacher.note()

    def spent(self) -> dict[str, float]:
        """What the teacher used; `known`: answers that came from the store."""
        return {**self.teacher.spent(), "known": self._known}

    @property
    def notes(self) -> tuple[str, ...]:
        """The teacher's remarks for the report."""
        return tuple(getattr(self.teacher, "notes", ()))

    def close(self) -> None:
        """Close the teacher."""
        if hasattr(self.teacher, "close"):
            self.teacher.close()

    def stream(self, reviews: Sequence[Review]) -> Iterator[list[TeacherResult]]:
        """First the stored answers; then those of the teacher, each for every review with the same text."""
        stored = self.store.find(self.identity.source)
        known: list[TeacherResult] = []
        asked: dict[str, list[Review]] = {}
        for review in reviews:
            text = self.identity.key(review)
            found = None if text is None else stored.get(text)
            result = None if found is None else self.identity.asker.recall(review, found.raw, found.attempts)
            if result is not None:
                known.append(result)
            else:
                asked.setdefault(text or f"nothing {review.user} {review.position}", []).append(review)
        self._known += len(known)
        size = integer("distill.journal_batch")
        for at in range(0, len(known), size):
            yield known[at : at + size]
        same = {group[0].key: group for group in asked.values()}
        for batch in self.teacher.stream([group[0] for group in asked.values()]):
            yield [one for result in batch for one in self._shared(result, same[result.review.key])]

    def _shared(self, result: TeacherResult, reviews: Sequence[Review]) -> list[TeacherResult]:
        """One answer for all reviews with the same text, parsed for each of them, because they may differ in what was not read."""
        self._known += len(reviews) - 1
        others = [self._same(result, review) for review in reviews[1:]]
        return [result, *others]

    def _same(self, result: TeacherResult, review: Review) -> TeacherResult:
        recalled = None if result.raw is None else self.identity.asker.recall(review, result.raw, result.attempts)
        return recalled or replace(result, review=review)

    def keep(self, rows: Iterable[tuple[Review, dict[str, Any]]]) -> None:
        """Add the usable answers of journalled rows to the store."""
        answers = [
            Answer(text, row["raw"], row["attempts"])
            for review, row in rows
            if row["status"] != "failed" and row.get("raw") is not None and (text := self.identity.key(review)) is not None
        ]
        self.store.add(self.identity, answers)


def with_cache(teacher: Teacher, home: Home) -> Teacher:
    """The teacher with a cache of the answers in this home and those that come with the program; only language models are cached."""
    found = identity(teacher)
    return teacher if found is None else CachingTeacher(teacher, found, AnswerStore.of(home))
