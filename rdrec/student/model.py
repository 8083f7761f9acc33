"""The student: T5 with whole-word embeddings and trainable prompt vectors for each task (RDRec, section 3.2; POD, section 4).

Unlike in the released program, the decoder never attends to padding (method fault 1) and padding never counts in the loss (fault 3).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.functional import cross_entropy, linear
from transformers import T5Config, T5ForConditionalGeneration
from transformers.models.t5.modeling_t5 import T5Attention, T5LayerCrossAttention, T5LayerFF, T5LayerSelfAttention

from rdrec.core.settings import integer
from rdrec.student.batches import IGNORED, Batch
from rdrec.student.tasks import Task

RESIDUAL = (T5LayerFF, T5LayerSelfAttention, T5LayerCrossAttention)  # layers whose output is added to their input
MAX_WHOLE_WORDS = 512  # as in POD; no input holds that many IDs


@dataclass(frozen=True)
class Encoding:
    """Encoder output for a batch.  states: (B, P + S, D), the P prompt vectors first; mask: (B, P + S), 1 where the decoder may attend."""

    states: torch.Tensor
    mask: torch.Tensor


EMBEDDING_STD = (
    1.0  # of initial token embeddings, as in T5; with smaller ones the sublayers' output hides which ID is in the input
)


def set_dropout(student: Student, share: float) -> None:
    """Set the dropout of what attention and feed-forward layers add to the residual stream; all other dropout is off.

    Embeddings and final states have none: single axes carry what a student starts from (`start.py`), and with those dropped at
    random the student learned to recommend best sellers.  Inside feed-forward layers there is none either, because drawing its
    random numbers took a third of a step on a CPU.
    """
    residual = {id(module.dropout) for module in student.t5.modules() if isinstance(module, RESIDUAL)}
    for module in student.t5.modules():
        if isinstance(module, nn.Dropout):
            module.p = share if id(module) in residual else 0.0


class Student(nn.Module):
    """T5 with two small tables: whole-word embeddings and prompt vectors.  `t5` may have quantised linear layers; the tables never are.

    compat          compute as the released program does: the decoder attends to padding (method fault 1), so the prediction for a row
                    depends on the longest row in its batch.  Only for weights that were trained this way.
    prompt_vectors  number per task; None means `train.prompt_vectors`
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
                # No dropout of attention weights: on a CPU, drawing the random numbers for 300 x 300 of them costs more than the
                # attention itself, and a top-N batch takes 2.7 times as long.
                module.dropout = 0.0
        with torch.no_grad():
            # small compared with T5's token embeddings (unit variance), so that a pretrained T5 keeps what it has learned
            nn.init.normal_(self.whole_word.weight, std=0.1)
            self.whole_word.weight[0].zero_()
            nn.init.normal_(self.prompts, std=0.1)

    @classmethod
    def from_scratch(cls, config: T5Config) -> Student:
        """A student with random weights and token embeddings of unit variance."""
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
        return self.token_losses(batch)[batch.labels != IGNORED].mean()

    def token_losses(self, batch: Batch) -> torch.Tensor:
        """(B, T) cross-entropy of each target token in nats; 0 at padding, and fp32 even under bf16 autocast.

        The output layer is most of the cost of a text task, so it is computed only for target tokens and without the tokens of
        `Batch.unsaid`.
        """
        assert batch.labels is not None
        counted = batch.labels != IGNORED
        states = self._decoded(self.encode(batch), self.t5._shift_right(batch.labels))[counted]  # (N, D)
        labels, table = batch.labels[counted], self.t5.lm_head.weight
        if batch.unsaid:
            table = torch.cat([table[: batch.unsaid.start], table[batch.unsaid.stop :]])
            labels = labels.where(labels < batch.unsaid.stop, labels - len(batch.unsaid))
        logits = linear(states, table).float()
        if batch.seen is not None:
            first = counted.flatten().cumsum(0).view_as(counted)[:, 0] - 1  # index of each row's first target token in `logits`
            logits = logits.index_copy(0, first, logits[first].scatter(1, batch.seen, -torch.inf))
        losses = logits.new_zeros(counted.shape)
        losses[counted] = cross_entropy(logits, labels, reduction="none")
        return losses

    def logits(self, encoding: Encoding, decoder_tokens: torch.Tensor) -> torch.Tensor:
        """Scores over the vocabulary after each decoder token.  decoder_tokens (B, T) -> (B, T, V).  For benchmarks and the naive path of tests."""
        scores: torch.Tensor = self.t5.lm_head(self._decoded(encoding, decoder_tokens))
        return scores

    def _decoded(self, encoding: Encoding, decoder_tokens: torch.Tensor) -> torch.Tensor:
        """(B, T, D) decoder states, as they are multiplied with the output table."""
        states: torch.Tensor = self.t5.decoder(
            input_ids=decoder_tokens,
            encoder_hidden_states=encoding.states,
            encoder_attention_mask=encoding.mask,
            use_cache=False,
        ).last_hidden_state
        return states * self.t5.config.d_model**-0.5 if self.t5.config.scale_decoder_outputs else states

    def _embed(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        tokens = self.t5.shared(batch.tokens) + self.whole_word(batch.whole_words)  # (B, S, D)
        prompt = self.prompts[int(batch.task)].to(tokens.dtype).expand(len(batch), -1, -1)  # (B, P, D)
        ones = batch.mask.new_ones(len(batch), prompt.shape[1])
        return torch.cat([prompt, tokens], dim=1), torch.cat([ones, batch.mask], dim=1)
