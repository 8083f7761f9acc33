"""Live runs: the two students, loaded on first use, on a GPU where there is one.

In: a precomputed folder, its `Store`, a user, a task.  Out: a `LiveAnswer`.  Importing this module imports torch, so the page
does it inside the callback alone.  One pair of students for all visitors; nothing of a visitor is kept.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from rdrec.core.records import ArtefactError, RDRecError, UnknownNameError
from rdrec.core.settings import integer
from rdrec.data.competing import competing_items
from rdrec.evaluation.metrics import place_of_truth, shown_rank
from rdrec.evaluation.ranking import best
from rdrec.explorer.answers import ShippedFacts
from rdrec.explorer.live_records import LiveAnswer, LiveStudent, Ran
from rdrec.explorer.store import Store
from rdrec.ranking.recommender import Recommender
from rdrec.student.checkpoint import LoadedStudent, load_student
from rdrec.student.device import choose_device

T = TypeVar("T")
REASON_CHARS = 120  # of a library's error message


@dataclass(frozen=True)
class _Case:
    """One test case: what the student is shown, and the items that compete."""

    user: int
    task: str
    history: list[int]
    held_out: int | None
    compete: np.ndarray


class LiveStudents:
    """The students of one precomputed folder."""

    def __init__(self, folder: Path, store: Store) -> None:
        self._folder, self._store = folder, store
        self._lock = threading.Lock()  # one run at a time: two would only share the same cores
        self._students: dict[str, Recommender] = {}
        self._shipped: dict[str, Recommender] = {}  # further students by run, each opened on first use
        self._device = choose_device()
        self._fell_back: str | None = None
        self._form = ("", "")  # device and precision of the loaded students

    def predict(self, user: int, task: str) -> LiveAnswer:
        """Rank the user's test case now with both students.  Raises RDRecError for an unknown user or broken weights."""
        with self._lock:
            case = self._case(user, task)  # first: a table that cannot be read is no reason to leave the GPU
            return self._somewhere(lambda device: self._answer(device, case))

    def run(self, work: Callable[[Mapping[str, Recommender]], T]) -> Ran[T]:
        """Give `work` the students by role, and time it.  It must be pure: where the GPU fails it is done again on the CPU."""
        with self._lock:
            return self._somewhere(lambda device: self._timed(device, work))

    def run_shipped(self, run: str, work: Callable[[Recommender], T]) -> Ran[T]:
        """The same with one further student of the set.  Raises UnknownNameError for a run that it does not hold."""
        facts = next((one for one in self._store.facts.shipped if one.run == run), None)
        if facts is None:
            raise UnknownNameError(f"no student {run[:40]!r} in {self._store.facts.data!r}", todo="choose another student")
        with self._lock:
            return self._somewhere(lambda device: self._timed_shipped(device, facts, work))

    def _timed_shipped(self, device: str, facts: ShippedFacts, work: Callable[[Recommender], T]) -> Ran[T]:
        began, load_ms = time.perf_counter(), None
        if facts.run not in self._shipped:
            self._store.check_unchanged()
            student = load_student(self._folder / facts.folder, device)
            numbers = self._numbers() if student.item_ids is None else student.item_ids
            self._shipped[facts.run] = Recommender(student, numbers)
            load_ms = (time.perf_counter() - began) * 1000
        recommender = self._shipped[facts.run]
        loaded = recommender.loaded
        assert isinstance(loaded, LoadedStudent)
        began = time.perf_counter()
        result = work(recommender)
        milliseconds = (time.perf_counter() - began) * 1000
        return Ran(loaded.device, loaded.card.precision, load_ms, milliseconds, self._fell_back, result)

    def _somewhere(self, make: Callable[[str], T]) -> T:
        """On the GPU, and where that fails on the CPU from then on."""
        try:
            return make(self._device)
        except (RuntimeError, ArtefactError) as error:  # `load_student` names a full or too old GPU as an ArtefactError
            if self._device == "cpu":
                raise
            reason = _first_line(error)
        self._students, self._shipped, self._fell_back = {}, {}, f"the GPU could not be used ({reason})"
        try:
            answer = make("cpu")
        except Exception:  # broken weights fail here too, and then the GPU is not to blame
            self._students, self._fell_back = {}, None
            raise
        self._device = "cpu"
        return answer

    def _ready(self, device: str) -> float | None:
        """Have the students loaded: the milliseconds that it took, None when they were."""
        if self._students:
            return None
        began = time.perf_counter()
        self._students = self._open(device)
        return (time.perf_counter() - began) * 1000

    def _timed(self, device: str, work: Callable[[Mapping[str, Recommender]], T]) -> Ran[T]:
        load_ms = self._ready(device)
        began = time.perf_counter()
        result = work(self._students)
        return Ran(*self._form, load_ms, (time.perf_counter() - began) * 1000, self._fell_back, result)

    def _answer(self, device: str, case: _Case) -> LiveAnswer:
        load_ms = self._ready(device)
        answers = tuple(self._run(role, student, case) for role, student in self._students.items())
        return LiveAnswer(*self._form, load_ms, answers, self._fell_back)

    def _open(self, device: str) -> dict[str, Recommender]:
        item_ids = self._numbers()
        self._store.check_unchanged()
        loaded = {facts.role: load_student(self._folder / facts.folder, device) for facts in self._store.facts.students}
        self._store.check_unchanged()  # it may have been replaced between two students
        first = next(iter(loaded.values()))
        self._form = (first.device, first.card.precision)
        return {role: Recommender(student, item_ids) for role, student in loaded.items()}

    def _numbers(self) -> np.ndarray:
        """(I + 1,) the item numbers that the two students share."""
        items = self._store.facts.items
        item_ids = np.zeros(items + 1, dtype=np.int64)
        item_ids[1:] = [self._store.item(item).item_id for item in range(1, items + 1)]
        return item_ids

    def _case(self, user: int, task: str) -> _Case:
        purchases = self._store.history(user)
        held_out = next((p.item.item for p in purchases if p.split == "test"), None)
        history = [p.item.item for p in purchases if p.split != "test"]
        if task == "topn":
            compete = np.array(self._store.candidates(user))
            if not len(compete):
                raise RDRecError("this user has too short a history for the best-of-100 task", todo="choose another user")
        else:
            compete = competing_items(self._store.facts.items, history, held_out)
        return _Case(user, task, history, held_out, compete)

    def _run(self, role: str, recommender: Recommender, case: _Case) -> LiveStudent:
        held_out, compete = case.held_out, case.compete
        began = time.perf_counter()
        if case.task == "topn":
            scores = recommender.topn([case.user], [compete.tolist()])[0]
        else:
            scores = recommender.sequential([case.user], [case.history])[0]
        items, probabilities = best(scores, compete, integer("precompute.top"))
        milliseconds = (time.perf_counter() - began) * 1000
        rank = None
        if held_out is not None:
            rank = shown_rank(*place_of_truth(scores[compete], int(np.flatnonzero(compete == held_out)[0])))
        return LiveStudent(role, milliseconds, items.tolist(), probabilities.tolist(), rank)


def _first_line(error: Exception) -> str:
    """What went wrong, without the server's paths, short enough for a sentence."""
    lines = (error.what if isinstance(error, RDRecError) else str(error)).strip().splitlines()
    return lines[0][:REASON_CHARS] if lines else type(error).__name__
