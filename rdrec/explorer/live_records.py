"""Results of live runs.  Does not import torch, because the page imports this before any model is loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from rdrec.explorer.store import Store

if TYPE_CHECKING:  # torch
    from rdrec.ranking.recommender import Recommender

T = TypeVar("T")


@dataclass(frozen=True)
class LiveStudent:
    """One student's live ranking.  `items`: internal item numbers, best first; `probabilities`: in the same order."""

    role: str
    milliseconds: float
    items: list[int]
    probabilities: list[float]
    truth_rank: int | None


@dataclass(frozen=True)
class LiveAnswer:
    """Both students' rankings and the device used.  `load_ms` is None if the students were already loaded."""

    device: str
    precision: str
    load_ms: float | None
    students: tuple[LiveStudent, ...]
    fell_back: str | None


@dataclass(frozen=True)
class Ran(Generic[T]):
    """The result of work with loaded students, and the device used; `milliseconds` without loading."""

    device: str
    precision: str
    load_ms: float | None
    milliseconds: float
    fell_back: str | None
    result: T


@dataclass(frozen=True)
class Job(Generic[T]):
    """Work with loaded students that can be pickled and sent to another process, as ZeroGPU needs.

    do         a module-level function
    arguments  passed after the students
    role       the student passed to `do`; None: all loaded students
    """

    do: Callable[..., T]
    arguments: tuple[Any, ...] = ()
    role: str | None = None

    def __call__(self, students: Any) -> T:
        return self.do(students if self.role is None else students[self.role], *self.arguments)

    @property
    def lists(self) -> int:
        """Total length of the lists among the arguments; each entry is one ranking."""
        return sum(len(argument) for argument in self.arguments if isinstance(argument, (list, tuple)))


class Students(Protocol):
    """Students that can be run, on any device."""

    def predict(self, user: int, task: str) -> LiveAnswer: ...

    def run(self, work: Callable[[Mapping[str, Recommender]], T]) -> Ran[T]: ...

    def run_shipped(self, run: str, work: Callable[[Recommender], T]) -> Ran[T]: ...


class OpenStudents(Protocol):
    """Opens the students of a data set; called at most once per data set, on the first live run."""

    def __call__(self, folder: Path, store: Store, /) -> Students: ...


@dataclass(frozen=True)
class OwnAnswer:
    """Both students' top items for a list of purchases: (item, probability), best first, by role."""

    firsts: Mapping[str, Sequence[tuple[int, float]]]
