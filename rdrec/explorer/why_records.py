"""Cases and results of the Why tab.  Does not import torch, because the page imports this before any model is loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rdrec.core.settings import integer
from rdrec.core.vocabulary import ROLES, Task
from rdrec.data.cases import competing_items
from rdrec.explorer.store import Store

if TYPE_CHECKING:  # torch
    from rdrec.ranking.beam_tree import BeamTree
    from rdrec.ranking.influence import Contrast, Influence, NumberInfluence


@dataclass(frozen=True)
class Case:
    """A recommendation to explain.  shown: the purchases that the student sees, oldest first; bought: all of them; truth: the held-out one.

    candidates: the products of the short list; empty if all products are ranked
    named: whether the prompt contains the shopper's number, as for the lists on Explore, rather than "somebody"
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
        """The shopper's number in the prompt; None for "somebody"."""
        return self.user if self.named else None

    @property
    def task(self) -> Task:
        """The task whose list is explained."""
        return "topn" if self.candidates else "sequential"

    def competing(self, n_items: int) -> np.ndarray:
        """The items to rank: the candidates, or the held-out item and all items that were not bought."""
        return np.array(sorted(self.candidates)) if self.candidates else competing_items(n_items, self.bought, self.truth)


@dataclass(frozen=True)
class Drivers:
    """What drives an item: its probability and rank in the shown list, and the effect of each purchase (`left_out`, may be empty).

    by_purchases  for a short list, whose prompt contains no purchases: probability and rank of the item among the candidates with the
                  prompt for the next purchase, to which `left_out` refers; otherwise None
    number        the effect of the shopper's number; None if the prompt does not contain it
    """

    probability: float
    rank: int
    among: int
    left_out: tuple[Influence, ...]
    by_purchases: tuple[float, int] | None = None
    number: NumberInfluence | None = None


@dataclass(frozen=True)
class Step:
    """A step, counted from 1, at which the ids of two items differ: the token of each and its share of the branch.

    A token is None if its id has no choice at this step; log_ratio: the contribution of the step to the log-odds
    """

    step: int
    one: str | None
    one_share: float
    other: str | None
    other_share: float
    log_ratio: float


@dataclass(frozen=True)
class Versus:
    """Why one item ranks above or below another: by purchases (None for a single purchase), and by the steps of their ids (empty if ids
    are single tokens)."""

    other: int
    log_odds: float
    contrast: Contrast | None
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Ranked:
    """One student's ranking for one history.  ranks: (I + 1,) int64, 0 for items that do not compete; order: competing items, best first;
    probability: (I + 1,)."""

    ranks: np.ndarray
    order: np.ndarray
    probability: np.ndarray


Variants = Mapping[str, tuple[Ranked, ...]]  # by role, one for each history
Firsts = Mapping[str, Sequence[tuple[int, float]]]  # by role, (item, probability), best first


@dataclass(frozen=True)
class Beam:
    """A student's beam search compared with its exact ranking.  numbers: the student's number of each item; pieces: text of each token of
    the tree; one_token: whether ids are single tokens."""

    tree: BeamTree
    pieces: Mapping[int, str]
    numbers: Mapping[int, int]
    end: int
    one_token: bool


@dataclass(frozen=True)
class Prompt:
    """The prompt of a student.  pieces: (text, whole-word id) of each token; slots: number of prompt vectors before them."""

    pieces: tuple[tuple[str, int], ...]
    slots: int


BEAM_WIDTHS = (1, 3, 5, 10, 20)
"""Beam widths that can be compared with exact ranking; the second is the default."""


def beam_students(store: Store) -> tuple[str, ...]:
    """Students whose beam search can be shown: shipped runs with learned ids, then the roles; the first is the default."""
    return (*(student.run for student in store.facts.shipped if student.ids is not None), *ROLES)


def make_case(
    store: Store, user: int, role: object, item: object, *, task: object = "sequential", hide: bool = False, named: bool = True
) -> tuple[Case | None, bool]:
    """The requested case, or that of the student's top item if `item` is not in its list.  None if there are no predictions.

    task: the task whose list is explained; hide: the held-out purchase is not yet revealed, so the case omits it; named: see `Case`.

    The second value tells whether the case has the requested item (or none was requested).
    """
    predictions = store.predictions(user, "topn" if task == "topn" else "sequential")
    known = [known_role for known_role in ROLES if predictions.get(known_role)]
    if not known:
        return None, True
    role = role if isinstance(role, str) and role in known else known[0]
    purchases = store.history(user)
    bought = tuple(purchase.item.item for purchase in purchases if purchase.split != "test")
    truth = None if hide else next((purchase.item.item for purchase in purchases if purchase.split == "test"), None)
    listed = [prediction.item.item for prediction in predictions[role]] + ([] if truth is None else [truth])
    found = type(item) is int and item in listed
    chosen = item if isinstance(item, int) and found else listed[0]
    candidates = tuple(store.candidates(user)) if task == "topn" else ()
    return Case(
        user, role, chosen, bought[-integer("train.max_history") :], bought, truth, candidates, named
    ), found or item is None


def rival(store: Store, case: Case, item: object) -> int | None:
    """The product to compare with the case's: the requested one if it is in the list, else the true purchase, else the best other one."""
    listed = [row.item.item for row in store.predictions(case.user, case.task)[case.role]]
    others = [number for number in ([] if case.truth is None else [case.truth]) + listed if number != case.item]
    if type(item) is int and item in others:
        return item
    return others[0] if others else None
