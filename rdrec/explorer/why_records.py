"""What the Why tab asks the students, and what they answer: plain numbers.  No torch: the page imports this before any model is loaded.

In: a store and what was chosen.  Out: a `Case` that exists, or an InputError.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rdrec.core.settings import integer
from rdrec.core.vocabulary import ROLES
from rdrec.explorer.store import Store

if TYPE_CHECKING:  # torch
    from rdrec.ranking.beam_loss import Fall
    from rdrec.ranking.explain import Branch
    from rdrec.ranking.influence import Influence


@dataclass(frozen=True)
class Case:
    """One recommendation.  shown: the purchases that a student sees, oldest first; bought: all of them; truth: the hidden one."""

    user: int
    role: str
    item: int
    shown: tuple[int, ...]
    bought: tuple[int, ...]
    truth: int | None

    def competing(self, items: int) -> list[int]:
        """The items 1..`items` that are ranked: all that were not bought, the hidden one always."""
        out = set(self.bought) - {self.truth}
        return [item for item in range(1, items + 1) if item not in out]


@dataclass(frozen=True)
class Driven:
    """What drives an item: its probability and rank with all purchases, and without each; `left_out` may be empty."""

    probability: float
    rank: int
    among: int
    left_out: tuple[Influence, ...]


@dataclass(frozen=True)
class Ranked:
    """One student's ranking for one history.  ranks (I + 1,) int64, 0 for what does not compete; order: competing, best first;
    probability (I + 1,)."""

    ranks: np.ndarray
    order: np.ndarray
    probability: np.ndarray


Variants = Mapping[str, tuple[Ranked, ...]]  # by role, one for each history


@dataclass(frozen=True)
class Spelled:
    """How an item's number is spelled.  pieces: text of each token of the branches; fall: where `beams` beams lose it."""

    branches: tuple[Branch, ...]
    pieces: Mapping[int, str]
    end: int
    beams: int
    fall: Fall | None


@dataclass(frozen=True)
class Prompt:
    """pieces: (text, whole-word id) of each token; slots: how many prompt vectors stand before them."""

    pieces: tuple[tuple[str, int], ...]
    slots: int


def make_case(store: Store, user: int, role: object, item: object, *, hide: bool = False) -> tuple[Case | None, bool]:
    """The asked case; its student's first item where `item` is none of its choices.  None: nothing was predicted.

    hide: the hidden purchase is to be guessed yet, so the case does not know it.

    The second value says whether `item` is the asked one (an item that was not given counts as asked).
    """
    predictions = store.predictions(user, "sequential")
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
    return Case(user, role, chosen, bought[-integer("train.max_history") :], bought, truth), asked or item is None
