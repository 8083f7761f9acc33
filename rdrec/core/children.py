"""Helpers for worker processes: count cores, ignore Ctrl-C, which the parent handles, and exit when the parent ends."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import parent_process

_POLL = 0.5  # seconds


@contextmanager
def ignore_sigint() -> Iterator[None]:
    """Make processes started in this block ignore Ctrl-C, which a terminal sends to all of them.  Call it in the main thread."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def end_with_parent() -> None:
    """Wait until the parent ends, then exit.  Runs in a thread of the child; an abrupt exit is safe because files are written atomically."""
    if parent := parent_process():
        parent.join()
    else:  # another program started it, such as `accelerate launch`
        number = os.getppid()
        while os.getppid() == number:
            time.sleep(_POLL)
    os._exit(1)
