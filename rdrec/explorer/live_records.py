"""What a live prediction answers with.  No model, no torch: the page imports this before any model is loaded."""

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
    """One student's ranking, made just now.  `items` are internal item numbers, best first, `probabilities` beside them."""

    role: str
    milliseconds: float
    items: list[int]
    probabilities: list[float]
    truth_rank: int | None


@dataclass(frozen=True)
class LiveAnswer:
    """Both students' rankings, and on what they ran.  `load_ms` is None when the students were loaded before."""

    device: str
    precision: str
    load_ms: float | None
    students: tuple[LiveStudent, ...]
    fell_back: str | None


@dataclass(frozen=True)
class Ran(Generic[T]):
    """What some work with the loaded students came to, and on what it ran; `milliseconds` without loading."""

    device: str
    precision: str
    load_ms: float | None
    milliseconds: float
    fell_back: str | None
    result: T


@dataclass(frozen=True)
class Job(Generic[T]):
    """Work with loaded students in a form that another process can be given, where cards are lent.

    do         a function of a module, not a lambda
    arguments  after the students; they are pickled
    role       the one student that `do` is given; None: whatever is loaded
    """

    do: Callable[..., T]
    arguments: tuple[Any, ...] = ()
    role: str | None = None

    def __call__(self, students: Any) -> T:
        return self.do(students if self.role is None else students[self.role], *self.arguments)

    @property
    def lists(self) -> int:
        """How many lists are among the arguments: each is ranked by itself."""
        return sum(len(argument) for argument in self.arguments if isinstance(argument, (list, tuple)))


class Students(Protocol):
    """Loaded students, whatever runs them."""

    def predict(self, user: int, task: str) -> LiveAnswer: ...

    def run(self, work: Callable[[Mapping[str, Recommender]], T]) -> Ran[T]: ...

    def run_shipped(self, run: str, work: Callable[[Recommender], T]) -> Ran[T]: ...


class OpenStudents(Protocol):
    """How the page gets them: called at most once a data set, on the first live prediction."""

    def __call__(self, folder: Path, store: Store, /) -> Students: ...


@dataclass(frozen=True)
class OwnAnswer:
    """Both students' first items for a list of purchases: (item, probability), best first, by role.

    practised: by role, the share of training rows without the shopper's number.
    """

    firsts: Mapping[str, Sequence[tuple[int, float]]]
    practised: Mapping[str, float]
