"""A beam search step by step: which prefixes it keeps, and which of the exact best items it loses.

Replayed on exact log-probabilities as in `rdrec.ranking.beam_loss`, over the tree of the items that compete.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rdrec.core.records import InputError
from rdrec.ranking.beam_loss import HOWS, Fall, falls, simulate_beams
from rdrec.ranking.trie import Trie

_OUT = np.float32(-1e9)  # log-probability of items that do not compete: they are kept only if nothing else is left
_CROWDED, _LATE = (HOWS.index(how) + 1 for how in ("crowded", "late"))


@dataclass(frozen=True)
class Prefix:
    """A prefix that the search looked at: its tokens, log-probability, whether it was kept, and how many items begin with it.

    best  ranks (from 1) of the exact best items that begin with it
    item  column of its item where a single one begins with it, else None
    """

    tokens: tuple[int, ...]
    log_probability: float
    kept: bool
    items: int
    best: tuple[int, ...]
    item: int | None


@dataclass(frozen=True)
class Exact:
    """One of the exact best items (column), and where the search lost it; None if it was found."""

    item: int
    log_probability: float
    fall: Fall | None


@dataclass(frozen=True)
class BeamTree:
    """steps: the prefixes considered at each step with a choice, most likely first; exact: the exact best items, best first."""

    beams: int
    steps: tuple[tuple[Prefix, ...], ...]
    exact: tuple[Exact, ...]

    @property
    def lost(self) -> tuple[int, ...]:
        """Ranks of the exact best items that the search lost."""
        return tuple(rank for rank, one in enumerate(self.exact, start=1) if one.fall is not None)


def beam_tree(trie: Trie, reached: np.ndarray, beams: int, compete: Sequence[int] | np.ndarray) -> BeamTree:
    """Replay a search for the competing items (columns) and compare it with the best of them.

    reached  (N,) log-probability over the vocabulary of the path to each node (score `raw`)
    A search with k beams returns at most k items, so it is compared with the exact best k.
    Raises InputError if no item competes.
    """
    columns = np.asarray(compete, dtype=np.int64)
    if not len(columns):
        raise InputError("no item competes", todo="pass at least one item")
    behind = _behind(trie, columns)
    masked = np.where(behind > 0, reached, _OUT)
    replay = simulate_beams(trie, masked, beams)
    scores = reached[trie.leaf[columns]].astype(float)
    best = columns[np.lexsort((columns, -scores))][:beams]
    fallen = {fall.item: fall for fall in falls(trie, replay, best.tolist())}
    exact = tuple(Exact(int(item), float(reached[trie.leaf[item]]), fallen.get(int(item))) for item in best)
    ranks: dict[int, list[int]] = {}
    for rank, item in enumerate(best, start=1):
        for node in trie.path(int(item)):
            ranks.setdefault(int(node), []).append(rank)
    only = {int(node): int(item) for item in columns for node in trie.path(int(item)) if behind[node] == 1}
    steps: list[tuple[Prefix, ...]] = []
    alive: dict[int, tuple[int, ...]] = {0: ()}
    while alive:
        looked: dict[int, tuple[int, ...]] = {}
        choice = False
        for node, before in alive.items():
            first, count = int(trie.first_child[node]), int(trie.children[node])
            children = [child for child in range(first, first + count) if behind[child]]
            choice = choice or len(children) > 1
            looked |= {child: (*before, int(trie.token[child])) for child in children}
        order = sorted(looked, key=lambda node: (-float(reached[node]), node))
        if choice:
            steps.append(
                tuple(
                    Prefix(
                        looked[node],
                        float(reached[node]),
                        int(replay.how[node]) not in (_CROWDED, _LATE),
                        int(behind[node]),
                        tuple(ranks.get(node, ())),
                        only.get(node),
                    )
                    for node in order
                )
            )
        alive = {node: looked[node] for node in order if trie.children[node] and not replay.how[node]}
    return BeamTree(beams, tuple(steps), exact)


def _behind(trie: Trie, columns: np.ndarray) -> np.ndarray:
    """(N,) how many of the items begin with each node's prefix."""
    behind = np.zeros(trie.n_nodes, dtype=np.int64)
    behind[trie.leaf[columns]] = 1
    for node in range(trie.n_nodes - 1, 0, -1):  # children come after their parents
        behind[trie.parent[node]] += behind[node]
    return behind
