"""fp32 linear layers on a CPU with the faster of torch's two libraries.

In a student for inference, plain linear layers use oneDNN if a timing shows that it is faster.  torch sends fp32 products to MKL,
which on some CPUs leaves a third of the speed unused; oneDNN computes the same fp32 sums.  Quantised layers and other types are
not changed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache

import torch
from torch import nn
from torch.nn.functional import linear

from rdrec.student.model import Student

ROWS, WIDE, NARROW = 64, 2048, 512  # a feed-forward layer of T5-small over a packed tree
ROUNDS = 7
MARGIN = 0.95  # oneDNN must take less than this share of MKL's time


class OneDnnLinear(nn.Linear):
    """A linear layer without bias computed by oneDNN."""

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        """(..., in) -> (..., out), without gradients."""
        return onednn(given, self.weight)


def onednn(given: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """(..., in) x (out, in) -> (..., out), fp32, on the CPU, without gradients."""
    product: torch.Tensor = torch.ops.mkldnn._linear_pointwise(given, weight, None, "none", [], "")
    return product


@cache
def onednn_pays() -> bool:
    """Whether oneDNN is faster, by a short timing once per process; False if this torch has no oneDNN."""
    available: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    if not available or not hasattr(torch.ops.mkldnn, "_linear_pointwise"):
        return False
    given, weight = torch.ones(ROWS, WIDE), torch.ones(NARROW, WIDE)
    with torch.inference_mode():
        return _fastest(lambda: onednn(given, weight)) < MARGIN * _fastest(lambda: linear(given, weight))


def speed_up(student: Student, pays: bool | None = None) -> Student:
    """Use oneDNN for the plain fp32 layers of a student on a CPU; `pays` overrides the timing.  For inference only."""
    if student.device.type == "cpu" and (onednn_pays() if pays is None else pays):
        for layer in student.modules():
            plain = type(layer) is nn.Linear and [name for name, _ in layer.named_parameters()] == ["weight"]
            if plain and layer.weight.dtype is torch.float32:
                layer.__class__ = OneDnnLinear
    return student


def _fastest(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)
