"""Find out what a beam search would lose, by replaying it over the trie from exact log-probabilities without the model.

The replay makes the same decisions as transformers does for `rdrec.ranking.beam.constrained_beams`:

    each step    sort the children of the alive prefixes by probability; one that ends is finished if it is among the first
                 `beams`, and the first `beams` that do not end stay alive (transformers looks at the best 2 * beams, which
                 always include these because a prefix has only one end token)
    finished     keep the `beams` best by log-probability divided by steps
    stop         when no prefix is alive, or when `beams` items are finished and the best alive prefix, divided by the steps so
                 far, is no better than the worst of them (`early_stopping=False`)
    one beam     greedy search: follow only the best child and stop at the first end
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rdrec.core.records import InputError
from rdrec.ranking.trie import Trie

How = Literal["crowded", "late", "outscored", "stopped"]
HOWS: tuple[How, ...] = ("crowded", "late", "outscored", "stopped")
_CROWDED, _LATE, _OUTSCORED, _STOPPED = range(1, 5)


@dataclass(frozen=True)
class Replay:
    """The outcome of a replay.

    items (F,) columns found, best first, F <= beams; scores (F,), log-probability divided by steps.
    how (N,) int8: 0 for a node that was kept or never looked at, else 1 + index in HOWS; short_by (N,), nan where `how` is 0.
    """

    beams: int
    items: np.ndarray
    scores: np.ndarray
    how: np.ndarray
    short_by: np.ndarray


@dataclass(frozen=True)
class Fall:
    """Where the search lost an item: `step` (1 is the first token) and the tokens of its `prefix`, including that step.

    how       crowded    more likely prefixes filled the beams; short_by: log-probability missing to the last of them
              late       it ended, but not among the first `beams` of its step; short_by: log-probability missing to the last of those
              outscored  it finished, but `beams` finished items score better; short_by: missing score (log-probability / steps)
              stopped    its prefix was alive when the search stopped; short_by: missing log-probability / steps to the worst
                         finished item
    """

    item: int
    step: int
    prefix: tuple[int, ...]
    how: How
    short_by: float


@dataclass(frozen=True)
class Lost:
    """The part of the exact top k that the beams missed.

    items: their columns in exact order; first_rank: the rank of the first one, counted from 1; mass: the sum of their probabilities.
    """

    k: int
    items: tuple[int, ...]
    first_rank: int | None
    mass: float


def simulate_beams(trie: Trie, reached: np.ndarray, beams: int) -> Replay:
    """Replay the search for one user.

    reached  (N,) log-probability over the vocabulary of the path to each node (score `raw`), 0 at the root
    Ties go to the smaller node number; in transformers their order is undefined.
    Raises InputError for a wrong shape or fewer than one beam.
    """
    if reached.shape != (trie.n_nodes,) or beams < 1:
        raise InputError(
            f"{beams} beams over log-probabilities of shape {reached.shape}",
            todo=f"pass one log-probability for each of the {trie.n_nodes} nodes and at least one beam",
        )
    how, short_by = np.zeros(trie.n_nodes, dtype=np.int8), np.full(trie.n_nodes, np.nan)

    def drop(nodes: np.ndarray, why: int, by: np.ndarray) -> None:
        how[nodes], short_by[nodes] = why, by

    alive, step = np.zeros(1, dtype=np.int64), 0
    finished, scores = np.zeros(0, dtype=np.int64), np.zeros(0)
    while len(alive):
        step += 1
        nodes = _children(trie, alive)
        nodes = nodes[np.argsort(-reached[nodes], kind="stable")]
        totals, place = reached[nodes].astype(float), np.arange(len(nodes))
        ends = trie.children[nodes] == 0
        on = ~ends & (np.cumsum(~ends) <= beams) & ((beams > 1) | (place == 0))
        alive = nodes[on]
        crowded, late = ~ends & ~on, ends & (place >= beams)
        drop(nodes[crowded], _CROWDED, totals[on][-1:] - totals[crowded] if len(alive) else totals[0] - totals[crowded])
        drop(nodes[late], _LATE, totals[beams - 1 : beams] - totals[late])
        done = ends & ~late
        finished, scores = np.concatenate([finished, nodes[done]]), np.concatenate([scores, totals[done] / step])
        order = np.argsort(-scores, kind="stable")
        finished, scores = finished[order], scores[order]
        drop(finished[beams:], _OUTSCORED, scores[beams - 1 : beams] - scores[beams:])
        finished, scores = finished[:beams], scores[:beams]
        by_steps = reached[alive].astype(float) / step
        if len(alive) and len(finished) == beams and by_steps[0] <= scores[-1]:
            drop(alive, _STOPPED, scores[-1] - by_steps)
            break
    item_at = np.full(trie.n_nodes, -1)
    item_at[trie.leaf] = np.arange(trie.n_items)
    return Replay(beams, item_at[finished], scores, how, short_by)


def falls(trie: Trie, replay: Replay, items: Sequence[int]) -> list[Fall]:
    """Where the search lost each of `items` (columns), in the order given; items that it found are left out."""
    found = []
    for item in items:
        path = trie.path(int(item))
        for step, node in enumerate(path, start=1):
            if why := int(replay.how[node]):
                prefix = tuple(trie.token[path[:step]].tolist())
                found.append(Fall(int(item), step, prefix, HOWS[why - 1], float(replay.short_by[node])))
                break
    return found


def lost(log_probabilities: np.ndarray, found: Sequence[int] | np.ndarray, k: int = 20) -> Lost:
    """Which of the exact top k the beams missed.

    log_probabilities  (I,) of score `constrained` or `raw`; defines the exact order, ties by column; -inf excludes an item
    found              columns that the beams returned, -1 for none
    """
    order = np.lexsort((np.arange(len(log_probabilities)), -log_probabilities))[:k]
    order = order[np.isfinite(log_probabilities[order])]
    missed = ~np.isin(order, np.asarray(found))
    mass = float(np.exp(log_probabilities[order[missed]].astype(float)).sum())
    first = int(np.argmax(missed)) + 1 if missed.any() else None
    return Lost(k, tuple(order[missed].tolist()), first, mass)


def _children(trie: Trie, nodes: np.ndarray) -> np.ndarray:
    """The children of all `nodes`, sorted by node number."""
    nodes = np.sort(nodes)
    counts = trie.children[nodes]
    offset = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    children: np.ndarray = np.repeat(trie.first_child[nodes], counts) + offset
    return children
