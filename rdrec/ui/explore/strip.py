"""The strip: review, teacher, rationale, student, ranking, each with this shopper's own words; every stage opens its tool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rdrec.explorer.answers import Distilled, Prediction, Purchase
from rdrec.explorer.example_review import Example
from rdrec.ui import texts
from rdrec.ui.render import fill
from rdrec.ui.side_by_side import title, title_first
from rdrec.ui.teacher import strings as teacher_texts

SHOWN_IDS, SHOWN_PLACES = 3, 2


def panel(
    user: int,
    history: Sequence[Purchase],
    shown: Example | None,
    learned: Mapping[int, Distilled],
    ranked: Mapping[str, Sequence[Prediction]],
    *,
    secret: bool = False,
) -> str:
    """learned: the rationales that the students learned from; secret: the purchase is still to be guessed, so the ranking stays hidden."""
    known = [purchase for purchase in history if purchase.split != "test"][-SHOWN_IDS:]
    made = fill(
        "strip",
        example=shown,
        teacher=_teacher(shown.distilled.teacher if shown else None, next((one.teacher for one in learned.values()), None)),
        ids=[f"user_{user}", *(f"item_{purchase.item.item_id}" for purchase in known)],  # the student's input: no words
        ranked=ranked.get("rdrec", ())[:SHOWN_PLACES],
        secret=secret,
        texts=texts,
        teacher_tab=teacher_texts.TAB,
    )
    return made.text


def _teacher(name: str | None, of_students: str | None) -> str:
    """Who read the review, and of which teacher the students learned if that is another one."""
    if name is None:
        return texts.READS.format(teacher="A teacher")
    if of_students is None or name == of_students:
        return texts.READ_BY.get(name, texts.READS.format(teacher=title_first(name)))
    return texts.READ_FOR_US.format(teacher=title_first(name), other=texts.LEARNED_BY.get(of_students, title(of_students)))
