"""Live runs of the students: their results, and the runner that opens the students of each data set on first use.

Does not import torch, because the page imports this before any model is loaded; the module that loads models comes with the first run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from rdrec.explorer.store import Store

if TYPE_CHECKING:  # torch
    from rdrec.explorer.live_students import LiveStudents

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
class Ran(Generic[T]):
    """The result of work with loaded students, and the device used.

    load_ms       None if the students were already loaded; `milliseconds`: without loading
    """

    device: str
    precision: str
    load_ms: float | None
    milliseconds: float
    fell_back: str | None
    result: T


LiveAnswer = Ran[tuple[LiveStudent, ...]]
"""Both students' rankings."""


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
        """Do the work with all students, or with the one in `role`."""
        return self.do(students if self.role is None else students[self.role], *self.arguments)

    @property
    def lists(self) -> int:
        """Total length of the lists among the arguments; each entry is one ranking."""
        return sum(len(argument) for argument in self.arguments if isinstance(argument, (list, tuple)))


class LiveRunner:
    """The students of all data sets, each opened once and shared by all visitors."""

    def __init__(self, open_students: Callable[[Store], LiveStudents] | None = None) -> None:
        self._open = open_students or _open_students
        self._students: dict[str, LiveStudents] = {}
        self._lock = threading.Lock()

    def of(self, store: Store) -> LiveStudents:
        """The students of a data set.  Raises RDRecError if they cannot be opened or do not match it."""
        key = str(store.folder)
        with self._lock:
            if key not in self._students:
                self._students[key] = self._open(store)
            return self._students[key]


def _open_students(store: Store) -> LiveStudents:
    from rdrec.explorer.live_students import LiveStudents

    return LiveStudents(store)
