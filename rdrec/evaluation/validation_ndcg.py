"""How well a student in training ranks: NDCG@10 of the validation items by exact ranking over the whole catalogue.

Test items are never used.
"""

from __future__ import annotations

import numpy as np

from rdrec.core.records import InputError
from rdrec.core.settings import integer
from rdrec.data.cases import Case, every_validation_case
from rdrec.data.splits import ProtocolView
from rdrec.evaluation.metrics import per_user
from rdrec.evaluation.ranking import rank_cases
from rdrec.ranking.recommender import Recommender, StudentInTraining
from rdrec.student.model import Student
from rdrec.student.tokenizer import StudentTokenizer

_STREAM = 5  # of the seed; sampling.py draws with others


def validation_cases(view: ProtocolView, task: str = "sequential") -> list[Case]:
    """The validation item of every user, or of a seeded sample of `train.judged_users`, in the order of users.

    Raises InputError if no user has one.
    """
    found = every_validation_case(view, task)
    if not found:
        raise InputError("no user has a validation item", where=view.dataset.name, todo="import a set with longer histories")
    most = integer("train.judged_users")
    if len(found) <= most:
        return found
    chosen = np.random.default_rng([view.seed, _STREAM]).choice(len(found), most, replace=False)
    return [found[place] for place in np.sort(chosen)]


def validation_ndcg(student: Student, tokenizer: StudentTokenizer, view: ProtocolView) -> float:
    """Mean NDCG@10 over the users of `validation_cases`; items of the training part do not compete."""
    recommender = Recommender(StudentInTraining(student, tokenizer), view.item_ids)
    ranked = rank_cases(
        recommender, validation_cases(view), "sequential", top=1, batch_users=integer("evaluate.batch_users"), progress=False
    )
    return float(per_user("NDCG@10", ranked).mean())
