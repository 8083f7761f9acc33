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
    how (N,) int8: 0 for a node that was kept or never looked at, else 1 + index in HOWS.
    """

    items: np.ndarray
    scores: np.ndarray
    how: np.ndarray


@dataclass(frozen=True)
class Fall:
    """Where the search lost an item: at `step` (1 is the first token).

    how       crowded    more likely prefixes filled the beams
              late       it ended, but not among the first `beams` of its step
              outscored  it finished, but `beams` finished items score better
              stopped    its prefix was alive when the search stopped
    """

    item: int
    step: int
    how: How


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
    how = np.zeros(trie.n_nodes, dtype=np.int8)
    alive, step = np.zeros(1, dtype=np.int64), 0
    finished, scores = np.zeros(0, dtype=np.int64), np.zeros(0)
    while len(alive):
        step += 1
        nodes = _children(trie, alive)
        nodes = nodes[np.argsort(-reached[nodes], kind="stable")]
        place, ends = np.arange(len(nodes)), trie.children[nodes] == 0
        on = ~ends & (np.cumsum(~ends) <= beams) & ((beams > 1) | (place == 0))
        late = ends & (place >= beams)
        alive, done = nodes[on], nodes[ends & ~late]
        how[nodes[~ends & ~on]], how[nodes[late]] = _CROWDED, _LATE
        finished = np.concatenate([finished, done])
        scores = np.concatenate([scores, reached[done].astype(float) / step])
        order = np.argsort(-scores, kind="stable")
        how[finished[order[beams:]]] = _OUTSCORED
        finished, scores = finished[order[:beams]], scores[order[:beams]]
        if len(alive) and len(finished) == beams and float(reached[alive[0]]) / step <= scores[-1]:
            how[alive] = _STOPPED
            break
    return Replay(trie.item_at[finished], scores, how)


def falls(trie: Trie, replay: Replay, items: Sequence[int]) -> list[Fall]:
    """Where the search lost each of `items` (columns), in the order given; items that it found are left out."""
    found = []
    for item in items:
        reasons = replay.how[trie.path(item)]
        if reasons.any():
            at = int(np.flatnonzero(reasons)[0])
            found.append(Fall(item, at + 1, HOWS[reasons[at] - 1]))
    return found


def lost(log_probabilities: np.ndarray, found: Sequence[int] | np.ndarray, k: int) -> list[int]:
    """The items (columns) of the exact top k that the beams missed, in exact order.

    log_probabilities  (I,) of score `constrained` or `raw`; defines the exact order, ties by column; -inf excludes an item
    found              columns that the beams returned, -1 for none
    """
    order = np.lexsort((np.arange(len(log_probabilities)), -log_probabilities))[:k]
    order = order[np.isfinite(log_probabilities[order])]
    missed: list[int] = order[~np.isin(order, np.asarray(found))].tolist()
    return missed


def _children(trie: Trie, nodes: np.ndarray) -> np.ndarray:
    """The children of all `nodes`, sorted by node number."""
    nodes = np.sort(nodes)
    counts = trie.children[nodes]
    offset = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    children: np.ndarray = np.repeat(trie.first_child[nodes], counts) + offset
    return children
