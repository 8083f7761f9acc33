"""What the Why tab asks the students, and what they answer: plain numbers.  No torch: the page imports this before any model is loaded.

In: a store and what was chosen.  Out: a `Case` that exists, or an InputError.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rdrec.core.settings import integer
from rdrec.core.vocabulary import ROLES, Task
from rdrec.data.competing import competing_items
from rdrec.explorer.store import Store

if TYPE_CHECKING:  # torch
    from rdrec.ranking.beam_tree import BeamTree
    from rdrec.ranking.influence import Contrast, Influence, NumberInfluence


@dataclass(frozen=True)
class Case:
    """One recommendation.  shown: the purchases that a student sees, oldest first; bought: all of them; truth: the hidden one.

    candidates: the products of the list that is explained, empty where all products are ranked
    named: whether the prompt holds the shopper's number, as it does for the lists on Explore; else "somebody" stands there
    """

    user: int
    role: str
    item: int
    shown: tuple[int, ...]
    bought: tuple[int, ...]
    truth: int | None
    candidates: tuple[int, ...] = ()
    named: bool = True

    @property
    def prompted(self) -> int | None:
        """The shopper as the prompt names them; None: "somebody"."""
        return self.user if self.named else None

    @property
    def task(self) -> Task:
        """The task whose list is explained."""
        return "topn" if self.candidates else "sequential"

    def competing(self, n_items: int) -> np.ndarray:
        """The items that are ranked: the candidates, or all that were not bought, and the hidden one."""
        return np.array(sorted(self.candidates)) if self.candidates else competing_items(n_items, self.bought, self.truth)


@dataclass(frozen=True)
class Driven:
    """What drives an item: its probability and rank in the shown list, and what each purchase does; `left_out` may be empty.

    by_purchases  for a list of candidates, whose prompt holds no purchases: probability and rank of the item among them by the prompt of
                  the next purchase, from which `left_out` is; else None
    number        what the shopper's number does; None where the prompt does not hold it
    """

    probability: float
    rank: int
    among: int
    left_out: tuple[Influence, ...]
    by_purchases: tuple[float, int] | None = None
    number: NumberInfluence | None = None


@dataclass(frozen=True)
class Step:
    """One step at which the ids of two items differ, counted from 1: the token and its share of the branch for each.

    A token is None where an id has no choice to make at that step; log_ratio: what the step adds to the log-odds
    """

    step: int
    one: str | None
    one_share: float
    other: str | None
    other_share: float
    log_ratio: float


@dataclass(frozen=True)
class Versus:
    """Why one item rather than another: by purchases (None for a single purchase), and by the steps of their ids; one step where an id
    is a single token."""

    other: int
    log_odds: float
    contrast: Contrast | None
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Ranked:
    """One student's ranking for one history.  ranks (I + 1,) int64, 0 for what does not compete; order: competing, best first;
    probability (I + 1,)."""

    ranks: np.ndarray
    order: np.ndarray
    probability: np.ndarray


Variants = Mapping[str, tuple[Ranked, ...]]  # by role, one for each history


@dataclass(frozen=True)
class Beam:
    """A student's beam search beside its exact ranking.  numbers: the id that it knows each item of the tree by; pieces: text of
    each token of the tree; one_token: its ids are single tokens."""

    tree: BeamTree
    pieces: Mapping[int, str]
    numbers: Mapping[int, int]
    end: int
    one_token: bool


@dataclass(frozen=True)
class Prompt:
    """pieces: (text, whole-word id) of each token; slots: how many prompt vectors stand before them."""

    pieces: tuple[tuple[str, int], ...]
    slots: int


BEAM_WIDTHS = (1, 3, 5, 10, 20)
"""Widths at which a beam search can be compared with exact ranking; the second is shown where none is asked for."""


def beam_students(store: Store) -> tuple[str, ...]:
    """Whose beam search can be shown: runs with ids of several tokens, then the roles; the first is shown where none is asked for."""
    return (*(one.run for one in store.facts.shipped if one.ids is not None), *ROLES)


def make_case(
    store: Store, user: int, role: object, item: object, *, task: object = "sequential", hide: bool = False, named: bool = True
) -> tuple[Case | None, bool]:
    """The asked case; its student's first item where `item` is none of its choices.  None: nothing was predicted.

    task: whose list is explained; hide: the hidden purchase is to be guessed yet, so the case does not know it; named: see `Case`.

    The second value says whether `item` is the asked one (an item that was not given counts as asked).
    """
    predictions = store.predictions(user, "topn" if task == "topn" else "sequential")
    known = [one for one in ROLES if predictions.get(one)]
    if not known:
        return None, True
    role = role if isinstance(role, str) and role in known else known[0]
    purchases = store.history(user)
    bought = tuple(purchase.item.item for purchase in purchases if purchase.split != "test")
    truth = None if hide else next((purchase.item.item for purchase in purchases if purchase.split == "test"), None)
    listed = [prediction.item.item for prediction in predictions[role]] + ([] if truth is None else [truth])
    asked = type(item) is int and item in listed
    chosen = item if isinstance(item, int) and asked else listed[0]
    candidates = tuple(store.candidates(user)) if task == "topn" else ()
    return Case(
        user, role, chosen, bought[-integer("train.max_history") :], bought, truth, candidates, named
    ), asked or item is None


def rival(store: Store, case: Case, item: object) -> int | None:
    """The product that the case's is compared with: the asked one of its choices, else the true purchase, else the best other one."""
    listed = [row.item.item for row in store.predictions(case.user, case.task)[case.role]]
    others = [one for one in ([] if case.truth is None else [case.truth]) + listed if one != case.item]
    if type(item) is int and item in others:
        return item
    return others[0] if others else None
