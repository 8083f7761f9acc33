"""The strip: review, teacher, rationale, student, ranking, each with this shopper's own words; every stage opens its tool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rdrec.core.plain_text import upper_first
from rdrec.data.rationales import ANSWER_KEY
from rdrec.explorer.answers import Prediction, Purchase
from rdrec.explorer.example_review import Example
from rdrec.ui import texts
from rdrec.ui.render import Html, element, fill, join
from rdrec.ui.side_by_side import with_article
from rdrec.ui.teacher import strings as teacher_texts

SHOWN_IDS, SHOWN_PLACES = 3, 2


def panel(
    user: int,
    history: Sequence[Purchase],
    shown: Example | None,
    taught: str,
    ranked: Mapping[str, Sequence[Prediction]],
    *,
    secret: bool = False,
) -> str:
    """taught: the teacher of the student with rationales; secret: the purchase is still to be guessed, so the ranking stays hidden."""
    known = [purchase for purchase in history if purchase.split != "test"][-SHOWN_IDS:]
    made = fill(
        "strip",
        example=shown,
        teacher=_teacher(shown.distilled.teacher if shown else None, taught),
        ids=[f"user_{user}", *(f"item_{purchase.item.item_id}" for purchase in known)],  # the student's input: no words
        ranked=ranked.get("rdrec", ())[:SHOWN_PLACES],
        secret=secret,
        texts=texts,
        teacher_tab=teacher_texts.TAB,
    )
    return made.text


def _teacher(name: str | None, taught: str) -> Html:
    """Who read the review, and the teacher that the student learned from if that is another one."""
    if name is None:
        return join(texts.A_TEACHER, texts.READ)
    words = with_article(name)
    shown = element("bdi", upper_first(words) if name in texts.SHORT_TEACHER else words)
    if name == taught:
        return join(shown, texts.FROM_THE_KEY if name == ANSWER_KEY else texts.READ)
    between, end = texts.READ_FOR_US
    return join(shown, between, element("bdi", with_article(taught)), end)
