"""The two physical floors under a ranking: operations over rate, bytes over bandwidth.

In: a ranking, the weights it must read.  Out: milliseconds that no program could go below on this machine.
Both rates are measured here and now (one large matrix product, one large copy), so a floor is a figure of the same run and
machine as the time beside it.  Attention products are counted where torch's own counter knows them; caches are ignored: a small
student that stays in them can be faster than `bytes_ms`, which is then no floor.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from rdrec.bench.timing import wait_for
from rdrec.student.fast_linear import onednn, onednn_pays
from rdrec.student.model import Student
from rdrec.student.quantize import OUTPUT_LAYER

SIDES = {"cpu": 2048, "cuda": 8192}  # of the largest square matrices: large enough for the full rate of the device
SMALL_SIDE, PATIENCE_S = 256, 1.0  # where the measurement begins, and how long one product may take
COPIED = 2**26  # numbers in the tensor that is copied, 256 MiB in fp32: more than any cache
ROUNDS = 5


@dataclass(frozen=True)
class Floors:
    """operations: multiplications and additions; bytes: weights read once; rates are those of this machine."""

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
        """Both must be done, at best at the same time."""
        return max(self.operations_ms, self.bytes_ms)


def count_operations(work: Callable[[], object]) -> float:
    """Multiplications and additions of `work`; it runs twice, so that what is kept after the first time does not count.

    torch counts those of plain layers alone; a quantised student has the same.
    """
    work()
    with FlopCounterMode(display=False) as counter:
        work()
    return float(counter.get_total_flops())


def floors(operations: float, student: Student, output_rows: int, dtype: torch.dtype) -> Floors:
    """What a ranking of so many operations costs at least.

    student      whose linear layers are read once; in the precision that is timed
    output_rows  rows of the output layer that the ranking reads
    dtype        in which products are computed
    """
    width = student.t5.config.d_model
    layers = [module for name, module in student.t5.named_modules() if isinstance(module, nn.Linear) and name != OUTPUT_LAYER]
    read = sum(parameter.nbytes for layer in layers for parameter in layer.parameters())
    read += output_rows * width * student.t5.lm_head.weight.element_size()
    device = student.device.type
    return Floors(operations, read, _operations_per_s(device, dtype), _bytes_per_s(device))


def _operations_per_s(device: str, dtype: torch.dtype) -> float:
    """At the largest matrices up to SIDES that are done in PATIENCE_S: where a processor has no such products, one of 2048 takes a minute."""
    side, rate = SMALL_SIDE, _rate(SMALL_SIDE, device, dtype)
    while side < SIDES[device] and 2 * (2 * side) ** 3 / rate < PATIENCE_S:
        side *= 2
        rate = max(rate, _rate(side, device, dtype))
    return rate


def _rate(side: int, device: str, dtype: torch.dtype) -> float:
    matrix = torch.ones(side, side, device=device, dtype=dtype)
    seconds = _fastest(lambda: matrix @ matrix, device)
    if device == "cpu" and dtype is torch.float32 and onednn_pays():
        seconds = min(seconds, _fastest(lambda: onednn(matrix, matrix), device))
    return 2 * side**3 / seconds


def _bytes_per_s(device: str) -> float:
    """Reading; a copy reads and writes, so it moves twice its size."""
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
