"""Rules without training that every student has to beat: popularity, what is bought together, and two that use leaks: 'the largest
number so far plus 1', 'a greater original id comes first'.

In: a `ProtocolView`.  Out: a scorer of cases.  They know no student.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from rdrec.core.records import Dataset
from rdrec.core.vocabulary import MAX_ID, ORDER, POPULARITY, TOGETHER
from rdrec.data.cases import Case
from rdrec.data.original_ids import catalogue_places
from rdrec.data.splits import ProtocolView
from rdrec.data.together import bought_by_the_same, purchase_matrix

Rule = Callable[[Case], np.ndarray]  # case -> a score for each item of `case.compete`


def purchases(view: ProtocolView) -> np.ndarray:
    """How often each item was bought in the training part of the histories: (I + 1,), index 0 unused."""
    return np.bincount(np.concatenate(view.training_parts), minlength=view.dataset.n_items + 1)


def popularity(view: ProtocolView) -> Rule:
    counts = purchases(view).astype(np.float64)
    return lambda case: counts[case.compete]


def max_id_rule(view: ProtocolView) -> Rule:
    """Ranks max+1, max+2, ... by the numbers the student is shown (method, section 3); smaller ids share the last places."""
    ids = view.item_ids

    def score(case: Case) -> np.ndarray:
        ahead = ids[case.compete] - ids[case.history].max()
        return np.where(ahead > 0, -ahead.astype(np.float64), -np.inf)

    return score


class Together:
    """Item co-occurrence: how often an item and each item of a history are in one training history (shrunk cosine,
    `rdrec.data.together`), added up over the history."""

    def __init__(self, view: ProtocolView) -> None:
        self._n_items = view.dataset.n_items
        self._matrix = bought_by_the_same(view.training_parts, self._n_items)
        self._matrix.setdiag(0)

    def scores(self, histories: Sequence[np.ndarray]) -> np.ndarray:
        """(B, I + 1) float64, column = item; every purchase of a history gives an item less than 1."""
        found: np.ndarray = (purchase_matrix(histories, self._n_items) @ self._matrix).toarray()
        return found


def bought_together(view: ProtocolView) -> Rule:
    """`Together` for one case at a time."""
    together = Together(view)
    return lambda case: together.scores([case.history])[0][case.compete]


def greater_first(scores: np.ndarray, histories: Sequence[np.ndarray], places: np.ndarray) -> np.ndarray:
    """`Together.scores` with all items first whose original id is greater than that of the last purchase shown.

    places  (I + 1,) of `rdrec.data.original_ids`
    """
    last = places[[int(history[-1]) for history in histories]]
    lift = np.array([len(history) + 1.0 for history in histories])  # more than a score can be
    lifted: np.ndarray = scores + (places > last[:, None]) * lift[:, None]
    return lifted


def order_rule(view: ProtocolView) -> Rule:
    """`greater_first` for one case at a time: purchases of one day that stand in catalogue order make it right."""
    places, together = catalogue_places(view.dataset), Together(view)
    assert places is not None, "the rule needs original ids: ask `rules_for`"
    return lambda case: greater_first(together.scores([case.history]), [case.history], places)[0][case.compete]


RULES: dict[str, Callable[[ProtocolView], Rule]] = {
    POPULARITY: popularity,
    TOGETHER: bought_together,
    MAX_ID: max_id_rule,
    ORDER: order_rule,
}
PLAIN = (POPULARITY, TOGETHER, ORDER)  # see no number of the protocol: the same under every numbering
LEAK_RULES = (MAX_ID, ORDER)  # show how much a leak gives away; no model is tested against them


def rules_for(dataset: Dataset) -> dict[str, Callable[[ProtocolView], Rule]]:
    """The rules that this data set allows: the order rule needs original ids."""
    return {name: make for name, make in RULES.items() if name != ORDER or catalogue_places(dataset) is not None}
