"""Which weights of a student that starts from data learn language, and which must stay fixed meanwhile.

An item is predicted at the first decoder position, after the start token.  `start.py` makes self-attention and the feed-forward layers
add nothing there: the start token has an axis of its own, which self-attention does not read and which switches off every
feed-forward unit.  As long as those weights and the prompts of the ID tasks stay fixed, the student can learn sentences quickly at all
later positions without disturbing its ranking, which changes with the vectors of users and items alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from rdrec.student.model import Student
from rdrec.student.start import START
from rdrec.student.tasks import ID_TASKS


def language_layers(student: Student) -> list[nn.Parameter]:
    """The decoder's feed-forward layers and the self-attention of its first block, none of which affects the first position."""
    blocks = student.t5.decoder.block
    modules = [blocks[0].layer[0].SelfAttention, *(block.layer[-1].DenseReluDense for block in blocks)]
    return [parameter for module in modules for parameter in module.parameters()]


class RankingWeights:
    """Parts of otherwise trained weights that must stay fixed: what keeps language out of the first prediction, and ID-task prompts."""

    def __init__(self, student: Student) -> None:
        blocks = student.t5.decoder.block
        columns = [blocks[0].layer[0].SelfAttention.v.weight, *(block.layer[-1].DenseReluDense.wi.weight for block in blocks)]
        table = student.t5.shared.weight.detach()
        self._fixed = [weight.detach()[:, START] for weight in columns]
        self._fixed.append(table[student.t5.config.decoder_start_token_id])
        self._fixed += [student.prompts.detach()[int(task)] for task in ID_TASKS]

    @contextmanager
    def restored(self) -> Iterator[None]:
        """Restore these weights after the block."""
        before = [weight.clone() for weight in self._fixed]
        yield
        with torch.no_grad():
            for weight, old in zip(self._fixed, before, strict=True):
                weight.copy_(old)
