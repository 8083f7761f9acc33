"""Several processes of this machine read reviews with one teacher: the same answers, in the same order.

A small number of reviews is read by this process itself, because another one must first load the program and its word lists.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from itertools import islice
from multiprocessing import get_context
from typing import Any

from rdrec.core.children import end_with_parent, ignore_sigint
from rdrec.core.records import RDRecError, Review, TeacherAnswer
from rdrec.core.settings import integer
from rdrec.teachers.base import Teacher

_AHEAD = 4  # pieces in work or waiting, a process: none waits for the journal
Make = Callable[[], Teacher]


def processes_here(wanted: int = 0) -> int:
    """`wanted`, or with 0 one for each core that this process may use, at most `distill.most_processes`."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return wanted or min(cores, integer("distill.most_processes"))


class PooledTeacher:
    """See the module; implements `teachers.Teacher`.  `make` is a function of the module level: each process calls it once."""

    def __init__(self, make: Make, processes: int) -> None:
        self._make, self._own, self.processes = make, make(), processes

    @property
    def name(self) -> str:
        return self._own.name

    @property
    def config(self) -> dict[str, Any]:
        """That of the teacher: how many read determines no answer."""
        return self._own.config

    @property
    def batch_size(self) -> int:
        return self._own.batch_size

    def answers(self, reviews: Sequence[Review]) -> Iterator[TeacherAnswer]:
        """Raises RDRecError where a process was killed."""
        if self.processes == 1 or len(reviews) < integer("distill.pool_from"):
            yield from self._own.answers(reviews)
            return
        size = integer("distill.pool_piece")
        pieces = (reviews[at : at + size] for at in range(0, len(reviews), size))
        with ProcessPoolExecutor(self.processes, get_context("spawn"), _start, (self._make,)) as pool:
            waiting: deque[Future[list[TeacherAnswer]]] = deque()
            try:
                with ignore_sigint() if threading.current_thread() is threading.main_thread() else nullcontext():
                    waiting.extend(pool.submit(_read, piece) for piece in islice(pieces, _AHEAD * self.processes))
                while waiting:
                    answers = waiting.popleft().result()
                    waiting.extend(pool.submit(_read, piece) for piece in islice(pieces, 1))
                    yield from answers
            except BrokenProcessPool:
                raise RDRecError(
                    f"one of {self.processes} processes was killed (memory may have run out)",
                    where="--processes",
                    todo="run the same command again to resume; --processes 1 needs the least memory",
                ) from None
            finally:
                pool.shutdown(cancel_futures=True)  # what is in work is done in a moment; the rest is not begun


_teacher: Teacher  # of this process, where it is one of a pool


def _start(make: Make) -> None:
    global _teacher
    threading.Thread(target=end_with_parent, daemon=True).start()
    _teacher = make()


def _read(reviews: Sequence[Review]) -> list[TeacherAnswer]:
    return list(_teacher.answers(reviews))
