"""Time several ways of the same work in turn, so that a busy machine disturbs all alike.

In: functions without arguments.  Out: medians in milliseconds.  It knows nothing of what is timed.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping

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
                began = time.perf_counter()
                way()
                if device == "cuda":
                    torch.cuda.synchronize()
                if turn >= warm_up:
                    times[name].append((time.perf_counter() - began) * 1000)
                bar.update()
    return {name: statistics.median(found) for name, found in times.items()}


def peak_megabytes(device: str) -> float:
    """The most memory so far: of the GPU where one is used, else of the process."""
    if device == "cuda":
        return torch.cuda.max_memory_allocated() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
