"""Rules without training: popularity and co-purchase, which every student has to beat, and two rules that exploit leaks.

The max-id rule ranks "the highest ID so far plus 1" first; the order rule ranks items with a higher original ID first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from rdrec.core.records import Dataset
from rdrec.core.vocabulary import MAX_ID, ORDER, POPULARITY, TOGETHER
from rdrec.data.cases import Case
from rdrec.data.item_ids import catalogue_places
from rdrec.data.splits import ProtocolView
from rdrec.data.together import bought_by_the_same, purchase_matrix

Rule = Callable[[Case], np.ndarray]  # from a case to a score for each item of `case.compete`


def purchases(view: ProtocolView) -> np.ndarray:
    """(I + 1,) how often each item was bought in the training part; index 0 is unused."""
    return np.bincount(np.concatenate(view.training_parts), minlength=view.dataset.n_items + 1)


def popularity(view: ProtocolView) -> Rule:
    """Ranks items by their number of training purchases."""
    counts = purchases(view).astype(np.float64)
    return lambda case: counts[case.compete]


def max_id_rule(view: ProtocolView) -> Rule:
    """Ranks the IDs max + 1, max + 2, ... after the largest ID of the history (method, section 3); smaller IDs share the last places."""
    ids = view.item_ids

    def score(case: Case) -> np.ndarray:
        ahead = ids[case.compete] - ids[case.history].max()
        return np.where(ahead > 0, -ahead.astype(np.float64), -np.inf)

    return score


class Together:
    """Co-purchase: the shrunk cosine of an item with each item of the history (`rdrec.data.together`), summed over the history."""

    def __init__(self, view: ProtocolView) -> None:
        self._n_items = view.dataset.n_items
        self._matrix = bought_by_the_same(view.training_parts, self._n_items)
        self._matrix.setdiag(0)

    def scores(self, histories: Sequence[np.ndarray]) -> np.ndarray:
        """(B, I + 1) float64 scores by item; each purchase of a history contributes less than 1."""
        found: np.ndarray = (purchase_matrix(histories, self._n_items) @ self._matrix).toarray()
        return found


def bought_together(view: ProtocolView) -> Rule:
    """`Together` as a rule."""
    together = Together(view)
    return lambda case: together.scores([case.history])[0][case.compete]


def higher_first(scores: np.ndarray, histories: Sequence[np.ndarray], places: np.ndarray) -> np.ndarray:
    """Scores of `Together` that rank all items first whose original ID is higher than that of the last item of the history.

    scores  (B, I + 1); places: (I + 1,) of `rdrec.data.item_ids`
    """
    last = places[[int(history[-1]) for history in histories]]
    lift = np.array([len(history) + 1.0 for history in histories])  # greater than any score
    lifted: np.ndarray = scores + (places > last[:, None]) * lift[:, None]
    return lifted


def order_rule(view: ProtocolView) -> Rule:
    """`higher_first` as a rule.  It is right if purchases of the same day are in catalogue order."""
    places, together = catalogue_places(view.dataset), Together(view)
    assert places is not None, "the rule needs original IDs; use `rules_for`"
    return lambda case: higher_first(together.scores([case.history]), [case.history], places)[0][case.compete]


RULES: dict[str, Callable[[ProtocolView], Rule]] = {
    POPULARITY: popularity,
    TOGETHER: bought_together,
    MAX_ID: max_id_rule,
    ORDER: order_rule,
}
PLAIN = (POPULARITY, TOGETHER, ORDER)  # do not use the protocol's IDs, so renumbering items changes nothing
LEAK_RULES = (MAX_ID, ORDER)  # show how much a leak gives away; models are not tested against them


def rules_for(dataset: Dataset) -> dict[str, Callable[[ProtocolView], Rule]]:
    """The rules that this data set supports; the order rule needs original IDs."""
    return {name: make for name, make in RULES.items() if name != ORDER or catalogue_places(dataset) is not None}
