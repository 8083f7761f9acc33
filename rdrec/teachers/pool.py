"""Read reviews with the same teacher in several processes on this machine; answers and their order do not change.

A few reviews are read by this process itself, because a new one would first have to load the program and its word lists.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from itertools import chain, islice
from multiprocessing import get_context

from rdrec.core.children import cores, end_with_parent, ignore_sigint
from rdrec.core.records import RDRecError, Review
from rdrec.core.settings import integer
from rdrec.teachers.base import Teacher, TeacherResult

_AHEAD = 4  # pieces in progress or waiting per process, so that none has to wait for the journal
Make = Callable[[], Teacher]


def processes_here(wanted: int = 0) -> int:
    """`wanted`, or for 0 one process per core that this process may use, at most `distill.most_processes`."""
    return wanted or min(cores(), integer("distill.most_processes"))


class PooledTeacher:
    """Implements `teachers.Teacher`.  make: a module-level function that creates the teacher; each process calls it once."""

    def __init__(self, make: Make, processes: int) -> None:
        self._make, self._own, self.processes = make, make(), processes
        self.name, self.config, self.note, self.spent = self._own.name, self._own.config, self._own.note, self._own.spent

    def stream(self, reviews: Sequence[Review]) -> Iterator[list[TeacherResult]]:
        """Yield results in the order of the reviews.  Raises RDRecError if a process was killed."""
        if self.processes == 1 or len(reviews) < integer("distill.pool_from"):
            yield from self._own.stream(reviews)
            return
        size = integer("distill.pool_piece")
        pieces = (reviews[at : at + size] for at in range(0, len(reviews), size))
        with ProcessPoolExecutor(self.processes, get_context("spawn"), _start, (self._make,)) as pool:
            try:
                results = chain.from_iterable(_in_order(pool, pieces, _AHEAD * self.processes))
                while batch := list(islice(results, integer("distill.journal_batch"))):
                    yield batch
            except BrokenProcessPool:
                raise RDRecError(
                    f"one of {self.processes} processes was killed (memory may have run out)",
                    where="--processes",
                    todo="run the same command again to resume; --processes 1 needs the least memory",
                ) from None
            finally:
                pool.shutdown(cancel_futures=True)  # pieces in progress finish within a moment; the others are cancelled


def _in_order(pool: ProcessPoolExecutor, pieces: Iterator[Sequence[Review]], ahead: int) -> Iterator[list[TeacherResult]]:
    """The results of each piece, in order; `ahead` pieces are in progress or waiting."""
    with ignore_sigint() if threading.current_thread() is threading.main_thread() else nullcontext():
        waiting = deque(pool.submit(_read, piece) for piece in islice(pieces, ahead))
    while waiting:
        results = waiting.popleft().result()
        waiting.extend(pool.submit(_read, piece) for piece in islice(pieces, 1))
        yield results


_teacher: Teacher  # of a process of the pool


def _start(make: Make) -> None:
    global _teacher
    threading.Thread(target=end_with_parent, daemon=True).start()
    _teacher = make()


def _read(reviews: Sequence[Review]) -> list[TeacherResult]:
    return list(chain.from_iterable(_teacher.stream(reviews)))
