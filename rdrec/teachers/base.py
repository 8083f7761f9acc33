"""Teachers: reviews in, one answer per review out; and how a teacher is found by name.

A teacher that finds nothing in a review answers `NothingFound`, one that gives no usable answer `Failed`.  It never raises because of
one review and never invents.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from rdrec.core.records import Review, TeacherAnswer, UnknownNameError
from rdrec.core.vocabulary import TEACHERS
from rdrec.data.rationales import ANSWER_KEY

SERVER, FAULT = "server:", "fault:"  # how the reason of a `Failed` begins if the server, or a fault in our code, is the cause


class Teacher(Protocol):
    """`config` holds all that determines the answers (a version too): answers of another config are never mixed in.

    `answers` gives them in the order of the reviews, as it goes; `batch_size`: how many it likes to be journalled together.
    """

    @property
    def name(self) -> str: ...

    @property
    def config(self) -> dict[str, Any]: ...

    @property
    def batch_size(self) -> int: ...

    def answers(self, reviews: Sequence[Review]) -> Iterator[TeacherAnswer]: ...


@dataclass(frozen=True, slots=True)
class Told:
    """One answer of a language model: what it means, its own words (None where none came), and how many times it was asked."""

    review: Review
    answer: TeacherAnswer
    raw: str | None = None
    attempts: int = 1


@runtime_checkable
class StreamingTeacher(Protocol):
    """A teacher that has many reviews in work at once and answers in the order in which it finishes.

    `stream` gives the answers that are finished by now, list after list; each list is journalled together.
    `note` is a short text for the progress bar ("3 failed, $0.12"), `spent` what the run took.
    """

    @property
    def name(self) -> str: ...

    @property
    def config(self) -> dict[str, Any]: ...

    def stream(self, reviews: Sequence[Review]) -> Iterator[list[Told]]: ...

    def note(self) -> str: ...

    def spent(self) -> dict[str, float]: ...


RULES = frozenset(["keywords", "offline"])  # teachers of rules, today's and the earlier one's: what they find is in the review
RESERVED = ("offline", *TEACHERS, "released", ANSWER_KEY, "reference")  # names of rationales that no language model may take


def keywords(processes: int = 1) -> Teacher:
    """`processes`: that read together; 0 for what this machine has.  Raises InputError where spaCy or its model is not installed."""
    from rdrec.teachers.keywords import KeywordsTeacher
    from rdrec.teachers.pool import PooledTeacher, processes_here
    from rdrec.teachers.spacy_model import english

    english()
    count = processes_here(processes)
    return KeywordsTeacher() if count == 1 else PooledTeacher(KeywordsTeacher, count)


def check_teacher(name: str) -> str:
    """Raises UnknownNameError that lists the names there are."""
    if name == "offline":
        raise UnknownNameError(
            "the teacher 'offline' was removed", where="--teacher", todo="use keywords, which also works by rules"
        )
    if name not in TEACHERS:
        raise UnknownNameError(
            f"there is no teacher named {name[:80]!r}", where="--teacher", todo=f"use one of {', '.join(TEACHERS)}"
        )
    return name
