"""Time several ways of the same work in turn, so that a busy machine disturbs all alike.

In: functions without arguments.  Out: medians in milliseconds.  It knows nothing of what is timed.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from tqdm import tqdm


def medians(ways: Mapping[str, Callable[[], object]], repeats: int, warm_up: int, device: str) -> dict[str, float]:
    """Milliseconds of each way: the median of `repeats` rounds after `warm_up` rounds.

    A round runs every way twice and times the second run: what the way before it left in the caches is no one's merit.
    """
    times: dict[str, list[float]] = {name: [] for name in ways}
    with tqdm(total=(warm_up + repeats) * len(ways), desc="time", unit="run", leave=False, disable=None) as bar:
        for turn in range(warm_up + repeats):
            for name, way in ways.items():
                way()
                wait_for(device)  # a GPU may still be at work on the run before
                began = time.perf_counter()
                way()
                wait_for(device)
                if turn >= warm_up:
                    times[name].append((time.perf_counter() - began) * 1000)
                bar.update()
    return {name: statistics.median(found) for name, found in times.items()}


def wait_for(device: str) -> None:
    """Until all work that was handed to `device` is done; on a CPU it is done when a call returns."""
    if device == "cuda":
        torch.cuda.synchronize()


class PeakMemory:
    """The most memory that was taken inside a `with` block, beyond what was held when it began.

    megabytes  set when the block ends; None where the system cannot say (the process's own mark can be reset on Linux alone)
    """

    def __init__(self, device: str) -> None:
        self._device, self._before = device, 0.0
        self.megabytes: float | None = None

    def __enter__(self) -> PeakMemory:
        if self._device == "cuda":
            torch.cuda.reset_peak_memory_stats()
            self._before = torch.cuda.memory_allocated() / 2**20
        else:
            self._before = _resettable_mark()
        return self

    def __exit__(self, *_: object) -> None:
        if self._device == "cuda":
            self.megabytes = torch.cuda.max_memory_allocated() / 2**20 - self._before
        elif self._before:
            self.megabytes = max(0.0, _status("VmHWM") - self._before)


def _resettable_mark() -> float:
    """Put the high-water mark down to what is held now, and say that: MiB, 0 where it cannot be done."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
        return _status("VmRSS")
    except OSError:
        return 0.0


def _status(name: str) -> float:
    """One line of Linux's own account of this process, in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 2**10 for line in lines if line.startswith(f"{name}:"))


def peak_megabytes(device: str) -> float:
    """The most memory so far: of the GPU where one is used, else of the process."""
    if device == "cuda":
        return torch.cuda.max_memory_allocated() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
