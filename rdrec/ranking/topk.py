"""The exact best k items, opening only branches that can still contain one of them.

The probability of a path never grows with its length, so it bounds every item below.  A branch is opened while its bound
reaches the k-th best item so far; the rest of the tree cannot change the result.  A confident student needs a handful of nodes;
one with random weights needs all of them, and then the full pass is cheaper.  On a GPU it always is: choosing the next branches
waits for the device, so there all nodes are opened in one pass and sorted on the device.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from rdrec.core.records import InputError
from rdrec.ranking.exact import ExactRanker
from rdrec.student.model import Encoding

FIRST_NODES = 16  # opened in the first pass; on a CPU 16 nodes cost about as much as one
GROWTH = 4  # each pass opens this many times more; another pass costs more than a few unneeded nodes


@dataclass(frozen=True)
class TopK:
    """items (B, k) columns, best first, ties by column, -1 where there are fewer; scores (B, k), -inf there.

    opened (B,): number of scored nodes opened.
    """

    items: np.ndarray
    scores: np.ndarray
    opened: np.ndarray


class _UserSearch:
    """The search state of one user: nodes reached but not yet opened, and the best items so far."""

    def __init__(self, nodes: int, k: int) -> None:
        self.reached = np.full(nodes, -np.inf, dtype=np.float32)  # (S,) log-probability of the path to each scored node
        self.waiting = np.zeros(0, dtype=np.int64)
        self.opened = 0
        self.items, self.scores = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        self._k = k

    @property
    def threshold(self) -> float:
        """The score that a new item must reach."""
        return float(self.scores[-1]) if len(self.scores) == self._k else -np.inf

    def add(self, items: np.ndarray, scores: np.ndarray) -> None:
        kept = scores >= self.threshold
        items, scores = np.concatenate([self.items, items[kept]]), np.concatenate([self.scores, scores[kept]])
        order = np.lexsort((items, -scores))[: self._k]
        self.items, self.scores = items[order], scores[order]


def top_k(ranker: ExactRanker, encoding: Encoding, k: int) -> TopK:
    """The k best items of every user, equal to sorting `ranker.rank(encoding)`.  Raises InputError for k < 1."""
    if k < 1:
        raise InputError(f"cannot return the best {k} items", todo="ask for at least one")
    if ranker.decoder.device.type != "cpu":
        return sorted_pass(ranker, encoding, k)
    count = encoding.states.shape[0]
    users = [_UserSearch(len(ranker.choices), k) for _ in range(count)]
    with torch.inference_mode():
        _search(ranker, encoding, users)
    items, scores = np.full((count, k), -1), np.full((count, k), -np.inf, dtype=np.float32)
    for row, user in enumerate(users):
        items[row, : len(user.items)], scores[row, : len(user.items)] = user.items, user.scores
    return TopK(items, scores, np.array([user.opened for user in users]))


def sorted_pass(ranker: ExactRanker, encoding: Encoding, k: int) -> TopK:
    """`top_k` by ranking all items; the device is waited for once, when the best items are copied back."""
    with torch.inference_mode():
        scores = ranker.rank(encoding)
        found, order = (part[:, :k] for part in scores.sort(dim=1, descending=True, stable=True))  # ties by column
    count = len(scores)
    best = TopK(np.full((count, k), -1), np.full((count, k), -np.inf, np.float32), np.full(count, len(ranker.choices)))
    best.items[:, : order.shape[1]], best.scores[:, : found.shape[1]] = order.cpu().numpy(), found.cpu().numpy()
    return best


def _search(ranker: ExactRanker, encoding: Encoding, users: list[_UserSearch]) -> None:
    c = ranker.choices
    if not len(c):  # a single item: nothing to score
        for user in users:
            user.add(np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.float32))
        return
    cross = ranker.decoder.cross_attention(encoding)
    largest = _largest_branches(ranker)
    for user in users:
        user.reached[0] = 0.0
    lists, width = [largest] * len(users), FIRST_NODES
    busy = np.arange(len(users))
    while len(busy):
        rows = torch.from_numpy(busy).to(ranker.decoder.device)
        steps = ranker.scorer.steps(cross if len(busy) == len(users) else cross[rows], [lists[row] for row in busy])
        cuts = np.searchsorted(steps.user, np.arange(len(busy) + 1))
        for place, row in enumerate(busy):
            part = slice(cuts[place], cuts[place + 1])
            _add_steps(ranker, users[row], lists[row], steps.edge[part], steps.log_probability[part])
        width *= GROWTH
        for row in busy:
            lists[row] = _next_nodes(ranker, users[row], width)
        busy = np.array([row for row in busy if len(lists[row])], dtype=np.int64)


def _add_steps(ranker: ExactRanker, user: _UserSearch, opened: np.ndarray, edge: np.ndarray, step: np.ndarray) -> None:
    """Extend the paths by the steps of the opened nodes, parents first."""
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


def _next_nodes(ranker: ExactRanker, user: _UserSearch, width: int) -> np.ndarray:
    """The `width` most promising waiting nodes that can still contain a best item; nodes that cannot are dropped."""
    bound = ranker.choices.bound(user.reached[user.waiting], user.waiting)
    user.waiting = user.waiting[bound >= user.threshold]
    bound = bound[bound >= user.threshold]
    chosen: np.ndarray = np.sort(user.waiting[np.argsort(-bound, kind="stable")[:width]])
    return chosen


def _largest_branches(ranker: ExactRanker) -> np.ndarray:
    """The scored nodes with most items below.  Opened together with the root they cost nothing, and often lead to the best items."""
    c = ranker.choices
    below = np.add.reduceat(c.items_behind(), c.start[:-1])
    largest: np.ndarray = np.sort(np.lexsort((np.arange(len(c)), -below))[:FIRST_NODES])
    return largest
