"""Exact ranking: the log-probability of every catalogue item in one tree pass, without beam search (method, section 5).

All prefixes at which a choice is made are packed in one decoder sequence; an item's score is the sum of the log-probabilities
of the steps on its path.

    constrained   softmax over the legal next tokens; item probabilities sum to 1; the default
    raw           softmax over the whole vocabulary, end token included: what beam search approximates
    compat        raw divided by the number of steps: the order of the released program

Shapes: B users, I items, N trie nodes, S scored nodes, E steps, T output rows, D width.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from rdrec.core.records import InputError
from rdrec.ranking.choices import Score, choices
from rdrec.ranking.decoder import CrossAttention, TreeDecoder
from rdrec.ranking.node_scorer import CELLS, PACK_NODES, NodeScorer, Packed
from rdrec.ranking.trie import Trie
from rdrec.student.model import Encoding, Student

KEPT_PACKS = 8  # packs of the full catalogue kept in memory, about 10 MB each


@dataclass(frozen=True)
class _CataloguePack:
    """Consecutive scored nodes of the full catalogue, with the steps first .. after - 1."""

    packed: Packed
    first: int
    after: int
    output: torch.Tensor  # (T, D) output rows that some step needs; all rows unless constrained
    legal: torch.Tensor | None  # (S, T) rows that each node may take; None: all
    row: torch.Tensor  # (after - first,) scored node within the pack
    column: torch.Tensor  # (after - first,) row of `output`


class ExactRanker:
    """Scores all items of one trie for any number of users.  Raises InputError for an unknown score."""

    def __init__(self, student: Student, trie: Trie, score: Score = "constrained") -> None:
        self.trie, self.choices = trie, choices(trie, score)
        self.decoder = TreeDecoder(student)
        self.scorer = NodeScorer(self.decoder, trie, self.choices)

    def rank(self, encoding: Encoding, legal: torch.Tensor | None = None) -> torch.Tensor:
        """Log-probability of every item for every user: (B, I) float32.

        legal  optional (B, I) bool: each user's candidates, best left on the CPU; other items get -inf.  On a CPU each user's tree is
               pruned to them.  On a GPU all nodes are scored in one pass, because choosing nodes would wait for the device.
        Raises InputError for a user without candidates.
        """
        with torch.inference_mode():
            cross = self.decoder.cross_attention(encoding)
            if legal is None:
                return torch.cat([self._all_items(cross[users]) for users in self._users(len(cross))])
            if not bool(legal.any(dim=1).all()):
                raise InputError("a user has no candidate to rank", todo="pass at least one candidate per user")
            legal = legal.to(self.decoder.device, non_blocking=True)
            score = self._candidates if self.decoder.device.type == "cpu" else self._candidates_in_one_pass
            scores = [score(cross[users], legal[users]) for users in self._users(len(cross))]
            return torch.cat(scores).masked_fill(~legal, -torch.inf)

    def nodes(self, encoding: Encoding) -> torch.Tensor:
        """Log-probability of the path to every trie node: (B, N).  Raises InputError under `constrained`, which skips nodes."""
        if self.choices.score == "constrained":
            raise InputError("constrained scores skip nodes with one child", todo="use score raw")
        with torch.inference_mode():
            cross = self.decoder.cross_attention(encoding)
            steps = torch.cat([self._steps(cross[users]) for users in self._users(len(cross))])
            found = torch.zeros(len(steps), self.trie.n_nodes, device=steps.device)  # (B, N)
            child = torch.from_numpy(self.trie.first_child[self.choices.node][self.choices.parent]).to(steps.device)
            place = np.arange(len(self.choices.token)) - self.choices.start[self.choices.parent]
            child += torch.from_numpy(place).to(steps.device)
            parent = torch.from_numpy(self.choices.node[self.choices.parent]).to(steps.device)
            for begin, after in self.choices.depths():
                edges = slice(int(self.choices.start[begin]), int(self.choices.start[after]))
                found[:, child[edges]] = found[:, parent[edges]] + steps[:, edges]
            return found

    def _users(self, count: int) -> Iterator[slice]:
        """Slices of users small enough to hold one number per user and step within CELLS."""
        at_once = max(1, CELLS // max(len(self.choices.token), 1))
        yield from (slice(begin, begin + at_once) for begin in range(0, count, at_once))

    def _all_items(self, cross: CrossAttention) -> torch.Tensor:
        return self._totals(self._steps(cross))

    def _candidates_in_one_pass(self, cross: CrossAttention, legal: torch.Tensor) -> torch.Tensor:
        """The same scores as `_candidates`, computed for all nodes without waiting for the device: (B, I)."""
        if self.choices.score != "constrained":
            return self._all_items(cross)
        return self._totals(self._steps(cross, self._allowed(legal)[0]))

    def _steps(self, cross: CrossAttention, allowed: torch.Tensor | None = None) -> torch.Tensor:
        """Log-probability of every step of the trie: (B, E).

        allowed  (B, E) bool: `constrained` normalises over these steps only; the others get -inf
        """
        steps = torch.empty(len(cross), len(self.choices.token), device=self.decoder.device)  # (B, E)
        for pack in self._packs():
            nodes, width = pack.packed.at.shape[1], pack.packed.hidden.shape[1]
            cells = max(width * width * self.decoder.heads, nodes * len(pack.output), 1)
            at_once = max(1, CELLS // cells)
            for begin in range(0, len(cross), at_once):
                users = slice(begin, begin + at_once)
                part = slice(pack.first, pack.after)
                steps[users, part] = self._pack_steps(cross[users], pack, None if allowed is None else allowed[users, part])
        return steps

    def _pack_steps(self, cross: CrossAttention, pack: _CataloguePack, allowed: torch.Tensor | None) -> torch.Tensor:
        states = self.decoder.run(cross, pack.packed.hidden, pack.packed.bias)  # (B, P, D)
        states = states[:, pack.packed.at[0]].float()  # (B, S, D)
        logits = states @ pack.output.T  # (B, S, T)
        if allowed is not None:
            legal = torch.zeros_like(logits, dtype=torch.bool)
            legal[:, pack.row, pack.column] = allowed
            steps = logits.masked_fill(~legal, -torch.inf).log_softmax(-1)[:, pack.row, pack.column]
            return steps.masked_fill(~allowed, -torch.inf)  # without candidates below a node its steps are nan
        if pack.legal is not None:
            logits = logits.masked_fill(~pack.legal, -torch.inf)
        return logits.log_softmax(-1)[:, pack.row, pack.column]  # (B, after - first)

    def _candidates(self, cross: CrossAttention, legal: torch.Tensor) -> torch.Tensor:
        """Like `rank`, opening only nodes where the user's candidates leave a choice: (B, I)."""
        allowed, left = (part.numpy() for part in self._allowed(legal))
        fewest = 2 if self.choices.score == "constrained" else 1
        lists = [np.flatnonzero(row >= fewest) for row in left]
        steps = np.where(allowed, np.float32(0), -np.float32(np.inf))  # (B, E)
        busy = np.array([row for row, scored in enumerate(lists) if len(scored)], dtype=np.int64)
        if len(busy):
            rows = torch.from_numpy(busy).to(self.decoder.device)
            opened = self.scorer.steps(cross[rows], [lists[row] for row in busy], allowed[busy])
            steps[busy[opened.user], opened.edge] = opened.log_probability
        return self._totals(torch.from_numpy(steps).to(self.decoder.device))

    def _allowed(self, legal: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """allowed (B, E) bool: steps towards a candidate; left (B, S): number of allowed steps of each node.  legal (B, I)."""
        c = self.choices
        allowed = torch.zeros(len(legal), len(c.token), dtype=torch.bool, device=legal.device)
        left = torch.zeros(len(legal), len(c), dtype=torch.int32, device=legal.device)
        for (begin, after), (parent, on, below, ends, item) in reversed(list(zip(c.depths(), self._paths, strict=True))):
            first = int(c.start[begin])
            allowed[:, first + ends] = legal[:, item]
            allowed[:, first + on] = left[:, below] > 0
            left.scatter_add_(1, parent.expand(len(legal), -1), allowed[:, first : int(c.start[after])].int())
        return allowed, left

    def _totals(self, steps: torch.Tensor) -> torch.Tensor:
        """Sum the steps (B, E) along each path from the root: -> (B, I)."""
        c = self.choices
        scores = torch.zeros(len(steps), len(c.length), device=steps.device)  # (B, I)
        reached = torch.zeros(len(steps), len(c), device=steps.device)  # (B, S)
        for (begin, after), (parent, on, below, ends, item) in zip(c.depths(), self._paths, strict=True):
            edges = slice(int(c.start[begin]), int(c.start[after]))
            total = steps[:, edges] + reached[:, parent]  # (B, edges of this depth)
            reached[:, below] = total[:, on]
            scores[:, item] = total[:, ends]
        return scores / self._length if c.score == "compat" else scores

    @cached_property
    def _length(self) -> torch.Tensor:
        return torch.from_numpy(self.choices.length).to(self.decoder.device)

    @cached_property
    def _paths(self) -> list[tuple[torch.Tensor, ...]]:
        """For each depth: parents of the steps, the steps that continue and their target nodes, the steps that end and their items."""
        c, found = self.choices, []
        for begin, after in c.depths():
            edges = slice(c.start[begin], c.start[after])
            on, ends = np.flatnonzero(c.below[edges] >= 0), np.flatnonzero(c.item[edges] >= 0)
            arrays = (c.parent[edges], on, c.below[edges][on], ends, c.item[edges][ends])
            found.append(tuple(torch.from_numpy(np.ascontiguousarray(array)).to(self.decoder.device) for array in arrays))
        return found

    def _packs(self) -> Iterator[_CataloguePack]:
        yield from self._kept
        for begin in range(len(self._kept) * PACK_NODES, len(self.choices), PACK_NODES):
            yield self._make_pack(begin)

    @cached_property
    def _kept(self) -> list[_CataloguePack]:
        return [self._make_pack(begin) for begin in range(0, len(self.choices), PACK_NODES)[:KEPT_PACKS]]

    def _make_pack(self, begin: int) -> _CataloguePack:
        c, device = self.choices, self.decoder.device
        scored = np.arange(begin, min(begin + PACK_NODES, len(c)))
        first, after = int(c.start[scored[0]]), int(c.start[scored[-1] + 1])
        row = torch.from_numpy(c.parent[first:after] - begin).to(device)
        output, legal = self.decoder.output.float(), None
        tokens, columns = c.token[first:after], c.token[first:after]
        if c.score == "constrained":
            tokens, columns = np.unique(columns, return_inverse=True)
            output = output[torch.from_numpy(tokens).to(device)]
        column = torch.from_numpy(np.ascontiguousarray(columns)).to(device)
        if c.score == "constrained":
            legal = torch.zeros(len(scored), len(tokens), dtype=torch.bool, device=device)
            legal[row, column] = True
        return _CataloguePack(self.scorer.pack([scored]), first, after, output, legal, row, column)
