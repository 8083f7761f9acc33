"""The interfaces of teachers, and how a teacher is found by name.

A teacher gives one answer per review: a rationale, `NothingFound`, or `Failed` if there is no usable answer.  It never raises an error
because of a single review, and never invents text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from rdrec.core.records import Review, TeacherAnswer, UnknownNameError
from rdrec.core.settings import integer
from rdrec.core.vocabulary import TEACHERS
from rdrec.data.rationales import ANSWER_KEY

SERVER, FAULT = "server:", "fault:"  # how the reason of a `Failed` begins if the server, or a fault in our code, is the cause


class _Named(Protocol):
    @property
    def name(self) -> str:
        """The teacher's name."""

    @property
    def config(self) -> dict[str, Any]:
        """What affects the answers, including a version; answers with different configs are never mixed."""


class Teacher(_Named, Protocol):
    """A teacher that answers in the order of the reviews.

    batch_size  how many answers should be journalled together
    answers     yields the answers one by one, in the order of the reviews
    """

    @property
    def batch_size(self) -> int:
        """How many answers are journalled together."""

    def answers(self, reviews: Sequence[Review]) -> Iterator[TeacherAnswer]:
        """Yield one answer per review, in their order."""


@dataclass(frozen=True, slots=True)
class TeacherResult:
    """One answer of a teacher.  raw: a language model's own words, if any; attempts: how many times it was asked."""

    review: Review
    answer: TeacherAnswer
    raw: str | None = None
    attempts: int = 1


@runtime_checkable
class StreamingTeacher(_Named, Protocol):
    """A teacher that works on many reviews at once and answers in the order in which they are finished.

    stream  yields lists of finished answers; each list is journalled together
    note    a short text for the progress bar ("3 failed, $0.12")
    spent   what the run used, for example requests and tokens
    """

    def stream(self, reviews: Sequence[Review]) -> Iterator[list[TeacherResult]]:
        """Yield lists of results as they are finished, in any order."""

    def note(self) -> str:
        """A short text for the progress bar."""

    def spent(self) -> dict[str, float]:
        """What the run has used so far."""


def results_of(teacher: Teacher | StreamingTeacher, reviews: Sequence[Review]) -> Iterator[list[TeacherResult]]:
    """The results of either kind of teacher, in lists that are journalled together."""
    return teacher.stream(reviews) if isinstance(teacher, StreamingTeacher) else _in_batches(teacher, reviews)


def _in_batches(teacher: Teacher, waiting: Sequence[Review]) -> Iterator[list[TeacherResult]]:
    """The answers of a teacher that reads in order, batch by batch."""
    size = max(1, min(teacher.batch_size, integer("distill.journal_batch")))
    results: list[TeacherResult] = []
    try:
        for review, answer in zip(waiting, teacher.answers(waiting), strict=True):
            results.append(TeacherResult(review, answer))
            if len(results) == size:
                batch, results = results, []
                yield batch
    except BaseException:  # Ctrl-C or a failing teacher within a batch: keep the answers so far
        if results:
            yield results
        raise
    if results:
        yield results


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
