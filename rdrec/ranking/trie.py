"""The trie of item ids: each id is a path of tokens from the root.

Node 0 is the root; nodes are numbered level by level, and siblings are adjacent.  Every path ends with the end token, so items
are leaves, even when one id is a prefix of another ("1" and "12").  Beauty's 12,101 ids have 153 branching prefixes under T5's
tokenizer; scoring those scores all items (method, section 5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rdrec.core.records import InputError


@dataclass(frozen=True)
class Trie:
    """N nodes and I items (columns 0..I-1, in the order the paths were given).

    parent (N,) int64, -1 at the root; token (N,) int64, the token leading into the node; depth (N,) int64;
    first_child, children (N,) int64: a node's children are first_child .. first_child + children - 1;
    leaf (I,) int64: the node at which item i ends.
    """

    parent: np.ndarray
    token: np.ndarray
    depth: np.ndarray
    first_child: np.ndarray
    children: np.ndarray
    leaf: np.ndarray

    @property
    def n_nodes(self) -> int:
        """Number of nodes, the root included."""
        return len(self.parent)

    @property
    def n_items(self) -> int:
        """Number of items."""
        return len(self.leaf)

    @cached_property
    def item_at(self) -> np.ndarray:
        """(N,) column of the item that ends at each node, -1 for inner nodes."""
        items = np.full(self.n_nodes, -1)
        items[self.leaf] = np.arange(self.n_items)
        return items

    def branching(self) -> np.ndarray:
        """Nodes with at least two children: where a choice is made."""
        return np.flatnonzero(self.children >= 2)

    def inner(self) -> np.ndarray:
        """Nodes with at least one child: where the decoder must predict a token."""
        return np.flatnonzero(self.children >= 1)

    def path(self, item: int) -> list[int]:
        """The nodes from the root's child to the leaf of `item` (column)."""
        nodes = []
        node = int(self.leaf[item])
        while node > 0:
            nodes.append(node)
            node = int(self.parent[node])
        return nodes[::-1]


def build_trie(paths: Sequence[Sequence[int]]) -> Trie:
    """Build the trie of token paths, each ending with the end token; vectorised by level, so that a million ids take seconds.

    Raises InputError for no paths, an empty path, or two items with the same path.
    """
    if not paths:
        raise InputError("there is no item to rank", todo="pass at least one item")
    lengths = np.fromiter((len(path) for path in paths), dtype=np.int64, count=len(paths))
    if (lengths < 2).any():
        raise InputError(f"item {int(np.argmin(lengths))} of the list has an id without tokens", todo="give every item an id")
    width = int(lengths.max())
    table = np.full((len(paths), width), -1, dtype=np.int64)  # (I, width)
    table[np.arange(width) < lengths[:, None]] = np.concatenate([np.asarray(path, dtype=np.int64) for path in paths])
    order = np.lexsort(table.T[::-1])
    ranked = table[order]
    fresh = np.ones(len(paths), dtype=bool)  # (I,) row i starts a new prefix at the current depth
    fresh[1:] = False
    parent, token, depth = [np.array([-1])], [np.array([-1])], [np.array([0])]
    node_of_row = np.zeros(len(paths), dtype=np.int64)
    leaf = np.empty(len(paths), dtype=np.int64)
    total = 1
    for level in range(width):
        column = ranked[:, level]
        alive = column >= 0
        fresh[1:] |= column[1:] != column[:-1]
        starts = np.flatnonzero(fresh & alive)
        parent.append(node_of_row[starts])
        token.append(column[starts])
        depth.append(np.full(len(starts), level + 1))
        numbers = np.cumsum(fresh & alive) - 1 + total
        ended = alive & ((lengths[order] - 1) == level)
        leaf[order[ended]] = numbers[ended]
        node_of_row = np.where(alive, numbers, node_of_row)
        total += len(starts)
    if len(np.unique(leaf)) != len(leaf):
        same = np.flatnonzero((ranked[1:] == ranked[:-1]).all(axis=1))[0]
        pair = sorted((int(order[same]), int(order[same + 1])))
        raise InputError(
            f"items {pair[0]} and {pair[1]} of the list have the same token path", todo="give each item its own id"
        )
    parents = np.concatenate(parent)
    children = np.bincount(parents[1:], minlength=total)
    first_child = np.full(total, -1, dtype=np.int64)
    numbers = np.arange(1, total)
    first = np.ones(total - 1, dtype=bool)
    first[1:] = parents[2:] != parents[1:-1]
    first_child[parents[1:][first]] = numbers[first]
    return Trie(parents, np.concatenate(token), np.concatenate(depth), first_child, children, leaf)
