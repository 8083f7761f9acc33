"""fp32 linear layers on a CPU by oneDNN instead of MKL.

torch sends fp32 products to MKL, which on some CPUs leaves a third of the speed unused; oneDNN computes the same fp32 sums, in another
order.  Which library is used depends on the build of torch alone and not on a timing, so that the same command stores the same bytes
on a busy machine too.  Quantised layers and other types are not changed.
"""

from __future__ import annotations

import torch
from torch import nn

from rdrec.student.model import Student


class OneDnnLinear(nn.Linear):
    """A linear layer without bias computed by oneDNN."""

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        """(..., in) -> (..., out), without gradients."""
        return onednn(given, self.weight)


def onednn(given: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """(..., in) x (out, in) -> (..., out), fp32, on the CPU, without gradients."""
    product: torch.Tensor = torch.ops.mkldnn._linear_pointwise(given, weight, None, "none", [], "")
    return product


def has_onednn() -> bool:
    """Whether this build of torch has oneDNN's linear layer."""
    available: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return available and hasattr(torch.ops.mkldnn, "_linear_pointwise")


def speed_up(student: Student) -> Student:
    """Use oneDNN, if there is one, for the plain fp32 layers of a student on a CPU.  For inference only."""
    if student.device.type == "cpu" and has_onednn():
        for layer in student.modules():
            plain = type(layer) is nn.Linear and [name for name, _ in layer.named_parameters()] == ["weight"]
            if plain and layer.weight.dtype is torch.float32:
                layer.__class__ = OneDnnLinear
    return student
