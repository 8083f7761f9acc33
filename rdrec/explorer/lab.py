"""Train a small student while a visitor watches: one at a time per server, with limited processor time; nothing is stored.

A separate process trains at low priority (`lab_worker.py`).  It is started when the panel opens, so that training can begin at once, and
ends when the iteration over its events ends, when it is stopped, or with the server.
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
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter

from rdrec.core.home import PROJECT
from rdrec.core.records import InputError, RDRecError
from rdrec.core.settings import integer
from rdrec.explorer.lab_records import STARTS, Beat, Begun, Ended, Event, Job, Look
from rdrec.explorer.store import Store

LOG = logging.getLogger(__name__)
VARIABLE = "RDREC_LAB"
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
WALL = 4  # wall-clock limit as a multiple of the processor time, for a busy machine
BEAT = 0.5  # seconds without an event after which a heartbeat is sent
FEWER = "try again, or serve the page with a smaller RDREC_LAB_SHOPPERS"
LAST_WORDS = 5.0  # seconds for a finished process to exit by itself, so that its exit code is meaningful
_EVENTS: dict[str, TypeAdapter[Any]] = {"begun": TypeAdapter(Begun), "look": TypeAdapter(Look), "ended": TypeAdapter(Ended)}
LOGGED = 2_000  # last characters of a failed process's error output


def allowed(option: bool = False) -> Lab | None:
    """A lab if `option` or $RDREC_LAB enables it.  Raises InputError for a value of $RDREC_LAB that is neither 0 nor 1."""
    value = os.environ.get(VARIABLE) or "0"
    if value not in ("0", "1"):
        raise InputError(
            f"{value[:20]!r} is invalid",
            where=f"${VARIABLE}",
            todo="use 1 to let visitors train a student, otherwise 0 or nothing",
        )
    return Lab() if option or value == "1" else None


class LabBusyError(RDRecError):
    """Another training is running; it ends in at most `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"another training is running; it ends in {seconds} seconds at the latest", todo="try again then")
        self.seconds = seconds


class Worker:
    """A process that waits for one job or runs it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "rdrec.explorer.lab_worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, cwd=PROJECT, env=os.environ | ONE_THREAD, start_new_session=True,
        )  # fmt: skip
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    @property
    def alive(self) -> bool:
        """Whether the process is still running."""
        return self._process.poll() is None

    def give(self, job: Job) -> None:
        """Send the job.  Raises RDRecError if the process has ended."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(asdict(job)) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise RDRecError("the training process ended before it began", todo="try again") from None
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with suppress(ValueError):  # closed while being read
            for line in self._process.stdout:
                self._lines.put(line)
        self._lines.put(None)

    def next_message(self) -> dict[str, Any] | None:
        """The next message, or None if the process has ended.  Raises queue.Empty if there is none within BEAT seconds."""
        line = self._lines.get(timeout=BEAT)
        return None if line is None else json.loads(line)

    def kill(self) -> None:
        """End the process; `next_message` then returns None."""
        self._process.kill()

    def end(self, patience: float) -> int:
        """Wait `patience` seconds, then kill the process; return its exit code.  The error output of a failed process is logged."""
        try:
            code = self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        assert self._process.stderr is not None
        errors = self._process.stderr.read()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        if code > 0:
            LOG.warning("a training on the page failed: %s", errors[-LOGGED:])
        return code


class Lab:
    """The training of a server, one at a time."""

    def __init__(self) -> None:
        self._turn, self._change = threading.Lock(), threading.Lock()
        self._spare: Worker | None = None
        self._worker: Worker | None = None
        self._owner, self._stopped, self._latest = "", False, 0.0

    def prepare(self) -> None:
        """Start a process that loads what training needs, unless one is waiting or running."""
        with self._change:
            if self._worker is None and (self._spare is None or not self._spare.alive):
                self._spare = Worker()

    def close(self) -> None:
        """End all processes."""
        with self._change:
            for worker in (self._worker, self._spare):
                if worker is not None:
                    worker.kill()

    def left(self) -> int:
        """Maximum number of seconds until the running training ends."""
        return max(1, math.ceil(self._latest - time.monotonic()))

    def stop(self, owner: str) -> None:
        """End the running training if this visitor started it; its iterator then yields `Ended("stopped")`."""
        with self._change:
            if self._worker is not None and self._owner == owner:
                self._stopped = True
                self._worker.kill()

    def train(self, store: Store, user: int, seed: int = 0, start: str = STARTS[0], owner: str = "") -> Iterator[Event]:
        """Train, and yield the events of the training.  Closing the iterator ends the process.

        start  one of `STARTS`
        owner  the visitor who may `stop` it
        Raises LabBusyError if another training is running, and RDRecError if a student cannot be trained.
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
            for event in self._events_of(worker, start):
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

    def _events_of(self, worker: Worker, start: float) -> Iterator[Event]:
        """The events of a process until it ends, with heartbeats between them."""
        while True:
            try:
                message = worker.next_message()
            except queue.Empty:
                yield Beat(time.monotonic() - start)
                continue
            if message is None:
                return
            kind = message.pop("kind")
            if kind == "failed":
                raise RDRecError(message["what"], todo=message["todo"])
            yield _EVENTS[kind].validate_python(message)

    def _end(self, code: int) -> Ended:
        """Why a process ended without an `Ended` event.  Raises RDRecError if that is an error."""
        if self._stopped:
            return Ended("stopped")
        if code == -signal.SIGXCPU:
            return Ended("time")
        if time.monotonic() >= self._latest:
            return Ended("slow")
        if code < 0:
            raise RDRecError("the system ended the training, most likely because memory ran out", todo=FEWER)
        raise RDRecError("the training failed", todo="see the server's log for the reason")
