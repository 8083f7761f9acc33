"""Rationales without their unsupported claims, for training.  No claim is reworded or added."""

from __future__ import annotations

import pandas as pd
from tqdm import tqdm

from rdrec.core.records import CLAIM_KINDS, ClaimKind, NothingFound, Rationale, Review, TeacherAnswer
from rdrec.data.rationales import ANSWER_KEY, answer_of, with_answers
from rdrec.teachers.canonical import in_one_wording
from rdrec.teachers.compose import sentence_of
from rdrec.teachers.grounding import ground
from rdrec.teachers.measure import with_claims

UNSUPPORTED = "no claim is supported by the review"


def supported_only(interactions: pd.DataFrame, rationales: pd.DataFrame, progress: bool = False) -> pd.DataFrame:
    """`rationales` (columns of `schema.RATIONALES`) without unsupported claims; a row that has none left becomes "nothing"."""
    texts = interactions.set_index(["user", "position"])["review"]
    answers = []
    for row in tqdm(rationales.to_dict("records"), desc="checking claims", unit="review", disable=not progress):
        answer = answer_of(row)
        if isinstance(answer, Rationale):
            review = Review(row["user"], row["position"], row["item"], texts[(row["user"], row["position"])])
            answer = keep_supported(review, answer)
        answers.append(answer)
    return with_answers(rationales, answers)


def keep_supported(review: Review, rationale: Rationale) -> TeacherAnswer:
    """The rationale with its supported claims only; NothingFound if there are none."""
    checks = ground(review, with_claims(review, rationale)).claims
    supported = tuple(check.claim for check in checks if check.supported)
    sentences: dict[ClaimKind, str | None] = {
        "user_preference": rationale.user_preference,
        "item_attribution": rationale.item_attribution,
    }
    for kind in CLAIM_KINDS:
        if not all(check.supported for check in checks if check.claim.kind == kind):
            sentences[kind] = sentence_of(kind, supported)
        elif not any(claim.kind == kind for claim in supported):
            sentences[kind] = None  # a sentence without claims cannot be checked
    if not any(sentences.values()):
        return NothingFound(UNSUPPORTED)
    remaining = tuple(claim for claim in supported if sentences[claim.kind])
    return Rationale(sentences["user_preference"], sentences["item_attribution"], remaining)


def learned_texts(
    interactions: pd.DataFrame, rationales: pd.DataFrame, claims: str, teacher: str, progress: bool = False
) -> pd.DataFrame:
    """The rationales of `teacher` in the form in which a student learns them.  claims: one of the choices of `train.claims`.

    Training and the manipulation check both use this function, so that a student is checked against its own targets.  Claims of the
    answer key are not checked: they are true by construction, but use other words than the review.
    """
    if claims == "all":
        return rationales
    checked = rationales if teacher == ANSWER_KEY else supported_only(interactions, rationales, progress)
    return in_one_wording(checked) if claims == "canonical" else checked
