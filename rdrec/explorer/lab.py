"""Training a small student while visitors watch: one at a time for the whole server, bounded in processor time, nothing kept.

The work is done by a process of its own at low priority (`lab_worker.py`), which ends with the iteration over its looks.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rdrec.core.home import PROJECT
from rdrec.core.records import RDRecError
from rdrec.core.settings import integer
from rdrec.explorer.store import Store

ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
WALL = 4  # times the processor time that a busy machine may need for it


class LabBusyError(RDRecError):
    """Somebody else's training runs; `seconds`: at most so long."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"another training is running, {seconds} seconds left", todo="try again then")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Look:
    """The student after `epoch` passes.  rank: of the hidden product among `among`; None where none is hidden."""

    epoch: int
    loss: float
    sentence: str
    rank: int | None
    among: int
    cpu_s: float


class Lab:
    """The one training of a server."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._used = 0.0

    def left(self) -> int:
        """Seconds of processor time that the running training may still take."""
        return max(1, math.ceil(integer("lab.seconds") - self._used))

    def train(self, store: Store, user: int, seed: int = 0) -> Iterator[Look]:
        """A look after every epoch, until the processor time is spent or the iterator is closed, which ends the process.

        Raises LabBusyError where another one runs.
        """
        store.user(user)
        if not self._turn.acquire(blocking=False):
            raise LabBusyError(self.left())
        try:
            self._used = 0.0
            yield from self._looks(store.folder, user, seed)
        finally:
            self._turn.release()

    def _looks(self, folder: Path, user: int, seed: int) -> Iterator[Look]:
        with tempfile.TemporaryDirectory(prefix="rdrec-lab-", ignore_cleanup_errors=True) as state:
            command = [sys.executable, "-m", "rdrec.explorer.lab_worker", str(folder), str(user), str(seed), f"{state}/state"]
            worker = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=PROJECT,
                env=os.environ | ONE_THREAD, start_new_session=True,
            )  # fmt: skip
            timer = threading.Timer(WALL * integer("lab.seconds"), worker.kill)
            timer.daemon = True
            timer.start()
            seen = 0
            try:
                assert worker.stdout is not None
                for line in worker.stdout:
                    look = Look(**json.loads(line))
                    seen, self._used = seen + 1, look.cpu_s
                    yield look
            finally:
                timer.cancel()
                worker.kill()
                worker.wait()
                for pipe in (worker.stdin, worker.stdout):
                    if pipe is not None:
                        pipe.close()
            if not seen:
                raise RDRecError(
                    "the training ended before its first look", todo="raise RDREC_LAB_SECONDS, or see docs/settings.md"
                )
