"""What the Why tab computes, on loaded students.

In: a `Recommender` (or both by role) and a `Case`.  Out: the records of `why_records`.  Importing this module imports torch, so the page
does it inside the callbacks alone.  It knows no page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from rdrec.core.settings import integer
from rdrec.evaluation.metrics import place_of_truth, shown_rank
from rdrec.explorer.why_records import Case, Driven, Prompt, Ranked, Spelled, Variants
from rdrec.ranking.influence import influence
from rdrec.ranking.recommender import Recommender
from rdrec.ranking.shares import log_shares


def driven(student: Recommender, case: Case) -> Driven:
    """The chosen item with all shown purchases, and without each (where there are two or more)."""
    compete = case.competing(student.n_items)
    scores = student.sequential([case.user], [case.shown])[0]
    rank = shown_rank(*place_of_truth(scores[compete], int(np.flatnonzero(compete == case.item)[0])))
    left_out = influence(student, case.user, case.shown, case.item, compete.tolist()) if len(case.shown) > 1 else ()
    return Driven(float(np.exp(log_shares(scores, compete)[case.item])), rank, len(compete), left_out)


def variants(students: Mapping[str, Recommender], case: Case, histories: Sequence[Sequence[int]]) -> Variants:
    """Both students' rankings for each history, in one batch a student.  What a history holds does not compete in it."""
    return {role: _variants(student, case, histories) for role, student in students.items()}


def spelled(student: Recommender, case: Case) -> Spelled:
    """For the unedited purchases."""
    beams = integer("page.beams")
    found = student.branches(case.user, case.shown, case.item)
    tokens = sorted({way.token for branch in found for way in branch.ways} | {t for branch in found for t in branch.before})
    tokenizer = student.loaded.tokenizer
    pieces = dict(zip(tokens, tokenizer.pieces(tokens), strict=True))
    return Spelled(found, pieces, tokenizer.eos, beams, student.fall(case.user, case.shown, case.item, beams))


def prompt(student: Recommender, case: Case, history: Sequence[int]) -> Prompt:
    encoded = student.prompt(case.user, history)
    texts = student.loaded.tokenizer.pieces(encoded.tokens)
    return Prompt(tuple(zip(texts, encoded.whole_words, strict=True)), int(student.loaded.model.prompts.shape[1]))


def _variants(student: Recommender, case: Case, histories: Sequence[Sequence[int]]) -> tuple[Ranked, ...]:
    scores = student.sequential([case.user] * len(histories), histories)
    compete = case.competing(student.n_items)
    return tuple(_ranked(row, compete[~np.isin(compete, history)]) for row, history in zip(scores, histories, strict=True))


def _ranked(scores: np.ndarray, compete: np.ndarray) -> Ranked:
    order = compete[np.argsort(-scores[compete], kind="stable")]
    ranks = np.zeros(len(scores), dtype=np.int64)
    ranks[order] = np.arange(1, len(order) + 1)
    return Ranked(ranks, order, np.exp(log_shares(scores, compete)))
