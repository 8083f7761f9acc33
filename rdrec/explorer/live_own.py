"""Recommendations of both loaded students for an unknown shopper.  Imports torch, so the page imports it only inside callbacks."""

from __future__ import annotations

from collections.abc import Mapping

from rdrec.data.competing import competing_items
from rdrec.evaluation.ranking import best
from rdrec.explorer.live_records import OwnAnswer
from rdrec.explorer.what_if import History
from rdrec.ranking.recommender import Recommender


def recommend(students: Mapping[str, Recommender], history: History, top: int) -> OwnAnswer:
    """The `top` products that are not in the history, with "somebody" instead of a shopper's number in the prompt."""
    return OwnAnswer({role: _best(student, history, top) for role, student in students.items()})


def _best(student: Recommender, history: History, top: int) -> list[tuple[int, float]]:
    scores = student.sequential([None], [history])[0]
    compete = competing_items(student.n_items, history)
    items, probabilities = best(scores, compete, top)
    return list(zip(items.tolist(), probabilities.tolist(), strict=True))
