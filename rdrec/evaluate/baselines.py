"""Rules without training that every student has to beat: popularity, what is bought together, 'the largest id so far plus 1'.

In: a `ProtocolView`.  Out: a scorer of cases.  They know no student.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rdrec.data.splits import ProtocolView, training_parts
from rdrec.data.together import bought_by_the_same
from rdrec.evaluate.cases import Case

Rule = Callable[[Case], np.ndarray]  # case -> a score for each item of `case.compete`


def purchases(view: ProtocolView) -> np.ndarray:
    """How often each item was bought in the training part of the histories: (I + 1,), index 0 unused."""
    return np.bincount(np.concatenate(training_parts(view.histories)), minlength=view.dataset.n_items + 1)


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


def bought_together(view: ProtocolView) -> Rule:
    """Item co-occurrence: for each item of the history, how often it and the candidate are in one training history (shrunk
    cosine, `rdrec.data.together`), added up."""
    together = bought_by_the_same(training_parts(view.histories), view.dataset.n_items)
    together.setdiag(0)

    def score(case: Case) -> np.ndarray:
        summed = np.asarray(together[case.history].sum(axis=0)).ravel()
        answer: np.ndarray = summed[case.compete]
        return answer

    return score


MAX_ID = "max-id rule"
RULES: dict[str, Callable[[ProtocolView], Rule]] = {
    "popularity": popularity,
    "bought together": bought_together,
    MAX_ID: max_id_rule,
}
PLAIN = ("popularity", "bought together")  # see items as plain indices: the same under every protocol
