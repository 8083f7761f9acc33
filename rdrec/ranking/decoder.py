"""Run T5's decoder over tree nodes packed in one sequence, with cross-attention keys and values computed once per user.

The layers are the student's own, quantised or not.  T5 has no absolute positions, so only the relative position bias must follow
the tree (the distance to an ancestor is the difference of depths); a mask hides every node that is not an ancestor.
Shapes: B users, b packed sequences (b = B, or 1 when all users share the nodes), P positions, D width, H heads, K head width,
L layers, S source tokens, V vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention

from rdrec.student.model import Encoding, Student


@dataclass(frozen=True)
class CrossAttention:
    """Cross-attention inputs of every decoder layer: keys and values, L tensors (B, H, S, K); additive mask (B, 1, 1, S)."""

    keys: tuple[torch.Tensor, ...]
    values: tuple[torch.Tensor, ...]
    mask: torch.Tensor

    def __len__(self) -> int:
        return self.mask.shape[0]

    def __getitem__(self, users: slice | torch.Tensor) -> CrossAttention:
        return CrossAttention(
            tuple(key[users] for key in self.keys), tuple(value[users] for value in self.values), self.mask[users]
        )


class TreeDecoder:
    """The decoder of one student."""

    def __init__(self, student: Student) -> None:
        self._student = student
        self._stack = student.t5.decoder
        self._attention = self._stack.block[0].layer[0].SelfAttention  # holds the position bias of all layers
        self._scale = student.t5.config.d_model**-0.5 if student.t5.config.scale_decoder_outputs else 1.0

    @property
    def device(self) -> torch.device:
        """The device of the student."""
        return self._student.device

    @property
    def heads(self) -> int:
        """Number of attention heads."""
        return int(self._attention.n_heads)

    @property
    def start_token(self) -> int:
        """The token from which decoding starts."""
        return int(self._student.t5.config.decoder_start_token_id)

    @property
    def output(self) -> torch.Tensor:
        """The output layer (V, D), which is never quantised."""
        return self._student.t5.lm_head.weight

    def cross_attention(self, encoding: Encoding) -> CrossAttention:
        """Compute every layer's cross-attention keys and values for encoder states (B, S, D)."""
        keys, values = [], []
        for block in self._stack.block:
            attention = block.layer[1].EncDecAttention
            keys.append(_heads(attention.k(encoding.states), attention.n_heads))
            values.append(_heads(attention.v(encoding.states), attention.n_heads))
        dtype = encoding.states.dtype
        hidden = (encoding.mask == 0)[:, None, None, :]
        mask = torch.zeros(hidden.shape, dtype=dtype, device=hidden.device).masked_fill(hidden, torch.finfo(dtype).min)
        return CrossAttention(tuple(keys), tuple(values), mask)

    def bias(self, depth: torch.Tensor, visible: torch.Tensor) -> torch.Tensor:
        """Position bias plus mask: depth (b, P), visible (b, P, P) bool -> (b, H, P, P)."""
        attention = self._attention
        bucket = attention._relative_position_bucket(
            depth[:, None, :] - depth[:, :, None],
            bidirectional=False,
            num_buckets=attention.relative_attention_num_buckets,
            max_distance=attention.relative_attention_max_distance,
        )
        table = attention.relative_attention_bias.weight  # (buckets, H)
        added = table[bucket].permute(0, 3, 1, 2)  # (b, H, P, P)
        return added.masked_fill(~visible[:, None], torch.finfo(added.dtype).min).contiguous()

    def first_self_attention(self, tokens: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        """The first layer's self-attention, which does not depend on the user: tokens (b, P), bias (b, H, P, P) -> (b, P, D)."""
        hidden = self._student.t5.shared(tokens).to(bias.dtype)
        return self._self_attention(self._stack.block[0].layer[0], hidden, bias)

    def run(self, cross: CrossAttention, hidden: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        """All remaining layers, from the output of `first_self_attention` (b, P, D): -> (B, P, D)."""
        hidden = hidden.expand(len(cross), -1, -1)
        for number, (block, keys, values) in enumerate(zip(self._stack.block, cross.keys, cross.values, strict=True)):
            if number:
                hidden = self._self_attention(block.layer[0], hidden, bias)
            layer, attention = block.layer[1], block.layer[1].EncDecAttention
            query = _heads(attention.q(layer.layer_norm(hidden)), attention.n_heads)
            seen = scaled_dot_product_attention(query, keys, values, attn_mask=cross.mask, scale=1.0)
            hidden = block.layer[2](hidden + attention.o(seen.transpose(1, 2).flatten(2)))
        return self._stack.final_layer_norm(hidden) * self._scale

    def _self_attention(self, layer: Any, hidden: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        attention, normed = layer.SelfAttention, layer.layer_norm(hidden)
        query, key, value = (_heads(made(normed), attention.n_heads) for made in (attention.q, attention.k, attention.v))
        seen = scaled_dot_product_attention(query, key, value, attn_mask=bias, scale=1.0)
        result: torch.Tensor = hidden + attention.o(seen.transpose(1, 2).flatten(2))
        return result


def _heads(projected: torch.Tensor, heads: int) -> torch.Tensor:
    """(B, P, H * K) -> (B, H, P, K)."""
    return projected.view(*projected.shape[:-1], heads, -1).transpose(1, 2)
