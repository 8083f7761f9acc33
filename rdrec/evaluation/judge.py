"""How well a student in training ranks: NDCG@10 of validation items by exact ranking over the whole catalogue.

In: a student, its tokenizer, a `ProtocolView`.  Out: one number.  The test item is never looked at.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rdrec.core.records import InputError
from rdrec.core.settings import integer
from rdrec.data.cases import Case
from rdrec.data.splits import ProtocolView
from rdrec.evaluation.metrics import per_user
from rdrec.evaluation.ranking import rank_cases
from rdrec.ranking.recommender import Recommender
from rdrec.student.model import Student
from rdrec.student.tokenizer import StudentTokenizer

_STREAM = 5  # of the seed; sampling.py draws with others


@dataclass(frozen=True)
class _InTraining:
    model: Student
    tokenizer: StudentTokenizer


def judged(view: ProtocolView) -> list[Case]:
    """The validation items of all users, or of a seeded sample of `train.judged_users`, in the order of users.

    Raises InputError when no user has one.
    """
    found = [
        Case(user, part.train, part.validation, None, view.dataset.n_items)
        for user, part in enumerate(view.splits, start=1)
        if part.validation is not None
    ]
    if not found:
        raise InputError("no user has a validation item", where=view.dataset.name, todo="import a set with longer histories")
    most = integer("train.judged_users")
    if len(found) <= most:
        return found
    chosen = np.random.default_rng([view.seed, _STREAM]).choice(len(found), most, replace=False)
    return [found[place] for place in np.sort(chosen)]


def validation_ndcg(student: Student, tokenizer: StudentTokenizer, view: ProtocolView) -> float:
    """Mean NDCG@10 over the judged users; items of the training part do not compete."""
    recommender = Recommender(_InTraining(student, tokenizer), view.item_ids)
    ranked = rank_cases(
        recommender, judged(view), "sequential", top=1, batch_users=integer("evaluate.batch_users"), progress=False
    )
    return float(per_user("NDCG@10", ranked).mean())
