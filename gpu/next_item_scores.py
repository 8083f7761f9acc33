"""Next-item scores of a student in which every item is a single token: one decoder step and a softmax over the catalogue.

The numbers are the same as those of `Student.forward` and exact ranking, but shapes are fixed and nothing waits for the device, so that
a whole training step can be captured as a CUDA graph.  Histories are item numbers on the device.  The input is the bare test form,
"user_U item_a item_b ...", in which all users share one vector; vectors of their own would be learned from the targets.

Shapes: B rows, W positions of a history, P prompt vectors, S = P + 1 + W, D width, H heads, I items, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy, embedding, scaled_dot_product_attention
from transformers.models.t5.modeling_t5 import T5Attention

from rdrec.core.arrays import Integers
from rdrec.core.records import InputError
from rdrec.student.model import Student
from rdrec.student.tasks import Task, user_word
from rdrec.student.tokenizer import StudentTokenizer

RANKED_TOGETHER = 1024  # users
CUTOFF = 10


class NextItem:
    """Score histories with the layers of `student`; gradients of the scores reach the student's weights.

    item_ids  (I + 1,) the ID of each item
    users     number of users
    Raises InputError for a student whose IDs have several tokens, and for one that computes as the released program does.
    """

    def __init__(self, student: Student, tokenizer: StudentTokenizer, item_ids: Integers, users: int) -> None:
        if not tokenizer.whole_ids or student.compat:
            raise InputError(
                "training on the device needs a student with a single token for each user and item",
                todo="train without --ids, --id-digits and --init, or on a data set with fewer users and items",
            )
        self.student, device = student, student.device
        numbers = [tokenizer.pad, *(tokenizer.encode_id(int(number))[0] for number in item_ids[1:])]
        self.tokens = torch.tensor(numbers, device=device)  # (I + 1,) token of each item; [0] is padding
        self.users = torch.tensor([tokenizer.encode(user_word(user)).tokens[0] for user in range(1, users + 1)], device=device)
        self._counts_back = tokenizer.counts_back
        self._start = int(student.t5.config.decoder_start_token_id)
        self._buckets: dict[int, torch.Tensor] = {}

    def forget_users(self) -> None:
        """Give all users the zero vector, before training."""
        with torch.no_grad():
            self.student.t5.shared.weight[self.users] = 0

    def share_user_vector(self) -> None:
        """Give all users the vector of user 1, the only one that is trained."""
        with torch.no_grad():
            table = self.student.t5.shared.weight
            table[self.users] = table[self.users[0]].clone()

    def states(self, histories: torch.Tensor) -> torch.Tensor:
        """The decoder's state after the start token: (B, W) item numbers, right-padded with 0 -> (B, D)."""
        t5 = self.student.t5
        encoded, mask = self._encode(histories)
        start = torch.full((1, 1), self._start, device=histories.device)
        hidden = t5.decoder.dropout(t5.shared(start).expand(len(histories), -1, -1))  # (B, 1, D)
        for block in t5.decoder.block:
            own, cross, forward = block.layer
            attention = own.SelfAttention  # of one token to itself: its value
            hidden = hidden + own.dropout(attention.o(attention.v(own.layer_norm(hidden))))
            normed = cross.layer_norm(hidden)
            hidden = hidden + cross.dropout(_attend(cross.EncDecAttention, normed, encoded, mask))
            hidden = forward(hidden)
        return t5.decoder.dropout(t5.decoder.final_layer_norm(hidden))[:, 0]

    def scores(self, states: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        """(B, I + 1) fp32 scores of all items; -inf in column 0 and for the items `seen` (B, W), which do not compete."""
        config = self.student.t5.config
        states = states * config.d_model**-0.5 if config.scale_decoder_outputs else states
        vectors = embedding(self.tokens, self.student.t5.lm_head.weight)  # (I + 1, D)
        scores = (states @ vectors.T).float()
        never = torch.cat([seen, torch.zeros_like(seen[:, :1])], 1)
        return scores.scatter(1, never, -torch.inf)

    def loss(self, histories: torch.Tensor, states: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        """Mean cross-entropy of `truth` (B,) in nats over the catalogue without the items of the history, as in ranking."""
        seen = torch.where(histories == truth[:, None], 0, histories)
        return cross_entropy(self.scores(states, seen), truth)

    def _encode(self, histories: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """States (B, S, D) and additive mask (B, 1, 1, S)."""
        student, rows = self.student, len(histories)
        real = histories > 0
        user = self.users[:1].expand(rows, 1)
        tokens = torch.cat([user, self.tokens[histories]], 1)  # (B, 1 + W)
        places = torch.arange(2, histories.shape[1] + 2, device=histories.device)
        if self._counts_back:
            places = real.sum(1, keepdim=True) + 3 - places
        words = torch.cat([torch.ones_like(user), torch.where(real, places, 0)], 1)
        prompt = student.prompts[int(Task.SEQUENTIAL)].expand(rows, -1, -1)
        encoder = student.t5.encoder
        hidden = torch.cat([prompt, student.t5.shared(tokens) + student.whole_word(words)], 1)  # (B, S, D)
        hidden = encoder.dropout(hidden)
        always = real.new_ones(rows, prompt.shape[1] + 1)
        hidden_places = ~torch.cat([always, real], 1)[:, None, None, :]
        mask = hidden.new_zeros(hidden_places.shape).masked_fill(hidden_places, torch.finfo(hidden.dtype).min)
        bias = self._position_bias(encoder.block[0].layer[0].SelfAttention, hidden.shape[1]) + mask
        for block in encoder.block:
            own, forward = block.layer
            normed = own.layer_norm(hidden)
            hidden = forward(hidden + own.dropout(_attend(own.SelfAttention, normed, normed, bias)))
        return encoder.dropout(encoder.final_layer_norm(hidden)), mask

    def _position_bias(self, attention: T5Attention, places: int) -> torch.Tensor:
        """(1, H, S, S) relative position bias of the encoder."""
        if places not in self._buckets:
            with torch.inference_mode(False):  # the cached buckets are used in training too
                order = torch.arange(places, device=self.tokens.device)
                self._buckets[places] = attention._relative_position_bucket(
                    order[None, :] - order[:, None],
                    bidirectional=True,
                    num_buckets=attention.relative_attention_num_buckets,
                    max_distance=attention.relative_attention_max_distance,
                )
        table: nn.Embedding = attention.relative_attention_bias
        return table(self._buckets[places]).permute(2, 0, 1)[None]


def _attend(attention: T5Attention, queries: torch.Tensor, memory: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """Attention of `queries` (B, Q, D) to `memory` (B, S, D) -> (B, Q, D)."""
    query, key, value = (
        layer(states).unflatten(-1, (attention.n_heads, -1)).transpose(1, 2)
        for layer, states in ((attention.q, queries), (attention.k, memory), (attention.v, memory))
    )
    heads = scaled_dot_product_attention(query, key, value, attn_mask=bias.to(query.dtype), scale=1.0)
    attended: torch.Tensor = attention.o(heads.transpose(1, 2).flatten(2))
    return attended


@dataclass(frozen=True)
class Cases:
    """Test cases on the device.  histories: (U, W) as `NextItem` reads them; seen: (U, longest) items that do not compete; truth: (U,)."""

    histories: torch.Tensor
    seen: torch.Tensor
    truth: torch.Tensor

    @classmethod
    def of(cls, pairs: Sequence[tuple[Integers, int]], most: int, device: str | torch.device) -> Cases:
        """From pairs of all items before the true one, and the true one; only the last `most` items are used as input."""
        recent = [history[-most:] for history, _ in pairs]
        seen = [history[history != truth] for history, truth in pairs]
        truth = np.array([item for _, item in pairs])
        return cls(*(torch.from_numpy(part).to(device) for part in (_padded(recent, most), _padded(seen, most), truth)))


def measure(net: NextItem, cases: Cases) -> tuple[float, float]:
    """Recall@10 and NDCG@10 over the whole catalogue; tied items share their mean rank.  Waits for the device once."""
    net.student.eval()
    ranks = []
    with torch.inference_mode():
        for start in range(0, len(cases.truth), RANKED_TOGETHER):
            chunk = slice(start, start + RANKED_TOGETHER)
            scores = net.scores(net.states(cases.histories[chunk]), cases.seen[chunk])
            own = scores.gather(1, cases.truth[chunk, None])
            ranks.append((scores > own).sum(1) + ((scores == own).sum(1) + 1) / 2)
    rank = torch.cat(ranks).double().cpu().numpy()
    found = rank <= CUTOFF
    return float(found.mean()), float((found / np.log2(1 + rank)).mean())


def _padded(rows: Sequence[Integers], least: int) -> Integers:
    """(U, longest) item numbers, right-padded with 0 to at least `least` columns."""
    table = np.zeros((len(rows), max(least, *map(len, rows))), dtype=np.int64)
    for row, items in zip(table, rows, strict=True):
        row[: len(items)] = items
    return table
