"""What both students offer to somebody whom they do not know, on loaded students.

In: students by role, a list of purchases.  Out: an `own.Answer`.  Importing this module imports torch, so the page does it inside the
callback alone.  It knows no page.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rdrec.evaluation.ranking import best
from rdrec.explorer.what_if import History
from rdrec.ranking.recommender import Recommender
from rdrec.student.checkpoint import LoadedStudent
from rdrec.ui.own.panel import Answer


def offered(students: Mapping[str, Recommender], mine: History, top: int) -> Answer:
    """The first `top` products that are not in the list, for "somebody" in place of the shopper's number."""
    return Answer(
        {role: _firsts(student, mine, top) for role, student in students.items()},
        {role: _practised(student) for role, student in students.items()},
    )


def _firsts(student: Recommender, mine: History, top: int) -> list[tuple[int, float]]:
    scores = student.sequential([None], [mine])[0]
    compete = np.setdiff1d(np.arange(1, student.n_items + 1), mine)
    items, probabilities = best(scores, compete, top)
    return list(zip(items.tolist(), probabilities.tolist(), strict=True))


def _practised(student: Recommender) -> float:
    """The share of next-purchase rows without a shopper's number in its training, as its card says."""
    loaded = student.loaded
    share = loaded.card.training.get("hide_user", 0.0) if isinstance(loaded, LoadedStudent) else 0.0
    return float(share)
