"""Explain one ranking: the probabilities at each branch on the path of an item's id."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from rdrec.core.records import InputError
from rdrec.ranking.exact import ExactRanker
from rdrec.ranking.shares import tempered
from rdrec.student.model import Encoding


@dataclass(frozen=True)
class Turn:
    """One option at a branch: its token, its share of the branch, the mass of the path including it, and the number of items behind it."""

    token: int
    share: float
    mass: float
    items: int


@dataclass(frozen=True)
class Branch:
    """A branching node on an item's path: the tokens before it, the option taken, and all options, most likely first."""

    before: tuple[int, ...]
    taken: Turn
    ways: tuple[Turn, ...]


def branches(ranker: ExactRanker, encoding: Encoding, item: int, temperature: float = 1.0) -> tuple[Branch, ...]:
    """Every branch on the path of `item` (column), from the root; the shares taken multiply to the item's probability.

    temperature  as in `Recommender`, for IDs that are single tokens

    Raises InputError for an item outside the catalogue, a score other than `constrained` or more than one encoded user.
    """
    c, trie = ranker.choices, ranker.trie
    _check_constrained(ranker, encoding)
    if not 0 <= item < trie.n_items:
        raise InputError(f"item number {item} is not in the catalogue", todo=f"use 0 to {trie.n_items - 1}")
    path = np.array([0, *trie.path(item)])
    scored = np.flatnonzero(np.isin(c.node, path[:-1]))
    if not len(scored):
        return ()
    with torch.inference_mode():
        steps = ranker.scorer.steps(ranker.decoder.cross_attention(encoding), [scored])
    behind = c.items_behind()
    found, mass = [], 1.0
    for s in scored:
        mine = c.parent[steps.edge] == s
        edges, shares = steps.edge[mine], np.exp(tempered(steps.log_probability[mine], temperature))
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


def _check_constrained(ranker: ExactRanker, encoding: Encoding) -> None:
    if ranker.choices.score != "constrained":
        raise InputError("only constrained scores split a branch into shares", todo="use score constrained")
    if encoding.states.shape[0] != 1:
        raise InputError("only one user can be explained at a time", todo="encode one row")
