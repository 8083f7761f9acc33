"""A language model that consults the store of answers first and asks about each text once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from rdrec.core.home import Home
from rdrec.core.records import Review
from rdrec.core.settings import integer
from rdrec.teachers.answers import Answer, AnswerStore, Identity, identity
from rdrec.teachers.base import StreamingTeacher, Teacher, Told


class RememberingTeacher:
    """See the module; a `StreamingTeacher` with the name and config of the one that it asks."""

    def __init__(self, teacher: StreamingTeacher, identity: Identity, store: AnswerStore) -> None:
        self.teacher, self.identity, self.store = teacher, identity, store
        self._known = 0

    @property
    def name(self) -> str:
        return self.teacher.name

    @property
    def config(self) -> dict[str, Any]:
        """That of the teacher: where an answer was kept determines nothing."""
        return self.teacher.config

    def note(self) -> str:
        return f"{self._known:,} known, {self.teacher.note()}" if self._known else self.teacher.note()

    def spent(self) -> dict[str, float]:
        return {**self.teacher.spent(), "known": self._known}

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(getattr(self.teacher, "notes", ()))

    def close(self) -> None:
        if hasattr(self.teacher, "close"):
            self.teacher.close()

    def stream(self, reviews: Sequence[Review]) -> Iterator[list[Told]]:
        """What is known, at once; then the answers to the other texts, each given to every review that has this text."""
        kept = self.store.find(self.identity.source)
        known: list[Told] = []
        asked: dict[str, list[Review]] = {}
        for review in reviews:
            text = self.identity.key(review)
            told = (
                None
                if text is None or text not in kept
                else self.identity.asker.recall(review, kept[text].raw, kept[text].attempts)
            )
            if told is not None:
                known.append(told)
            else:
                asked.setdefault(text or f"nothing {review.user} {review.position}", []).append(review)
        self._known += len(known)
        size = integer("distill.journal_batch")
        for at in range(0, len(known), size):
            yield known[at : at + size]
        same = {(group[0].user, group[0].position): group for group in asked.values()}
        for batch in self.teacher.stream([group[0] for group in asked.values()]):
            yield [one for told in batch for one in self._shared(told, same[told.review.user, told.review.position])]

    def _shared(self, told: Told, reviews: Sequence[Review]) -> list[Told]:
        """One answer for all reviews with the same text: understood for each, since they may differ in what was not read."""
        self._known += len(reviews) - 1
        others = [self._same(told, review) for review in reviews[1:]]
        return [told, *others]

    def _same(self, told: Told, review: Review) -> Told:
        recalled = None if told.raw is None else self.identity.asker.recall(review, told.raw, told.attempts)
        return recalled or replace(told, review=review)

    def keep(self, rows: Iterable[tuple[Review, dict[str, Any]]]) -> None:
        """Put the usable answers of journalled rows into the store."""
        answers = [
            Answer(text, row["raw"], row["attempts"])
            for review, row in rows
            if row["status"] != "failed" and row.get("raw") is not None and (text := self.identity.key(review)) is not None
        ]
        self.store.add(self.identity, answers)


def remembering(teacher: Teacher | StreamingTeacher, home: Home) -> Teacher | StreamingTeacher:
    """The teacher with the answers that this home and the program know; one that is no language model as it is."""
    found = identity(teacher)
    if found is None or not isinstance(teacher, StreamingTeacher):
        return teacher
    return RememberingTeacher(teacher, found, AnswerStore.of(home))
