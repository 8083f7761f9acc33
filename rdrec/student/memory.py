"""Keep freed memory for the next training step.

A step allocates and frees the same large tensors as the step before.  By default glibc returns large blocks to the system, which
then has to clear and map new pages for every one of them; on a CPU that is about a fifth of the time of training.
"""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # mallopt(3)
_LARGEST = 2**30  # bytes; blocks beyond it still go back to the system
_NEVER = 2**31 - 1


def keep_freed_memory() -> bool:
    """Let this process keep blocks of up to 1 GiB when they are freed; False where the C library has no `mallopt`.

    Results do not change, only the time.  The process keeps its peak memory until it ends, so call this only where training is all
    that the process does.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # macOS; musl; Windows
        return False
    return bool(mallopt(_MMAP_THRESHOLD, _LARGEST) and mallopt(_TRIM_THRESHOLD, _NEVER))
