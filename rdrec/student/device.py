"""Choose the device, a GPU if there is one, and the data type that is fast on it."""

from __future__ import annotations

import time
from functools import cache

import torch
from torch.nn.functional import linear

from rdrec.core import zero_gpu
from rdrec.core.records import InputError

CLEARLY = 0.7  # bf16 is used only if it takes at most this share of the time of fp32, since it is less exact


def choose_device(requested: str | None = None) -> str:
    """`requested` if it is available; by default cuda if there is a GPU, otherwise cpu.  Raises InputError for an unavailable device."""
    if requested is None:
        return "cuda" if _has_card() else "cpu"
    if requested not in ("cpu", "cuda"):
        raise InputError(f"unknown device {requested!r}", todo="use cpu or cuda")
    if requested == "cuda" and not _has_card():
        raise InputError("there is no GPU that this torch can use", todo="leave out --device, or install a CUDA build of torch")
    return requested


def _has_card() -> bool:
    """On a ZeroGPU Space torch reports a GPU, but only a function that holds it can use it."""
    return zero_gpu.usable(torch.cuda.is_available())


@cache
def faster_dtype(device: str) -> torch.dtype:
    """bf16 if a short timing shows it to be clearly faster than fp32, else fp32; measured once per process.

    Use it for speed only: bf16 changes the order of nearly equal items (`evaluate --precision` reports how many), so nothing that is
    evaluated or shown is computed in bf16 unless requested.
    """
    times = {dtype: _product_seconds(device, dtype) for dtype in (torch.float32, torch.bfloat16)}
    return torch.bfloat16 if times[torch.bfloat16] < CLEARLY * times[torch.float32] else torch.float32


def _product_seconds(device: str, dtype: torch.dtype) -> float:
    """Shortest time of several products of the size of a feed-forward layer of T5-small."""
    given, weight = torch.ones(64, 512, device=device, dtype=dtype), torch.ones(2048, 512, device=device, dtype=dtype)
    times = []
    with torch.inference_mode():
        for _ in range(9):
            began = time.perf_counter()
            linear(given, weight)
            if device == "cuda":
                torch.cuda.synchronize()
            times.append(time.perf_counter() - began)
    return min(times)
