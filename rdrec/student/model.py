"""The student: T5 with whole-word embeddings and trainable prompt vectors for each task.

In: a `Batch`.  Out: loss, encoder states, or a T5 ready for decoding.  It knows no data set, no id tree and no file.
Method: RDRec section 3.2, POD section 4.  Unlike the released program the decoder never attends to padding (fault 1) and
padding never counts in the loss (fault 3).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from transformers import T5Config, T5ForConditionalGeneration
from transformers.modeling_outputs import BaseModelOutput
from transformers.models.t5.modeling_t5 import T5Attention, T5LayerCrossAttention, T5LayerFF, T5LayerSelfAttention

from rdrec.core.settings import integer
from rdrec.student.batches import IGNORED, Batch
from rdrec.student.tasks import Task

ADDING = (T5LayerFF, T5LayerSelfAttention, T5LayerCrossAttention)
MAX_WHOLE_WORDS = 512  # as in POD; an input within train.max_input_tokens cannot hold more ids, each is 2 tokens or more


@dataclass(frozen=True)
class Encoding:
    """What the encoder made of a batch.  states: (B, P + S, D) with P prompt vectors in front; mask: (B, P + S), what the
    decoder may attend to."""

    states: torch.Tensor
    mask: torch.Tensor


EMBEDDING_STD = 1.0  # of tokens at the start, as in T5; beside smaller ones the sublayers drown which id is in the input


def set_dropout(student: Student, share: float) -> None:
    """How much is dropped in training of what attention and feed-forward add.

    Not of the embeddings and the last states: single axes carry what a student starts from (`start.py`), and losing one of them
    at random taught best sellers.  Nor of the inner layer of feed-forward: its random numbers took a third of a step on a CPU.
    """
    added = {id(module.dropout) for module in student.t5.modules() if isinstance(module, ADDING)}
    for module in student.t5.modules():
        if isinstance(module, nn.Dropout):
            module.p = share if id(module) in added else 0.0


class Student(nn.Module):
    """`t5` may hold quantised linear layers; the two small tables beside it never are.

    compat          as the released program computes: the decoder attends to padding (method fault 1), so that what is
                    predicted for a row depends on the longest row beside it.  For weights that were trained so.
    prompt_vectors  of each task; None: `train.prompt_vectors`
    """

    def __init__(self, t5: T5ForConditionalGeneration, *, compat: bool = False, prompt_vectors: int | None = None) -> None:
        super().__init__()
        width = t5.config.d_model
        self.t5, self.compat = t5, compat
        self.whole_word = nn.Embedding(MAX_WHOLE_WORDS, width, padding_idx=0)
        self.prompts = nn.Parameter(
            torch.empty(len(Task), prompt_vectors or integer("train.prompt_vectors"), width)
        )  # (task, P, D)
        for module in t5.modules():
            if isinstance(module, T5Attention):
                # On a CPU the random numbers for 300 x 300 attention weights cost more than the attention: a top-N batch
                # takes 2.7 times as long with them.  Dropout elsewhere stays.
                module.dropout = 0.0
        with torch.no_grad():
            # small beside T5's token embeddings (unit variance), so that a pretrained T5 starts from what it knows
            nn.init.normal_(self.whole_word.weight, std=0.1)
            self.whole_word.weight[0].zero_()
            nn.init.normal_(self.prompts, std=0.1)

    @classmethod
    def from_scratch(cls, config: T5Config) -> Student:
        """Random weights, tokens of unit variance, whole-word embeddings a tenth as large (`__init__`)."""
        student = cls(T5ForConditionalGeneration(config))
        with torch.no_grad():
            nn.init.normal_(student.t5.shared.weight, std=EMBEDDING_STD)
        return student

    @property
    def device(self) -> torch.device:
        return self.prompts.device

    @property
    def parameters_count(self) -> int:
        return sum(parameter.numel() for parameter in self.parameters())

    def encode(self, batch: Batch) -> Encoding:
        """Run the encoder once over [prompt vectors; token + whole-word embeddings]."""
        embedded, mask = self._embed(batch)
        states = self.t5.encoder(inputs_embeds=embedded, attention_mask=mask).last_hidden_state
        return Encoding(states, torch.ones_like(mask) if self.compat else mask)

    def forward(self, batch: Batch) -> torch.Tensor:
        """Mean cross-entropy over the target tokens of the batch, padding ignored: a scalar."""
        assert batch.labels is not None
        encoding = self.encode(batch)
        shifted = self.t5._shift_right(batch.labels)
        logits = self.logits(encoding, shifted).float()  # under bf16 autocast too, the loss is fp32
        if batch.seen is not None:
            logits[:, 0] = logits[:, 0].scatter(1, batch.seen, -torch.inf)
        return cross_entropy(logits.flatten(0, 1), batch.labels.flatten(), ignore_index=IGNORED)

    def logits(self, encoding: Encoding, decoder_tokens: torch.Tensor) -> torch.Tensor:
        """Scores over the vocabulary after each decoder token.  decoder_tokens (B, T) -> (B, T, V).  Training, and the naive path of tests."""
        output = self.t5(
            encoder_outputs=BaseModelOutput(last_hidden_state=encoding.states),
            attention_mask=encoding.mask,
            decoder_input_ids=decoder_tokens,
            use_cache=False,
        )
        logits: torch.Tensor = output.logits
        return logits

    def _embed(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        tokens = self.t5.shared(batch.tokens) + self.whole_word(batch.whole_words)  # (B, S, D)
        prompt = self.prompts[int(batch.task)].to(tokens.dtype).expand(len(batch), -1, -1)  # (B, P, D)
        ones = batch.mask.new_ones(len(batch), prompt.shape[1])
        return torch.cat([prompt, tokens], dim=1), torch.cat([ones, batch.mask], dim=1)
