"""The exact best k of a catalogue, opening only branches that can still hold one of them.

In: an `ExactRanker`, encoder states, k.  Out: the k best items of each user and how many nodes were opened.
A path's probability never grows as the path grows, so it bounds every item below.  A branch is opened while its bound reaches
the k-th best item found so far; the rest of the tree cannot change the answer.  Sure of itself, a student needs a handful of
nodes; one that finds all items alike (random weights) needs them all: the worst case, then the full pass is cheaper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from rdrec.rank.exact import ExactRanker
from rdrec.records import InputError
from rdrec.student.model import Encoding

FIRST_NODES = 16  # opened at once at first: on a CPU a pass with 16 nodes costs about what a pass with one does
GROWTH = 4  # later passes open so many times more: a pass of its own costs more than some nodes too many


@dataclass(frozen=True)
class Best:
    """items (B, k) columns, best first, equal scores by column, -1 where there are fewer; scores (B, k), -inf there.

    opened (B,): scored nodes that were opened.
    """

    items: np.ndarray
    scores: np.ndarray
    opened: np.ndarray


class _User:
    """What is known of one user's tree: nodes reached and not opened yet, and the best items so far."""

    def __init__(self, nodes: int, k: int, barred: np.ndarray) -> None:
        self.reached = np.full(nodes, -np.inf, dtype=np.float32)  # log-probability of the path to each scored node
        self.waiting = np.zeros(0, dtype=np.int64)
        self.opened = 0
        self.items, self.scores = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        self._k, self._barred = k, barred

    @property
    def least(self) -> float:
        """What an item must reach to count."""
        return float(self.scores[-1]) if len(self.scores) == self._k else -np.inf

    def add(self, items: np.ndarray, scores: np.ndarray) -> None:
        kept = (scores >= self.least) & ~np.isin(items, self._barred)
        items, scores = np.concatenate([self.items, items[kept]]), np.concatenate([self.scores, scores[kept]])
        order = np.lexsort((items, -scores))[: self._k]
        self.items, self.scores = items[order], scores[order]


def best(ranker: ExactRanker, encoding: Encoding, k: int, barred: Sequence[Sequence[int]] | None = None) -> Best:
    """The k best items of every user, equal to sorting `ranker.rank(encoding)`.

    barred  for each user, columns that may not be among them (seen items); their probability stays theirs.
    """
    if k < 1:
        raise InputError(f"the best {k} items make no sense", todo="ask for one or more")
    count = encoding.states.shape[0]
    outside = (
        [np.asarray(columns, dtype=np.int64) for columns in barred] if barred is not None else [np.zeros(0, np.int64)] * count
    )
    users = [_User(len(ranker.choices), k, columns) for columns in outside]
    with torch.inference_mode():
        _search(ranker, encoding, users)
    items, scores = np.full((count, k), -1), np.full((count, k), -np.inf, dtype=np.float32)
    for row, user in enumerate(users):
        items[row, : len(user.items)], scores[row, : len(user.items)] = user.items, user.scores
    return Best(items, scores, np.array([user.opened for user in users]))


def _search(ranker: ExactRanker, encoding: Encoding, users: list[_User]) -> None:
    c = ranker.choices
    if not len(c):  # one item alone: nothing to choose
        for user in users:
            user.add(np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.float32))
        return
    crossed = ranker.decoder.cross(encoding)
    largest = _largest(ranker)
    for user in users:
        user.reached[0] = 0.0
    lists, width = [largest] * len(users), FIRST_NODES
    busy = np.arange(len(users))
    while len(busy):
        rows = torch.from_numpy(busy).to(ranker.decoder.device)
        steps = ranker.opener.steps(crossed if len(busy) == len(users) else crossed[rows], [lists[row] for row in busy])
        cuts = np.searchsorted(steps.user, np.arange(len(busy) + 1))
        for place, row in enumerate(busy):
            part = slice(cuts[place], cuts[place + 1])
            _learn(ranker, users[row], lists[row], steps.edge[part], steps.log_probability[part])
        width *= GROWTH
        for row in busy:
            lists[row] = _next(ranker, users[row], width)
        busy = np.array([row for row in busy if len(lists[row])], dtype=np.int64)


def _learn(ranker: ExactRanker, user: _User, opened: np.ndarray, edge: np.ndarray, step: np.ndarray) -> None:
    """Follow the steps of the opened nodes, parents first."""
    c = ranker.choices
    user.opened += len(opened)
    depth = c.depth[c.parent[edge]]
    for level in np.unique(depth):
        edges, total = edge[depth == level], step[depth == level] + user.reached[c.parent[edge[depth == level]]]
        on = c.below[edges] >= 0
        user.reached[c.below[edges[on]]] = total[on]
        user.waiting = np.concatenate([user.waiting, c.below[edges[on]]])
        item = c.item[edges[~on]]
        user.add(item, (total[~on] / c.length[item] if c.score == "compat" else total[~on]).astype(np.float32))
    user.waiting = user.waiting[~np.isin(user.waiting, opened)]


def _next(ranker: ExactRanker, user: _User, width: int) -> np.ndarray:
    """At most `width` waiting nodes that may hold one of the best, the most promising; those that may not are forgotten."""
    bound = ranker.choices.bound(user.reached[user.waiting], user.waiting)
    user.waiting = user.waiting[bound >= user.least]
    bound = bound[bound >= user.least]
    chosen: np.ndarray = np.sort(user.waiting[np.argsort(-bound, kind="stable")[:width]])
    return chosen


def _largest(ranker: ExactRanker) -> np.ndarray:
    """The scored nodes with most items below: with the root they cost nothing, and the best items are often there."""
    c = ranker.choices
    below = np.zeros(len(c), dtype=np.int64)
    for begin, after in reversed(c.depths()):
        edges = np.arange(c.start[begin], c.start[after])
        size = np.where(c.item[edges] >= 0, 1, below[np.maximum(c.below[edges], 0)])
        below[begin:after] = np.add.reduceat(size, c.start[begin:after] - c.start[begin])
    largest: np.ndarray = np.sort(np.lexsort((np.arange(len(c)), -below))[:FIRST_NODES])
    return largest
