"""What a teacher is: reviews in, one answer a review out, in order; and the teachers that there are.

In: a teacher's name.  Out: a `Teacher`.  It refuses to know where reviews come from and where answers go.
A teacher that cannot read a review answers `NothingFound`; it never raises for one review and never invents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from rdrec.records import Review, TeacherAnswer, UnknownNameError


class Teacher(Protocol):
    """`config` holds all that determines the answers (a version too): answers of another config are never mixed in.

    `batch_size`: how many reviews it likes to be given at once; a batch is journalled together.
    """

    @property
    def name(self) -> str: ...

    @property
    def config(self) -> dict[str, Any]: ...

    @property
    def batch_size(self) -> int: ...

    def answers(self, reviews: Sequence[Review]) -> Iterator[TeacherAnswer]: ...


def _offline() -> Teacher:
    from rdrec.distill.offline import OfflineTeacher

    return OfflineTeacher()


TEACHERS: dict[str, Callable[[], Teacher]] = {"offline": _offline}


def teacher(name: str) -> Teacher:
    """The teacher of that name.  Raises UnknownNameError that lists the names there are."""
    if name not in TEACHERS:
        raise UnknownNameError(
            f"there is no teacher named {name[:80]!r}", where="--teacher", todo=f"use one of {', '.join(sorted(TEACHERS))}"
        )
    return TEACHERS[name]()
