"""Live runs of the two students, loaded on first use, on a GPU if there is one.

Imports torch, so the page imports it only inside callbacks.  All visitors share the students; nothing about a visitor is stored.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from rdrec.core import zero_gpu
from rdrec.core.records import ArtefactError, RDRecError, UnknownNameError
from rdrec.core.settings import integer
from rdrec.data.cases import competing_items
from rdrec.evaluation.metrics import place_among, shown_rank
from rdrec.evaluation.ranking import best
from rdrec.explorer.live_runner import Job, LiveAnswer, LiveStudent, Ran
from rdrec.explorer.live_teachers import first_line
from rdrec.explorer.store import Store
from rdrec.ranking.recommender import Recommender
from rdrec.student.checkpoint import load_student
from rdrec.student.device import choose_device

T = TypeVar("T")
Work = Callable[[Mapping[str, Recommender]], T]


@dataclass(frozen=True)
class Case:
    """One test case: the history shown to the student, and the competing items."""

    user: int
    task: str
    history: list[int]
    held_out: int | None
    compete: np.ndarray


@dataclass(frozen=True)
class Place:
    """The location of the students of one set, in a form that can be sent to another process.

    folders       (role, folder) of each student
    item_ids      int64 (I + 1,): the number by which the students know each item; entry 0 is unused
    temperatures  by role and task; none: probabilities are not calibrated
    """

    folders: tuple[tuple[str, Path], ...]
    item_ids: np.ndarray
    temperatures: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


class Loaded:
    """The students of one place on one device, loaded on first use.  Not thread-safe."""

    def __init__(self, place: Place, device: str, check: Callable[[], None] = lambda: None) -> None:
        """check: called before and after loading; raises if the set was replaced meanwhile"""
        self._place, self._device, self._check = place, device, check
        self._students: dict[str, Recommender] = {}
        self._form = ("", "")  # device and precision of the loaded students

    def run(self, work: Work[T], fell_back: str | None = None) -> Ran[T]:
        """Call `work` with the students by role, and time it."""
        load_ms = self._ready()
        began = time.perf_counter()
        result = work(self._students)
        return Ran(*self._form, load_ms, (time.perf_counter() - began) * 1000, fell_back, result)

    def _ready(self) -> float | None:
        """Load the students if necessary; return the milliseconds, or None if they were already loaded."""
        if self._students:
            return None
        began = time.perf_counter()
        self._check()
        loaded = {role: load_student(folder, self._device) for role, folder in self._place.folders}
        self._check()
        first = next(iter(loaded.values()))
        self._form = (first.device, first.card.precision)
        for role, student in loaded.items():
            numbers = self._place.item_ids if student.item_ids is None else student.item_ids
            self._students[role] = Recommender(student, numbers, temperatures=self._place.temperatures.get(role))
        return (time.perf_counter() - began) * 1000


class LiveStudents:
    """The students of one precomputed folder, on this machine's GPU or CPU, or on a borrowed GPU (`zero_gpu`)."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()  # one run at a time: two would only share the same cores
        students = store.facts.students
        self._pair = Place(
            tuple((facts.role, store.folder / facts.folder) for facts in students),
            _numbers(store),
            {facts.role: facts.temperatures for facts in students},
        )
        self._device = choose_device()
        self._fell_back: str | None = None
        self._opened: dict[tuple[tuple[str, Path], ...], Loaded] = {}  # the pair, and each shipped student

    def predict(self, user: int, task: str) -> LiveAnswer:
        """Rank the user's test case now with both students.  Raises RDRecError for an unknown user or broken weights."""
        case = self._case(user, task)  # before the run, so that an unreadable table is not taken for a GPU failure
        return self._run(self._pair, partial(_answers, case))

    def run(self, work: Work[T]) -> Ran[T]:
        """Call `work` with the students by role, and time it.

        `work` must be pure, because it is repeated on the CPU if the GPU fails.  On ZeroGPU it must be a `Job`, which can be pickled.
        """
        return self._run(self._pair, work)

    def run_shipped(self, run: str, work: Callable[[Recommender], T]) -> Ran[T]:
        """The same with one shipped student.  Raises UnknownNameError for an unknown run."""
        facts = next((student for student in self._store.facts.shipped if student.run == run), None)
        if facts is None:
            raise UnknownNameError(f"no student {run[:40]!r} in {self._store.facts.data!r}", todo="choose another student")
        place = Place(((run, self._store.folder / facts.folder),), self._pair.item_ids)
        return self._run(place, partial(_only, work))

    def _run(self, place: Place, work: Work[T]) -> Ran[T]:
        """Run on a borrowed GPU under ZeroGPU, otherwise on this machine's GPU; if that fails, on the CPU from then on."""
        refused = None
        if zero_gpu.lends():
            self._store.check_unchanged()
            try:
                answer: Ran[T] = _work_on_card(place, work)
                self._store.check_unchanged()
                return answer
            except zero_gpu.NoCardError as error:  # only this time: the next visitor may have quota left
                refused = f"no GPU was assigned ({error.what})"
        with self._lock:
            try:
                return self._at(place).run(work, refused or self._fell_back)
            except (RuntimeError, ArtefactError) as error:  # `load_student` raises ArtefactError for a full or unsupported GPU
                if self._device == "cpu":
                    raise
                reason = first_line(error)
            before = self._device
            self._opened, self._device, self._fell_back = {}, "cpu", f"the GPU could not be used ({reason})"
            try:
                return self._at(place).run(work, self._fell_back)
            except Exception:  # broken weights fail on the CPU too, so the GPU was not the cause
                self._opened, self._device, self._fell_back = {}, before, None
                raise

    def _at(self, place: Place) -> Loaded:
        """The students of a place on the current device."""
        if place.folders not in self._opened:
            self._opened[place.folders] = Loaded(place, self._device, self._store.check_unchanged)
        return self._opened[place.folders]

    def _case(self, user: int, task: str) -> Case:
        purchases = self._store.history(user)
        held_out = next((p.item.item for p in purchases if p.split == "test"), None)
        history = [p.item.item for p in purchases if p.split != "test"]
        if task == "topn":
            compete = np.array(self._store.candidates(user))
            if not len(compete):
                raise RDRecError("this shopper has too few purchases for the list of candidates", todo="choose another shopper")
        else:
            compete = competing_items(self._store.facts.items, history, held_out)
        return Case(user, task, history, held_out, compete)


