"""Lower bounds on the time of a ranking: operations / rate, and bytes / bandwidth, in milliseconds.

Both rates are measured in the same run on the same machine (a large matrix product and a large copy).  Attention is counted as
far as torch's counter supports it.  Caches are ignored, so a student small enough to stay in them can beat `bytes_ms`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from rdrec.bench.timing import wait_for
from rdrec.student.fast_linear import has_onednn, onednn
from rdrec.student.model import Student
from rdrec.student.quantize import OUTPUT_LAYER

SIDES = {"cpu": 2048, "cuda": 8192}  # maximum matrix side: large enough to reach the device's full rate
SMALL_SIDE, PATIENCE_S = 256, 1.0  # first matrix side, and the maximum duration of one product
COPIED = 2**26  # elements of the copied tensor, 256 MiB in fp32: larger than any cache
ROUNDS = 5


@dataclass(frozen=True)
class Floors:
    """operations: multiplications and additions; bytes: weights, read once; rates: measured on this machine."""

    operations: float
    bytes: float
    operations_per_s: float
    bytes_per_s: float

    @property
    def operations_ms(self) -> float:
        return self.operations / self.operations_per_s * 1000

    @property
    def bytes_ms(self) -> float:
        return self.bytes / self.bytes_per_s * 1000

    @property
    def least_ms(self) -> float:
        """The larger of the two, because both can overlap completely."""
        return max(self.operations_ms, self.bytes_ms)


def count_operations(work: Callable[[], object]) -> float:
    """Multiplications and additions of `work`, which runs twice so that cached results do not count.

    torch only counts plain layers; a quantised student performs the same operations.
    """
    work()
    with FlopCounterMode(display=False) as counter:
        work()
    return float(counter.get_total_flops())


def floors(operations: float, student: Student, output_rows: int, dtype: torch.dtype) -> Floors:
    """The lower bounds for a ranking with `operations` operations.

    student      its linear layers are read once, in the precision being timed
    output_rows  rows of the output layer that the ranking reads
    dtype        of the products
    """
    width = student.t5.config.d_model
    layers = [module for name, module in student.t5.named_modules() if isinstance(module, nn.Linear) and name != OUTPUT_LAYER]
    read = sum(parameter.nbytes for layer in layers for parameter in layer.parameters())
    read += output_rows * width * student.t5.lm_head.weight.element_size()
    device = student.device.type
    return Floors(operations, read, _operations_per_s(device, dtype), _bytes_per_s(device))


def _operations_per_s(device: str, dtype: torch.dtype) -> float:
    """Rate of matrix products of size SIDES, or the largest that takes less than PATIENCE_S: a CPU without native products of this dtype
    would need a minute for a side of 2048."""
    side, rate = SMALL_SIDE, _rate(SMALL_SIDE, device, dtype)
    while side < SIDES[device] and 2 * (2 * side) ** 3 / rate < PATIENCE_S:
        side *= 2
        rate = max(rate, _rate(side, device, dtype))
    return rate


def _rate(side: int, device: str, dtype: torch.dtype) -> float:
    matrix = torch.ones(side, side, device=device, dtype=dtype)
    seconds = _fastest(lambda: matrix @ matrix, device)
    if device == "cpu" and dtype is torch.float32 and has_onednn():
        seconds = min(seconds, _fastest(lambda: onednn(matrix, matrix), device))
    return 2 * side**3 / seconds


def _bytes_per_s(device: str) -> float:
    """Read bandwidth; a copy reads and writes, so it moves twice its size."""
    source, target = torch.ones(COPIED, device=device), torch.empty(COPIED, device=device)
    return 2 * source.nbytes / _fastest(lambda: target.copy_(source), device)


def _fastest(work: Callable[[], object], device: str) -> float:
    times = []
    with torch.inference_mode():
        for _ in range(ROUNDS):
            wait_for(device)
            began = time.perf_counter()
            work()
            wait_for(device)
            times.append(time.perf_counter() - began)
    return min(times)
