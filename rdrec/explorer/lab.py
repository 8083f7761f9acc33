"""Training a small student while a visitor watches: one at a time for the whole server, bounded in processor time, nothing kept.

The work is done by a process of its own, which trains at low priority (`lab_worker.py`).  One is made ready when the panel is opened, so that a
training begins at once; it ends with the iteration over its looks, when it is stopped, and with the server.
"""

from __future__ import annotations

import json
import logging
import math
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from rdrec.core.home import PROJECT
from rdrec.core.records import InputError, RDRecError
from rdrec.core.settings import integer
from rdrec.explorer.lab_records import STARTS, Beat, Begun, Ended, Event, Job, Look, Score
from rdrec.explorer.store import Store

LOG = logging.getLogger(__name__)
VARIABLE = "RDREC_LAB"
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
WALL = 4  # times the processor time that a busy machine may need for it
BEAT = 0.5  # seconds without news after which the visitor is told that work goes on
FEWER = "try again, or serve the page with a smaller RDREC_LAB_SHOPPERS"
LAST_WORDS = 5.0  # seconds for a process that says no more to end by itself, so that its exit code is its own
LOGGED = 2_000  # characters of what a failed process said last


def allowed(option: bool = False) -> Lab | None:
    """A lab where `option` or $RDREC_LAB asks for one.  Raises InputError for a value of $RDREC_LAB that is neither 0 nor 1."""
    value = os.environ.get(VARIABLE) or "0"
    if value not in ("0", "1"):
        raise InputError(
            f"{value[:20]!r} cannot be", where=f"${VARIABLE}", todo="use 1 to let visitors train a student, 0 or nothing not to"
        )
    return Lab() if option or value == "1" else None


class LabBusyError(RDRecError):
    """Somebody else's training runs; it ends in `seconds` at the latest."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"another training is running; it ends in {seconds} seconds at the latest", todo="try again then")
        self.seconds = seconds


class Worker:
    """A process that is ready for one job, or at it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "rdrec.explorer.lab_worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, cwd=PROJECT, env=os.environ | ONE_THREAD, start_new_session=True,
        )  # fmt: skip
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def give(self, job: Job) -> None:
        """Raises RDRecError where the process has ended."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(asdict(job)) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise RDRecError("the training process ended before it began", todo="try again") from None
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with suppress(ValueError):  # closed while it was read
            for line in self._process.stdout:
                self._lines.put(line)
        self._lines.put(None)

    def news(self) -> dict[str, Any] | None:
        """The next thing that it says, None where it has ended.  Raises queue.Empty where there is nothing new for a moment."""
        line = self._lines.get(timeout=BEAT)
        return None if line is None else json.loads(line)

    def kill(self) -> None:
        """End it; whoever reads its news then hears that there are no more."""
        self._process.kill()

    def end(self, patience: float) -> int:
        """Its exit code; after some seconds of patience it is killed.  What it said when it failed is logged."""
        try:
            code = self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        assert self._process.stderr is not None
        said = self._process.stderr.read()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        if code > 0:
            LOG.warning("a training on the page failed: %s", said[-LOGGED:])
        return code


class Lab:
    """The one training of a server."""

    def __init__(self) -> None:
        self._turn, self._change = threading.Lock(), threading.Lock()
        self._spare: Worker | None = None
        self._worker: Worker | None = None
        self._owner, self._stopped, self._latest = "", False, 0.0

    def prepare(self) -> None:
        """Have a process load what a training needs, unless one is ready or at work."""
        with self._change:
            if self._worker is None and (self._spare is None or not self._spare.alive):
                self._spare = Worker()

    def close(self) -> None:
        """End whatever runs."""
        with self._change:
            for worker in (self._worker, self._spare):
                if worker is not None:
                    worker.kill()

    def left(self) -> int:
        """Seconds until the running training has ended at the latest."""
        return max(1, math.ceil(self._latest - time.monotonic()))

    def stop(self, owner: str) -> None:
        """End the training that this visitor has started, if it runs; its iterator then says so."""
        with self._change:
            if self._worker is not None and self._owner == owner:
                self._stopped = True
                self._worker.kill()

    def train(self, store: Store, user: int, seed: int = 0, start: str = STARTS[0], owner: str = "") -> Iterator[Event]:
        """What happens, to the end of the training.  Closing the iterator ends the process.

        start  one of `STARTS`
        owner  who may `stop` it
        Raises LabBusyError where another one runs, and RDRecError where a student cannot be trained.
        """
        store.user(user)
        if not self._turn.acquire(blocking=False):
            raise LabBusyError(self.left())
        try:
            yield from self._events(Job(str(store.folder), store.facts.data, store.facts.teacher, user, seed, start), owner)
        finally:
            self._turn.release()

    def _events(self, job: Job, owner: str) -> Iterator[Event]:
        start = time.monotonic()
        with self._change:
            worker = self._spare if self._spare is not None and self._spare.alive else Worker()
            self._spare, self._worker = None, worker
            self._owner, self._stopped = owner, False
            self._latest = start + WALL * integer("lab.seconds")
        timer = threading.Timer(self._latest - start, worker.kill)
        timer.daemon = True
        timer.start()
        ended, patience = False, 0.0
        try:
            yield Beat(0.0)
            worker.give(job)
            for event in self._told(worker, start):
                ended = ended or isinstance(event, Ended)
                yield event
            patience = LAST_WORDS
        finally:
            timer.cancel()
            with self._change:
                self._worker = None
            code = worker.end(patience)
        if not ended:
            yield self._end(code)

    def _told(self, worker: Worker, start: float) -> Iterator[Event]:
        """What the process says, until it says no more."""
        while True:
            try:
                news = worker.news()
            except queue.Empty:
                yield Beat(time.monotonic() - start)
                continue
            if news is None:
                return
            kind = news.pop("kind")
            if kind == "failed":
                raise RDRecError(news["what"], todo=news["todo"])
            yield _EVENTS[kind](news)

    def _end(self, code: int) -> Ended:
        """Why a process ended without a word.  Raises RDRecError where that is a fault."""
        if self._stopped:
            return Ended("stopped")
        if code == -signal.SIGXCPU:
            return Ended("time")
        if time.monotonic() >= self._latest:
            return Ended("slow")
        if code < 0:
            raise RDRecError("the system ended the training, most likely because memory ran out", todo=FEWER)
        raise RDRecError("the training failed", todo="look into the server's log for the reason")


def _look(news: dict[str, Any]) -> Look:
    return Look(**news | {"score": Score(**news["score"])})


def _begun(news: dict[str, Any]) -> Begun:
    return Begun(**news | {"rules": {name: Score(**score) for name, score in news["rules"].items()}})


_EVENTS: dict[str, Callable[[dict[str, Any]], Event]] = {"begun": _begun, "look": _look, "ended": lambda news: Ended(**news)}
