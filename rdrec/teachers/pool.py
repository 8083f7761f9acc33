"""Read reviews with the same teacher in several processes on this machine; answers and their order do not change.

A few reviews are read by this process itself, because a new one would first have to load the program and its word lists.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from itertools import islice
from multiprocessing import get_context

from rdrec.core.children import cores, end_with_parent, ignore_sigint
from rdrec.core.records import RDRecError, Review, TeacherAnswer
from rdrec.core.settings import integer
from rdrec.teachers.base import Teacher

_AHEAD = 4  # pieces in progress or waiting per process, so that none has to wait for the journal
Make = Callable[[], Teacher]


def processes_here(wanted: int = 0) -> int:
    """`wanted`, or for 0 one process per core that this process may use, at most `distill.most_processes`."""
    return wanted or min(cores(), integer("distill.most_processes"))


class PooledTeacher:
    """Implements `teachers.Teacher`.  make: a module-level function that creates the teacher; each process calls it once."""

    def __init__(self, make: Make, processes: int) -> None:
        self._make, self._own, self.processes = make, make(), processes
        self.name, self.config, self.batch_size = self._own.name, self._own.config, self._own.batch_size

    def answers(self, reviews: Sequence[Review]) -> Iterator[TeacherAnswer]:
        """Yield one answer per review, in their order.  Raises RDRecError if a process was killed."""
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
                pool.shutdown(cancel_futures=True)  # pieces in progress finish within a moment; the others are cancelled


_teacher: Teacher  # of a process of the pool


def _start(make: Make) -> None:
    global _teacher
    threading.Thread(target=end_with_parent, daemon=True).start()
    _teacher = make()


def _read(reviews: Sequence[Review]) -> list[TeacherAnswer]:
    return list(_teacher.answers(reviews))
