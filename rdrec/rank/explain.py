"""Why an item stands where it does: the probability at each branch of its id, and how the student's belief is spread.

In: an `ExactRanker` (constrained), encoder states of one user.  Out: records of plain numbers.  It knows no page.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from rdrec.rank.exact import ExactRanker
from rdrec.records import InputError
from rdrec.student.model import Encoding


@dataclass(frozen=True)
class Turn:
    """One way at a branch: its token, the share of the branch that goes there, the mass of the whole path, items behind it."""

    token: int
    share: float
    mass: float
    items: int


@dataclass(frozen=True)
class Branch:
    """A place on an item's path where a choice is made: the tokens before it, the way taken, and all ways, likeliest first."""

    before: tuple[int, ...]
    taken: Turn
    ways: tuple[Turn, ...]


@dataclass(frozen=True)
class Spread:
    """How a student's belief is spread over a catalogue.

    entropy_bits; like_items: as undecided as among this many equal items (2 ** entropy); first: mass by the first token of
    the ids, likeliest first; top (K,) summed mass of the best 1, 2, ... K items.
    """

    entropy_bits: float
    like_items: float
    first: tuple[Turn, ...]
    top: np.ndarray


def branches(ranker: ExactRanker, encoding: Encoding, item: int) -> tuple[Branch, ...]:
    """Every branch on the path of `item` (column), the root's first; the shares taken multiply to its probability."""
    c, trie = ranker.choices, ranker.trie
    _must_be(ranker, encoding)
    if not 0 <= item < trie.n_items:
        raise InputError(f"item number {item} is not in the catalogue", todo=f"use 0 to {trie.n_items - 1}")
    path = np.array([0, *trie.path(item)])
    scored = np.flatnonzero(np.isin(c.node, path[:-1]))
    if not len(scored):
        return ()
    with torch.inference_mode():
        steps = ranker.opener.steps(ranker.decoder.cross(encoding), [scored])
    behind = _items_behind(ranker)
    found, mass = [], 1.0
    for s in scored:
        mine = c.parent[steps.edge] == s
        edges, shares = steps.edge[mine], np.exp(steps.log_probability[mine].astype(np.float64))
        ways = [
            Turn(int(c.token[edge]), float(share), float(mass * share), int(behind[edge]))
            for edge, share in zip(edges, shares, strict=True)
        ]
        place = int(np.searchsorted(path, c.node[s]))
        taken = next(way for way in ways if way.token == trie.token[path[place + 1]])
        before = tuple(int(token) for token in trie.token[path[1 : place + 1]])
        found.append(Branch(before, taken, tuple(sorted(ways, key=lambda way: (-way.share, way.token)))))
        mass = taken.mass
    return tuple(found)


def spread(ranker: ExactRanker, scores: np.ndarray) -> Spread:
    """From the log-probabilities (I,) of one user's whole catalogue, as `ExactRanker.rank` gives them."""
    if ranker.choices.score != "constrained":
        raise InputError("only constrained scores are probabilities of items", todo="use score constrained")
    trie = ranker.trie
    probability = np.exp(scores.astype(np.float64))
    known = probability > 0
    entropy = float(-(probability[known] * np.log2(probability[known])).sum())
    first = trie.leaf.copy()
    while (high := trie.depth[first] > 1).any():
        first = np.where(high, trie.parent[first], first)
    nodes, place, items = np.unique(first, return_inverse=True, return_counts=True)
    mass = np.bincount(place, weights=probability)
    turns = [Turn(int(trie.token[n]), float(m), float(m), int(count)) for n, m, count in zip(nodes, mass, items, strict=True)]
    top = np.cumsum(np.sort(probability)[::-1])
    return Spread(entropy, 2.0**entropy, tuple(sorted(turns, key=lambda turn: (-turn.mass, turn.token))), top)


def _must_be(ranker: ExactRanker, encoding: Encoding) -> None:
    if ranker.choices.score != "constrained":
        raise InputError("only constrained scores share a branch among its ways", todo="use score constrained")
    if encoding.states.shape[0] != 1:
        raise InputError("one user at a time is explained", todo="encode one row")


def _items_behind(ranker: ExactRanker) -> np.ndarray:
    """(E,): how many items each step leads to in the end."""
    c = ranker.choices
    behind, below = np.ones(len(c.token), dtype=np.int64), np.zeros(len(c), dtype=np.int64)
    for begin, after in reversed(c.depths()):
        edges = np.arange(c.start[begin], c.start[after])
        on = edges[c.below[edges] >= 0]
        behind[on] = below[c.below[on]]
        below[begin:after] = np.add.reduceat(behind[edges], c.start[begin:after] - c.start[begin])
    return behind