def _numbers(store: Store) -> np.ndarray:
    """(I + 1,): the item numbers that the two students share."""
    items = store.facts.items
    item_ids = np.zeros(items + 1, dtype=np.int64)
    item_ids[1:] = [store.item(item).item_id for item in range(1, items + 1)]
    return item_ids


def _only(work: Callable[[Recommender], T], students: Mapping[str, Recommender]) -> T:
    (student,) = students.values()
    return work(student)


def _answers(case: Case, students: Mapping[str, Recommender]) -> tuple[LiveStudent, ...]:
    """Rank one case with every student."""
    return tuple(_rank(role, student, case) for role, student in students.items())


def _rank(role: str, recommender: Recommender, case: Case) -> LiveStudent:
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
        rank = shown_rank(*place_among(scores[compete], compete, held_out))
    return LiveStudent(role, milliseconds, items.tolist(), probabilities.tolist(), rank)


# Loaded students in the process that holds a borrowed GPU.  They take a few megabytes and load in well under a second.  Unlike large models,
# they are not kept on the emulated GPU of the page's process, where they could not run if no GPU is available.
_on_card: dict[tuple[tuple[str, Path], ...], Loaded] = {}


def _work(place: Place, work: Any) -> Any:
    return _on_card.setdefault(place.folders, Loaded(place, "cuda")).run(work)


def _seconds(place: Place, work: object) -> int:
    """GPU time to request: `live.card_seconds` to start the process, load the students and rank, and a little for each further ranking."""
    job = work.args[0] if isinstance(work, partial) else work
    rankings = job.lists if isinstance(job, Job) else 0
    return integer("live.card_seconds") + rankings * len(place.folders) // integer("live.card_rankings")


_work_on_card: Callable[[Place, Any], Any] = zero_gpu.on_card(_work, _seconds)
