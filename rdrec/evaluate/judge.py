"""How well a student in training ranks: NDCG@10 of validation items by exact ranking over the whole catalogue.

In: a student, its tokenizer, a `ProtocolView`.  Out: one number.  The test item is never looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rdrec.data.splits import ProtocolView, leave_one_out
from rdrec.evaluate.metrics import place_of_truth
from rdrec.rank.recommender import Recommender
from rdrec.settings import integer
from rdrec.student.model import Student
from rdrec.student.tokenizer import StudentTokenizer

_STREAM = 5  # of the seed; sampling.py draws with others


@dataclass(frozen=True)
class _InTraining:
    model: Student
    tokenizer: StudentTokenizer


def judged(view: ProtocolView) -> Sequence[int]:
    """The users whose validation item is ranked: all of them, or a seeded sample of `train.judged_users`, in order."""
    found = [index + 1 for index, history in enumerate(view.histories) if leave_one_out(history).validation is not None]
    most = integer("train.judged_users")
    if len(found) <= most:
        return found
    return sorted(np.random.default_rng([view.seed, _STREAM]).choice(found, most, replace=False).tolist())


def validation_ndcg(student: Student, tokenizer: StudentTokenizer, view: ProtocolView) -> float:
    """Mean over the judged users of 1 / log2(1 + rank) where the rank is 10 or better; items of the training part do not compete.

    A tie counts as the mean rank of those that share the score.
    """
    recommender = Recommender(_InTraining(student, tokenizer), view.item_ids)
    total, users = 0.0, judged(view)
    for start in range(0, len(users), integer("evaluate.batch_users")):
        chunk = users[start : start + integer("evaluate.batch_users")]
        parts = [leave_one_out(view.histories[user - 1]) for user in chunk]
        scores = recommender.sequential(chunk, [part.train.tolist() for part in parts])
        for row, part in zip(scores, parts, strict=True):
            compete = np.setdiff1d(np.arange(1, len(row)), part.train[part.train != part.validation])
            above, tied = place_of_truth(row[compete], int(np.flatnonzero(compete == part.validation)[0]))
            rank = above + (tied + 1) / 2
            total += 1 / np.log2(1 + rank) if rank <= 10 else 0.0
    return total / len(users)
