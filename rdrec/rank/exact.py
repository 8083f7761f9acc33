"""Exact ranking by one tree pass: every item's probability, without a beam search.

In: a student, encoder states, a `Trie`.  Out: log-probabilities (users, items).  It knows no data set and no metric.
Method section 5: all prefixes that matter stand packed in one decoder sequence.  A node sees itself and its ancestors alone
(mask), at its depth in the tree (relative position bias), and cross-attention keys and values are made once a user.  An
item's score is the sum of log-probabilities of the steps on its path.

    constrained   each step is a softmax over the legal next tokens; adds to 1 over the items; the default
    raw           each step is a softmax over the whole vocabulary, end token included: what a beam search approximates
    compat        raw divided by the number of steps: the order of the released program

A step with one legal token costs nothing under `constrained`: its probability is 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

from rdrec.rank.trie import Trie
from rdrec.records import InputError
from rdrec.student.model import Encoding, Student

Score = Literal["constrained", "raw", "compat"]
SCORES: tuple[Score, ...] = ("constrained", "raw", "compat")
CHUNK_NODES = 512  # nodes scored in one packed sequence; bounds memory to users x 512 x vocabulary whatever the catalogue


@dataclass(frozen=True)
class _Pack:
    """One packed decoder sequence: `nodes` (scored nodes and all their ancestors, P of them) and which of them are scored."""

    tokens: torch.Tensor  # (P,)
    depth: torch.Tensor  # (P,)
    sees: torch.Tensor  # (P, P) bool: query row attends to key column
    scored: torch.Tensor  # (S,) positions of the scored nodes in the pack
    edge_child: torch.Tensor  # (E,) node number of each child of a scored node
    edge_parent: torch.Tensor  # (E,) index 0..S-1 of its parent
    edge_token: torch.Tensor  # (E,)


class ExactRanker:
    """Scores all items of one trie for any number of users at a time."""

    def __init__(self, student: Student, trie: Trie, score: Score = "constrained") -> None:
        if score not in SCORES:
            raise InputError(f"unknown score {score!r}", todo=f"use one of {', '.join(SCORES)}")
        self._student, self._trie, self._score = student, trie, score
        scored = trie.branching() if score == "constrained" else trie.inner()
        device = student.device
        start = student.t5.config.decoder_start_token_id
        self._packs = [
            _pack(trie, scored[begin : begin + CHUNK_NODES], start, device) for begin in range(0, len(scored), CHUNK_NODES)
        ]
        self._parent = torch.from_numpy(trie.parent).to(device)
        self._levels = [
            torch.from_numpy(np.flatnonzero(trie.depth == level)).to(device) for level in range(1, int(trie.depth.max()) + 1)
        ]
        self._leaf = torch.from_numpy(trie.leaf).to(device)
        self._leaf_depth = torch.from_numpy(trie.depth[trie.leaf]).to(device)

    def rank(self, encoding: Encoding, legal: torch.Tensor | None = None) -> torch.Tensor:
        """Log-probability of every item for every user: (B, I), float32.

        legal  optional (B, I) bool: each user's own candidates; the tree of each user is cut down to them, and items
               outside get -inf.  Every user needs at least one.
        """
        with torch.inference_mode():
            steps = encoding.states.new_zeros(encoding.states.shape[0], self._trie.n_nodes, dtype=torch.float32)  # (B, N)
            allowed = None if legal is None else self._allowed(legal)
            for pack, states in self._decoded(encoding):
                steps[:, pack.edge_child] = self._edge_scores(pack, states, allowed)
            for nodes in self._levels:  # add up along the paths, from the root down
                steps[:, nodes] += steps[:, self._parent[nodes]]
            scores = steps[:, self._leaf]  # (B, I)
            if self._score == "compat":
                scores = scores / self._leaf_depth
            return scores if legal is None else scores.masked_fill(~legal, -torch.inf)

    def _allowed(self, legal: torch.Tensor) -> torch.Tensor:
        """(B, N) bool: the nodes on a path to one of the user's candidates."""
        if not bool(legal.any(dim=1).all()):
            raise InputError("a user has no candidate to rank", todo="give at least one")
        count = torch.zeros(legal.shape[0], self._trie.n_nodes, device=legal.device)  # candidates below each node
        count[:, self._leaf] = legal.float()
        for level in reversed(self._levels):
            count.index_add_(1, self._parent[level], count[:, level])
        return count > 0

    def _decoded(self, encoding: Encoding) -> Iterator[tuple[_Pack, torch.Tensor]]:
        """Decoder states (B, S, D) of the scored nodes of each pack."""
        for pack in self._packs:
            yield pack, decode_tree(self._student, encoding, pack.tokens, pack.depth, pack.sees)[:, pack.scored]

    def _edge_scores(self, pack: _Pack, states: torch.Tensor, allowed: torch.Tensor | None) -> torch.Tensor:
        """Log-probability of each step from a scored node to one of its children: (B, E)."""
        output = self._student.t5.lm_head.weight.float()  # (V, D); never quantised
        if self._score == "constrained":
            tokens, place = torch.unique(pack.edge_token, return_inverse=True)
            logits = (states.float() @ output[tokens].T)[:, pack.edge_parent, place]  # (B, E)
            if allowed is not None:
                logits = logits.masked_fill(~allowed[:, pack.edge_child], -torch.inf)
            return logits - _log_sum_by(logits, pack.edge_parent, len(pack.scored))[:, pack.edge_parent]
        logits = states.float() @ output.T  # (B, S, V)
        return logits[:, pack.edge_parent, pack.edge_token] - logits.logsumexp(dim=-1)[:, pack.edge_parent]


