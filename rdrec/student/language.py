"""What a student that starts from data learns language with, apart from what it ranks with.

A prediction of an item is made at the first position, after the decoder's start token.  `start.py` lets neither self-attention nor
feed-forward add anything there: the start token lies on an axis of its own, which the values of self-attention do not read and which
turns every unit of the feed-forward off.  While this is held, sentences can be learned quickly at all later positions, and what
the student ranks with changes at its own, slow rate.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from rdrec.student.model import Student
from rdrec.student.start import START


def language_layers(student: Student) -> list[nn.Parameter]:
    """Feed-forward of the decoder and self-attention of its first block: what is silent at the first position."""
    blocks = student.t5.decoder.block
    modules = [blocks[0].layer[0].SelfAttention, *(block.layer[-1].DenseReluDense for block in blocks)]
    return [parameter for module in modules for parameter in module.parameters()]


class FirstPosition:
    """The weights that keep language out of the first prediction: they stay as they are."""

    def __init__(self, student: Student) -> None:
        blocks = student.t5.decoder.block
        columns = [blocks[0].layer[0].SelfAttention.v.weight, *(block.layer[-1].DenseReluDense.wi.weight for block in blocks)]
        table = student.t5.shared.weight.detach()
        self._held = [weight.detach()[:, START] for weight in columns]
        self._held.append(table[student.t5.config.decoder_start_token_id])

    @contextmanager
    def kept(self) -> Iterator[None]:
        """What the block does to these weights is undone."""
        before = [weight.clone() for weight in self._held]
        yield
        with torch.no_grad():
            for weight, old in zip(self._held, before, strict=True):
                weight.copy_(old)
