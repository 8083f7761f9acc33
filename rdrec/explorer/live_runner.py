"""The students of each data set, opened on first use under a lock and shared by all visitors.

The module that loads models is imported on the first run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rdrec.explorer.live_records import LiveAnswer, OpenStudents, Ran, Students
from rdrec.explorer.store import Store

if TYPE_CHECKING:  # torch
    from rdrec.ranking.recommender import Recommender

T = TypeVar("T")


class LiveRunner:
    """Runs the students of all data sets."""

    def __init__(self, open_students: OpenStudents | None = None) -> None:
        self._open = open_students or _open_students
        self._students: dict[str, Students] = {}
        self._lock = threading.Lock()

    def predict(self, store: Store, user: int, task: str) -> LiveAnswer:
        """Rank a test case with both students.  Raises RDRecError if they cannot be opened or do not match the data set."""
        return self._of(store).predict(user, task)

    def run(self, store: Store, work: Callable[[Mapping[str, Recommender]], T]) -> Ran[T]:
        """Run any other work with the students of a data set, one at a time.  Raises like `predict`, and whatever `work` raises."""
        return self._of(store).run(work)

    def run_shipped(self, store: Store, run: str, work: Callable[[Recommender], T]) -> Ran[T]:
        """Run work with a shipped student, named by its run.  Raises like `run`, and UnknownNameError."""
        return self._of(store).run_shipped(run, work)

    def _of(self, store: Store) -> Students:
        key = str(store.folder)
        with self._lock:
            if key not in self._students:
                self._students[key] = self._open(store.folder, store)
            return self._students[key]


def _open_students(folder: Path, store: Store) -> Students:
    from rdrec.explorer.live_students import LiveStudents  # imports torch

    students: Students = LiveStudents(folder, store)
    return students
