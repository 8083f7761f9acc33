"""The interface of teachers, and how a teacher is found by name.

A teacher gives one answer per review: a rationale, `NothingFound`, or `Failed` if there is no usable answer.  It never raises an error
because of a single review, and never invents text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rdrec.core.records import Review, TeacherAnswer, UnknownNameError
from rdrec.core.vocabulary import TEACHERS
from rdrec.data.rationales import ANSWER_KEY, answer_fields

SERVER, FAULT = "server:", "fault:"  # how the reason of a `Failed` begins if the server, or a fault in our code, is the cause


@dataclass(frozen=True, slots=True)
class TeacherResult:
    """One answer of a teacher.  raw: a language model's own words, if any; attempts: how many times it was asked."""

    review: Review
    answer: TeacherAnswer
    raw: str | None = None
    attempts: int = 1

    def as_row(self) -> dict[str, Any]:
        """The answer as JSON types, with the keys of its review."""
        keys = {"user": self.review.user, "position": self.review.position, "item": self.review.item}
        return {**keys, **answer_fields(self.answer), "attempts": self.attempts, "raw": self.raw}


class Teacher(Protocol):
    """A teacher may work on many reviews at once, and answers in the order in which they are finished.

    config  what affects the answers, including a version; answers with different configs are never mixed
    stream  yields lists of finished answers; each list is journalled together
    note    a short text for the progress bar ("3 failed, $0.12"); empty for none
    spent   what the run used, for example requests and tokens
    """

    @property
    def name(self) -> str:
        """The teacher's name."""

    @property
    def config(self) -> dict[str, Any]:
        """What affects the answers."""

    def stream(self, reviews: Sequence[Review]) -> Iterator[list[TeacherResult]]:
        """Yield lists of results as they are finished, in any order."""

    def note(self) -> str:
        """A short text for the progress bar."""

    def spent(self) -> dict[str, float]:
        """What the run has used so far."""


RULES = frozenset(["keywords", "offline"])  # rule-based teachers, current and former: what they find is always in the review
RESERVED = ("offline", *TEACHERS, "released", ANSWER_KEY, "reference")  # names that a language model's rationales may not have


def keywords(processes: int = 1) -> Teacher:
    """The teacher `keywords`, reading in `processes` processes (0: one per core).  Raises InputError if spaCy or its model is missing."""
    from rdrec.teachers.keywords import KeywordsTeacher
    from rdrec.teachers.pool import PooledTeacher, processes_here
    from rdrec.teachers.spacy_model import english

    english()
    count = processes_here(processes)
    return KeywordsTeacher() if count == 1 else PooledTeacher(KeywordsTeacher, count)


def check_teacher(name: str) -> str:
    """The name itself.  Raises UnknownNameError for an unknown teacher, listing the known ones."""
    if name == "offline":
        raise UnknownNameError(
            "the teacher 'offline' was removed", where="--teacher", todo="use keywords, which also works by rules"
        )
    if name not in TEACHERS:
        raise UnknownNameError(
            f"there is no teacher named {name[:80]!r}", where="--teacher", todo=f"use one of {', '.join(TEACHERS)}"
        )
    return name
