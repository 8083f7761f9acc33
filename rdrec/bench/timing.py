"""Time several functions alternately, so that a busy machine affects all of them alike."""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from tqdm import tqdm


def medians(methods: Mapping[str, Callable[[], object]], repeats: int, warm_up: int, device: str) -> dict[str, float]:
    """Median milliseconds of each function over `repeats` rounds, after `warm_up` rounds.

    Each round runs a function twice and times the second run, so that no function benefits from caches filled by the previous one.
    """
    times: dict[str, list[float]] = {name: [] for name in methods}
    with tqdm(total=(warm_up + repeats) * len(methods), desc="time", unit="run", leave=False, disable=None) as bar:
        for turn in range(warm_up + repeats):
            for name, method in methods.items():
                method()
                wait_for(device)  # a GPU may still be busy with the first run
                began = time.perf_counter()
                method()
                wait_for(device)
                if turn >= warm_up:
                    times[name].append((time.perf_counter() - began) * 1000)
                bar.update()
    return {name: statistics.median(found) for name, found in times.items()}


def wait_for(device: str) -> None:
    """Wait until `device` has finished all work submitted to it; a CPU has when the call returns."""
    if device == "cuda":
        torch.cuda.synchronize()


class PeakMemory:
    """Peak memory inside a `with` block, beyond what was in use at its start.

    megabytes  set when the block ends; None if unavailable (a process's peak can only be reset on Linux)
    """

    def __init__(self, device: str) -> None:
        self._device, self._before = device, 0.0
        self.megabytes: float | None = None

    def __enter__(self) -> PeakMemory:
        if self._device == "cuda":
            torch.cuda.reset_peak_memory_stats()
            self._before = torch.cuda.memory_allocated() / 2**20
        else:
            self._before = _reset_peak()
        return self

    def __exit__(self, *_: object) -> None:
        if self._device == "cuda":
            self.megabytes = torch.cuda.max_memory_allocated() / 2**20 - self._before
        elif self._before:
            self.megabytes = max(0.0, _status("VmHWM") - self._before)


def _reset_peak() -> float:
    """Reset the process's peak memory and return the memory in use, in MiB; 0 if that is not possible."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
        return _status("VmRSS")
    except OSError:
        return 0.0


def _status(name: str) -> float:
    """One line of /proc/self/status, in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 2**10 for line in lines if line.startswith(f"{name}:"))


def peak_megabytes(device: str) -> float:
    """Peak memory so far, in MiB: of the GPU if `device` is cuda, otherwise of the process."""
    if device == "cuda":
        return torch.cuda.max_memory_allocated() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
