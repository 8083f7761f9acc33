"""Live runs: the two students, loaded on first use, on a GPU where there is one.

In: a precomputed folder, its `Store`, a user, a task.  Out: a `LiveAnswer`.  Importing this module imports torch, so the page
does it inside the callback alone.  One pair of students for all visitors; nothing of a visitor is kept.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import torch

from rdrec.evaluate.metrics import rank_of_truth
from rdrec.evaluate.ranking import best
from rdrec.precompute.store import Store
from rdrec.rank.recommender import Recommender
from rdrec.records import RDRecError
from rdrec.settings import integer
from rdrec.student.checkpoint import load_student
from rdrec.student.device import choose_device
from rdrec.ui.live_records import LiveAnswer, LiveStudent


class LiveStudents:
    """The students of one precomputed folder."""

    def __init__(self, folder: Path, store: Store) -> None:
        self._folder, self._store = folder, store
        self._lock = threading.Lock()  # one run at a time: two would only share the same cores
        self._students: dict[str, Recommender] = {}
        self._fell_back: str | None = None

    def predict(self, user: int, task: str) -> LiveAnswer:
        """Rank the user's test case now with both students.  Raises RDRecError for an unknown user or broken weights."""
        with self._lock:
            began = time.perf_counter()
            fresh = not self._students
            if fresh:
                self._load()
            load_ms = (time.perf_counter() - began) * 1000 if fresh else None
            answers = tuple(self._run(role, student, user, task) for role, student in self._students.items())
            card = next(iter(self._students.values())).loaded
            return LiveAnswer(card.device, card.card.precision, load_ms, answers, self._fell_back)

    def _load(self) -> None:
        items = self._store.facts.items
        item_ids = np.zeros(items + 1, dtype=np.int64)
        item_ids[1:] = [self._store.item(item).item_id for item in range(1, items + 1)]
        device = choose_device()
        try:
            self._students = self._open(device, item_ids)
        except (RuntimeError, torch.OutOfMemoryError) as error:  # a GPU that is full or too old for the quantised kernels
            if device == "cpu":
                raise
            self._fell_back = f"the GPU could not be used ({str(error).splitlines()[0][:120]})"
            self._students = self._open("cpu", item_ids)

    def _open(self, device: str, item_ids: np.ndarray) -> dict[str, Recommender]:
        return {
            facts.role: Recommender(load_student(self._folder / facts.folder, device), item_ids)
            for facts in self._store.facts.students
        }

    def _run(self, role: str, recommender: Recommender, user: int, task: str) -> LiveStudent:
        purchases = self._store.history(user)
        held_out = next((p.item.item for p in purchases if p.split == "test"), None)
        history = [p.item.item for p in purchases if p.split != "test"]
        began = time.perf_counter()
        if task == "topn":
            compete = np.array(self._store.candidates(user))
            if not len(compete):
                raise RDRecError("this user has too short a history for the best-of-100 task", todo="choose another user")
            scores = recommender.topn([user], [compete.tolist()])[0]
        else:
            compete = np.setdiff1d(np.arange(1, recommender.n_items + 1), [item for item in history if item != held_out])
            scores = recommender.sequential([user], [history])[0]
        items, probabilities = best(scores, compete, integer("precompute.top"))
        milliseconds = (time.perf_counter() - began) * 1000
        rank = None
        if held_out is not None:
            rank = int(np.ceil(rank_of_truth(scores[compete], int(np.flatnonzero(compete == held_out)[0]))))
        return LiveStudent(role, milliseconds, items.tolist(), probabilities.tolist(), rank)
