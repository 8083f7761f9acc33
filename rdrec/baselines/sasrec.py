"""SASRec: causal self-attention over a user's items, trained with a sampled softmax.

Kang and McAuley, ICDM 2018 (arXiv 1808.09781), with the loss over sampled negatives that makes it strong (arXiv 2309.07602).
Details follow the implementation measured by the eSASRec authors (arXiv 2508.06450): Xavier initialisation, dropout on attention
weights, normalised queries over raw keys and values, and residuals from the normalised query.  It sees item indices only, so
renumbering items changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from rdrec.core.records import InputError


@dataclass(frozen=True)
class Shape:
    """items I; width D; blocks; heads H; length L: number of most recent items that are read; dropout: share of activations."""

    items: int
    width: int
    blocks: int
    heads: int
    length: int
    dropout: float

    def __post_init__(self) -> None:
        if self.width % self.heads:
            raise InputError(
                f"a width of {self.width} cannot be divided into {self.heads} heads", todo="change --width or --heads"
            )


class Block(nn.Module):
    """Attention and a feed-forward layer; each residual starts from the normalised input of its layer."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads, self.share = shape.heads, shape.dropout
        self.before_attention, self.before_layer = nn.LayerNorm(shape.width), nn.LayerNorm(shape.width)
        self.query, self.key_value = nn.Linear(shape.width, shape.width), nn.Linear(shape.width, 2 * shape.width)
        self.out = nn.Linear(shape.width, shape.width)
        self.layer = nn.Sequential(
            nn.Linear(shape.width, shape.width), nn.ReLU(), nn.Dropout(shape.dropout), nn.Linear(shape.width, shape.width)
        )
        self.dropout = nn.Dropout(shape.dropout)

    def forward(self, states: torch.Tensor, allowed: torch.Tensor) -> torch.Tensor:
        """states (B, S, D); allowed (B, 1, S, S) bool: the positions that each position may attend to.  Returns (B, S, D)."""
        batch, places, width = states.shape
        normalised = self.before_attention(states)
        query = self.query(normalised).view(batch, places, self.heads, width // self.heads).transpose(1, 2)  # (B, H, S, D / H)
        parts = self.key_value(states).view(batch, places, 2, self.heads, width // self.heads)
        key, value = parts.permute(2, 0, 3, 1, 4)
        dropped = self.share if self.training else 0.0
        seen = functional.scaled_dot_product_attention(query, key, value, attn_mask=allowed, dropout_p=dropped)
        inner = self.before_layer(normalised + self.out(seen.transpose(1, 2).reshape(batch, places, width)))
        added: torch.Tensor = inner + self.dropout(self.layer(inner))
        return added


class SASRec(nn.Module):
    """The model that the module describes."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.items = nn.Embedding(shape.items + 1, shape.width, padding_idx=0)
        self.places = nn.Embedding(shape.length, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.blocks))
        self.norm = nn.LayerNorm(shape.width)
        self.dropout = nn.Dropout(shape.dropout)
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.xavier_normal_(parameter)
        with torch.no_grad():
            self.items.weight[0] = 0

    @property
    def parameters_count(self) -> int:
        return sum(parameter.numel() for parameter in self.parameters())

    def forward(self, history: torch.Tensor) -> torch.Tensor:
        """history (B, S) item numbers, oldest first, left-padded with 0, S <= L.  Returns (B, S, D)."""
        places = history.shape[1]
        last = self.places.weight[self.shape.length - places :]  # counted from the end: the newest item is always at L - 1
        states = self.dropout(self.items(history) + last)
        causal = torch.ones(places, places, dtype=torch.bool, device=history.device).tril()
        # Padding attends to itself, because an empty row gives NaN.
        itself = torch.eye(places, dtype=torch.bool, device=history.device)
        allowed = (causal & (history > 0)[:, None, :]) | itself
        for block in self.blocks:
            states = block(states, allowed[:, None])
        normalised: torch.Tensor = self.norm(states)
        return normalised

    def score_all(self, history: torch.Tensor) -> torch.Tensor:
        """Scores of the next item after history (B, S), on the model's device: (B, I + 1); column 0 is -inf."""
        scores = self(history)[:, -1] @ self.items.weight.T
        scores[:, 0] = -torch.inf
        return scores

    def scores(self, histories: Sequence[np.ndarray]) -> np.ndarray:
        """Scores of the next item after each non-empty history, oldest first: (B, I + 1) float32; column 0 is -inf."""
        with torch.inference_mode():
            padded = pad([history[-self.shape.length :] for history in histories]).to(self.items.weight.device)
            found: np.ndarray = self.score_all(padded).cpu().numpy()
        return found


def pad(histories: Sequence[np.ndarray]) -> torch.Tensor:
    """(B, longest) int64, left-padded with zeros."""
    longest = max(len(history) for history in histories)
    table = np.zeros((len(histories), longest), dtype=np.int64)
    for row, history in zip(table, histories, strict=True):
        row[longest - len(history) :] = history
    return torch.from_numpy(table)


def sampled_softmax(states: torch.Tensor, vectors: torch.Tensor, truth: torch.Tensor, negatives: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy of the true item against uniformly sampled ones, without correction for the sampling.

    states (N, D); vectors (I + 1, D); truth (N,); negatives (N, M), drawn for each position.  A negative equal to the truth is ignored.
    Computes one product with the whole catalogue, because gathering N * M vectors would move far more bytes.
    """
    scores = states @ vectors.T  # (N, I + 1)
    right = scores.gather(1, truth[:, None])  # (N, 1)
    wrong = scores.gather(1, negatives).masked_fill(negatives == truth[:, None], -torch.inf)  # (N, M)
    return (torch.logsumexp(torch.cat([right, wrong], 1), 1) - right[:, 0]).mean()
