"""Flatten a trie into the nodes that must be scored and the steps that leave them.

Under `constrained` a node with one child needs no scoring, because its step has probability 1; such steps are skipped, so a
step leads to the next branching node or to an item.  Under `raw` and `compat` every step counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from rdrec.core.records import InputError
from rdrec.ranking.trie import Trie

Score = Literal["constrained", "raw", "compat"]
SCORES: tuple[Score, ...] = ("constrained", "raw", "compat")


@dataclass(frozen=True)
class Choices:
    """S scored nodes, level by level as in the trie, and E steps (edges), those of one node adjacent.

    node (S,): trie node; start (S + 1,): node s has the steps start[s] .. start[s + 1] - 1; depth (S,); longest (S,): token count
    of the longest item below.  parent, token (E,): the scored node a step leaves and its token; below (E,): the scored node it
    leads to, or -1; item (E,): the item it leads to, or -1.  length (I,): number of tokens of each item's path.
    """

    score: Score
    node: np.ndarray
    start: np.ndarray
    depth: np.ndarray
    longest: np.ndarray
    parent: np.ndarray
    token: np.ndarray
    below: np.ndarray
    item: np.ndarray
    length: np.ndarray

    def __len__(self) -> int:
        return len(self.node)

    def depths(self) -> list[tuple[int, int]]:
        """Ranges (first, end) of scored nodes of equal depth, from the root down."""
        cuts = [0, *(np.flatnonzero(np.diff(self.depth)) + 1).tolist(), len(self)]
        return list(pairwise(cuts)) if len(self) else []

    def items_behind(self) -> np.ndarray:
        """(E,) number of items that each step leads to."""
        behind, below = np.ones(len(self.token), dtype=np.int64), np.zeros(len(self), dtype=np.int64)
        for begin, after in reversed(self.depths()):
            edges = np.arange(self.start[begin], self.start[after])
            on = edges[self.below[edges] >= 0]
            behind[on] = below[self.below[on]]
            below[begin:after] = np.add.reduceat(behind[edges], self.start[begin:after] - self.start[begin])
        return behind

    def edges_of(self, scored: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(edges, places) of the nodes `scored` (M,): their steps one node after the other, and the node (0..M-1) of each step."""
        counts = self.start[scored + 1] - self.start[scored]
        places = np.repeat(np.arange(len(scored)), counts)
        offset = np.arange(len(places)) - np.repeat(np.cumsum(counts) - counts, counts)
        return self.start[scored][places] + offset, places

    def bound(self, reached: np.ndarray, scored: np.ndarray) -> np.ndarray:
        """The best possible score of an item below, given the log-probability `reached` of the path so far."""
        return reached / self.longest[scored] if self.score == "compat" else reached


def choices(trie: Trie, score: Score) -> Choices:
    """Flatten a trie for one score.  Raises InputError for an unknown score."""
    if score not in SCORES:
        raise InputError(f"unknown score {score!r}", todo=f"use one of {', '.join(SCORES)}")
    nodes = trie.branching() if score == "constrained" else trie.inner()
    lands = _skip_single_children(trie) if score == "constrained" else np.arange(trie.n_nodes)
    counts = trie.children[nodes]
    start = np.concatenate([[0], np.cumsum(counts)])
    parent = np.repeat(np.arange(len(nodes)), counts)
    child = trie.first_child[nodes][parent] + np.arange(len(parent)) - start[parent]
    scored_at = np.full(trie.n_nodes, -1)
    scored_at[nodes] = np.arange(len(nodes))
    longest = trie.depth.copy()
    for level in _levels(trie)[:0:-1]:
        np.maximum.at(longest, trie.parent[level], longest[level])
    return Choices(
        score=score,
        node=nodes,
        start=start,
        depth=trie.depth[nodes],
        longest=longest[nodes],
        parent=parent,
        token=trie.token[child],
        below=scored_at[lands[child]],
        item=trie.item_at[lands[child]],
        length=trie.depth[trie.leaf],
    )


def _levels(trie: Trie) -> list[np.ndarray]:
    """The nodes of each depth, the root first."""
    return np.split(np.arange(trie.n_nodes), np.flatnonzero(np.diff(trie.depth)) + 1)


def _skip_single_children(trie: Trie) -> np.ndarray:
    """(N,): the node reached from each node by following only children."""
    lands = np.arange(trie.n_nodes)
    for nodes in _levels(trie)[::-1]:
        single = nodes[trie.children[nodes] == 1]
        lands[single] = lands[trie.first_child[single]]
    return lands
