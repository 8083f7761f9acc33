"""Processes of this machine that work for this one: deaf to Ctrl-C, which is their parent's business, and gone when it is gone.

In: nothing.  Out: two things that whoever starts processes needs.  It knows no work.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import parent_process


@contextmanager
def deaf_to_ctrl_c() -> Iterator[None]:
    """Processes started inside stay deaf to Ctrl-C, which a terminal sends to all of them.  For the main thread."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def end_with_parent() -> None:
    """Wait for the parent's end, then end: the work of a thread of a child.  What was saved is whole, and nobody would hear more."""
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
