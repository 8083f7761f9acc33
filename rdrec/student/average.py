"""The running mean of a student's weights: less of the noise of single steps, which small data sets have much of.

In: the parameters, after every step.  Out: the same parameters, exchanged for their mean while something is measured or kept.
Polyak averaging with an exponential window that is short at the start.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from rdrec.student.model import Student

_FIRST = 10  # steps; the window is never longer than the steps so far over this many


class Average:
    """`share` of the mean that stays at each step; 0 keeps no mean, and `shown` then changes nothing."""

    def __init__(self, student: Student, share: float) -> None:
        self._student, self._share = student, share
        self.steps = 0
        self.weights = {name: p.detach().clone() for name, p in student.named_parameters()} if share else {}

    def update(self) -> None:
        """After an optimiser step."""
        self.steps += 1
        share = min(self._share, (self.steps + 1) / (self.steps + _FIRST))
        with torch.no_grad():
            for name, parameter in self._student.named_parameters():
                if name in self.weights:
                    self.weights[name].lerp_(parameter, 1 - share)

    def load(self, weights: dict[str, torch.Tensor], steps: int) -> None:
        self.steps = steps
        for name, tensor in weights.items():
            self.weights[name].copy_(tensor)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """The student holds the mean inside the block, and its own weights again after it."""
        self._exchange()
        try:
            yield
        finally:
            self._exchange()

    def _exchange(self) -> None:
        with torch.no_grad():
            for name, parameter in self._student.named_parameters():
                if name in self.weights:
                    own = parameter.detach().clone()
                    parameter.copy_(self.weights[name])
                    self.weights[name].copy_(own)