def decode_tree(
    student: Student, encoding: Encoding, tokens: torch.Tensor, depth: torch.Tensor, sees: torch.Tensor
) -> torch.Tensor:
    """Run T5's decoder over packed tree nodes, scaled ready for the output layer: (B, P, D).

    tokens, depth (P,); sees (P, P) bool.  T5 has no absolute positions: only the relative position bias must follow the
    tree, and a node's distance to an ancestor is the difference of their depths.
    """
    t5 = student.t5
    decoder = t5.decoder
    attention = decoder.block[0].layer[0].SelfAttention
    bucket = attention._relative_position_bucket(
        depth[None, :] - depth[:, None],
        bidirectional=False,
        num_buckets=attention.relative_attention_num_buckets,
        max_distance=attention.relative_attention_max_distance,
    )
    dtype = encoding.states.dtype
    lowest = torch.finfo(dtype).min
    position_bias = attention.relative_attention_bias(bucket).permute(2, 0, 1)[None].to(dtype)  # (1, H, P, P)
    self_mask = torch.zeros(sees.shape, dtype=dtype, device=sees.device).masked_fill(~sees, lowest)[None, None]
    padding = (encoding.mask == 0)[:, None, None, :]  # (B, 1, 1, S)
    cross_mask = torch.zeros(padding.shape, dtype=dtype, device=sees.device).masked_fill(padding, lowest)
    cross_mask = cross_mask.expand(-1, -1, len(tokens), -1)
    hidden = t5.shared(tokens)[None].to(dtype).expand(encoding.states.shape[0], -1, -1)  # (B, P, D)
    cross_bias = None
    for block in decoder.block:
        hidden, position_bias, cross_bias = block(hidden, self_mask, position_bias, encoding.states, cross_mask, cross_bias)[:3]
    hidden = decoder.final_layer_norm(hidden)
    return hidden * t5.config.d_model**-0.5 if t5.config.scale_decoder_outputs else hidden


def _pack(trie: Trie, scored: np.ndarray, start_token: int, device: torch.device) -> _Pack:
    """Pack scored nodes with all their ancestors, ancestors first (node numbers grow with depth)."""
    needed = [scored]
    climbing = scored
    while (climbing := np.unique(trie.parent[climbing])).max(initial=-1) >= 0:
        climbing = climbing[climbing >= 0]
        needed.append(climbing)
    nodes = np.unique(np.concatenate(needed))  # (P,)
    place = np.full(trie.n_nodes, -1)
    place[nodes] = np.arange(len(nodes))
    sees = np.eye(len(nodes), dtype=bool)
    ancestor = trie.parent[nodes]
    while (rows := np.flatnonzero(ancestor >= 0)).size:
        sees[rows, place[ancestor[rows]]] = True
        ancestor[rows] = trie.parent[ancestor[rows]]
    counts = trie.children[scored]
    edge_parent = np.repeat(np.arange(len(scored)), counts)
    offset = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    edge_child = trie.first_child[scored][edge_parent] + offset
    tokens = np.where(nodes == 0, start_token, trie.token[nodes])
    arrays = (tokens, trie.depth[nodes], sees, place[scored], edge_child, edge_parent, trie.token[edge_child])
    return _Pack(*(torch.from_numpy(np.ascontiguousarray(array)).to(device) for array in arrays))


def _log_sum_by(values: torch.Tensor, group: torch.Tensor, groups: int) -> torch.Tensor:
    """log of the sum of exp(values) within each group of columns: (B, E) -> (B, groups); -inf for a group that is all -inf."""
    index = group.expand(values.shape[0], -1)
    top = values.new_full((values.shape[0], groups), -torch.inf).scatter_reduce(1, index, values, "amax")
    top = top.masked_fill(top == -torch.inf, 0.0)
    total = values.new_zeros(values.shape[0], groups).scatter_add(1, index, (values - top[:, group]).exp())
    return top + total.log()
