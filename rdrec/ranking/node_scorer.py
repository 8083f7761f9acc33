"""Score trie nodes: the log-probability of every step that leaves them, with separate nodes for each user.

A user's nodes and their ancestors are packed in one decoder sequence, in which a node only sees itself and its ancestors.
Shapes: B users, b packed sequences, P positions, S scored nodes of a sequence, F steps, E steps of the trie, T output rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from rdrec.ranking.choices import Choices
from rdrec.ranking.decoder import CrossAttention, TreeDecoder
from rdrec.ranking.trie import Trie

PACK_NODES = 512  # scored nodes per decoder sequence; self-attention grows with its square
CELLS = 2**25  # elements of the largest tensor of one pass (128 MiB in fp32); bounds memory for any catalogue


@dataclass(frozen=True)
class Packed:
    """Packed nodes: hidden (b, P, D), states after the first self-attention; bias (b, H, P, P); at (b, S), positions of the scored nodes.

    b is 1 when all users share the nodes.
    """

    hidden: torch.Tensor
    bias: torch.Tensor
    at: torch.Tensor


@dataclass(frozen=True)
class Steps:
    """Flat arrays: user (F,); edge (F,), a step of `Choices`; log_probability (F,)."""

    user: np.ndarray
    edge: np.ndarray
    log_probability: np.ndarray


class NodeScorer:
    """Scores nodes of one trie for one student."""

    def __init__(self, decoder: TreeDecoder, trie: Trie, chosen: Choices) -> None:
        self._decoder, self._trie, self._choices = decoder, trie, chosen

    def pack(self, lists: Sequence[np.ndarray]) -> Packed:
        """Pack the scored nodes of each list with their ancestors, ancestors first (node numbers grow with depth)."""
        trie = self._trie
        packed = [self._with_ancestors(self._choices.node[scored]) for scored in lists]
        width, most = max(len(nodes) for nodes in packed), max(len(scored) for scored in lists)
        tokens = np.zeros((len(lists), width), dtype=np.int64)
        depth = np.zeros((len(lists), width), dtype=np.int64)
        visible = np.zeros((len(lists), width, width), dtype=bool)
        at = np.zeros((len(lists), most), dtype=np.int64)
        visible[:, np.arange(width), np.arange(width)] = True
        for row, (nodes, scored) in enumerate(zip(packed, lists, strict=True)):
            tokens[row, : len(nodes)] = np.where(nodes == 0, self._decoder.start_token, trie.token[nodes])
            depth[row, : len(nodes)] = trie.depth[nodes]
            at[row, : len(scored)] = np.searchsorted(nodes, self._choices.node[scored])
            ancestor = trie.parent[nodes]
            while (rows := np.flatnonzero(ancestor >= 0)).size:
                visible[row, rows, np.searchsorted(nodes, ancestor[rows])] = True
                ancestor[rows] = trie.parent[ancestor[rows]]
        device = self._decoder.device
        bias = self._decoder.bias(torch.from_numpy(depth).to(device), torch.from_numpy(visible).to(device))
        hidden = self._decoder.first_self_attention(torch.from_numpy(tokens).to(device), bias)
        return Packed(hidden, bias, torch.from_numpy(at).to(device))

    def steps(self, cross: CrossAttention, lists: Sequence[np.ndarray], allowed: np.ndarray | None = None) -> Steps:
        """The steps from the scored nodes `lists[u]` (at least one) of each user u of `cross`.

        allowed  (B, E) bool: steps open to each user; `constrained` normalises over these only
        """
        pieces = [(user, piece) for user, scored in enumerate(lists) for piece in _split(scored)]
        owner, packs = np.array([user for user, _ in pieces]), [piece for _, piece in pieces]
        parts = [self._score_packs(cross, owner[rows], packs[rows], allowed) for rows in self._pack_slices(packs)]
        return Steps(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("user", "edge", "log_probability")))

    def _score_packs(
        self, cross: CrossAttention, owner: np.ndarray, lists: Sequence[np.ndarray], allowed: np.ndarray | None
    ) -> Steps:
        """The steps of some packs; owner (b,): the user of each pack."""
        packed = self.pack(lists if any(scored is not lists[0] for scored in lists) else lists[:1])
        states = self._decoder.run(cross[torch.from_numpy(owner).to(self._decoder.device)], packed.hidden, packed.bias)
        at = packed.at.expand(len(lists), -1)
        states = states.take_along_dim(at[:, :, None], 1).float()  # (b, S, D)
        found = [self._choices.edges_of(scored) for scored in lists]
        edge = np.concatenate([edges for edges, _ in found])
        place = np.concatenate([places for _, places in found])
        row = np.repeat(np.arange(len(lists)), [len(edges) for edges, _ in found])
        if allowed is not None:
            kept = allowed[owner[row], edge]
            edge, place, row = edge[kept], place[kept], row[kept]
        return Steps(owner[row], edge, self._scores(states, edge, place, row))

    def _scores(self, states: torch.Tensor, edge: np.ndarray, place: np.ndarray, row: np.ndarray) -> np.ndarray:
        """Log-probabilities (F,) of the steps `edge` (F,) that leave `states` (b, S, D) at (row, place)."""
        device = states.device
        group = torch.from_numpy(row * states.shape[1] + place).to(device)
        if self._choices.score == "constrained":
            tokens, column = np.unique(self._choices.token[edge], return_inverse=True)
            output = self._decoder.output[torch.from_numpy(tokens).to(device)].float()  # (T, D)
            logits = (states @ output.T).flatten(0, 1)[group, torch.from_numpy(column).to(device)]
            scores = logits - _log_sum_by(logits, group, states.shape[0] * states.shape[1])[group]
        else:
            whole = (states @ self._decoder.output.float().T).flatten(0, 1)  # (b * S, V)
            scores = whole[group, torch.from_numpy(self._choices.token[edge]).to(device)] - whole.logsumexp(-1)[group]
        result: np.ndarray = scores.cpu().numpy()
        return result

    def _pack_slices(self, lists: Sequence[np.ndarray]) -> Iterator[slice]:
        """Slices of packs that keep every tensor of a pass within CELLS elements, but at least one pack each."""
        vocabulary, heads = self._decoder.output.shape[0], self._decoder.heads
        begin = widest = 0
        for end, scored in enumerate(lists):
            width = len(scored) * max(int(self._choices.depth[scored].max()), 1) + 1  # with ancestors, at most
            widest = max(widest, width)
            if end > begin and (end + 1 - begin) * widest * max(widest * heads, vocabulary) > CELLS:
                yield slice(begin, end)
                begin, widest = end, width
        yield slice(begin, len(lists))

    def _with_ancestors(self, nodes: np.ndarray) -> np.ndarray:
        found = [nodes]
        climbing = nodes
        while (climbing := np.unique(self._trie.parent[climbing])).max(initial=-1) >= 0:
            climbing = climbing[climbing >= 0]
            found.append(climbing)
        return np.unique(np.concatenate(found))


def _split(scored: np.ndarray) -> list[np.ndarray]:
    """Split into lists of at most PACK_NODES.  A short list stays the same object, so that users with the same list share a pack."""
    if len(scored) <= PACK_NODES:
        return [scored]
    return [scored[begin : begin + PACK_NODES] for begin in range(0, len(scored), PACK_NODES)]


def _log_sum_by(values: torch.Tensor, group: torch.Tensor, groups: int) -> torch.Tensor:
    """Logarithm of the sum of exp(values) within each group: (F,) -> (groups,)."""
    top = values.new_full((groups,), -torch.inf).scatter_reduce(0, group, values, "amax")
    total = values.new_zeros(groups).scatter_add(0, group, (values - top[group]).exp())
    return top + total.log()
