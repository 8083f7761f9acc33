"""The strip: review, teacher, rationale, student, ranking, each with this shopper's own words; every stage opens its tool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rdrec.explorer.answers import Distilled, Prediction, Purchase
from rdrec.ui import texts
from rdrec.ui.render import fill
from rdrec.ui.teacher import strings as teacher_texts

SHOWN_IDS, SHOWN_PLACES = 3, 2


@dataclass(frozen=True)
class Example:
    """A training purchase whose review has a rationale."""

    purchase: Purchase
    distilled: Distilled


def example(history: Sequence[Purchase], rationales: Mapping[int, Distilled]) -> Example | None:
    """The newest training purchase whose review has a rationale with claims."""
    for purchase in reversed(history):
        distilled = rationales.get(purchase.position)
        if purchase.split == "train" and purchase.review and distilled is not None and distilled.claims:
            return Example(purchase, distilled)
    return None


def panel(
    user: int,
    history: Sequence[Purchase],
    rationales: Mapping[int, Distilled],
    ranked: Mapping[str, Sequence[Prediction]],
    *,
    secret: bool = False,
) -> str:
    """`secret`: the purchase is still to be guessed, so the ranking stays hidden."""
    shown = example(history, rationales)
    known = [purchase for purchase in history if purchase.split != "test"][-SHOWN_IDS:]
    made = fill(
        "strip",
        quote=None if shown is None else _quote(shown),
        distilled=shown and shown.distilled,
        ids=[f"user_{user}", *(f"item_{purchase.item.item_id}" for purchase in known)],  # the student's input: no words
        ranked=ranked.get("rdrec", ())[:SHOWN_PLACES],
        secret=secret,
        texts=texts,
        teacher_tab=teacher_texts.TAB,
    )
    return made.text


def _quote(shown: Example) -> str:
    """The evidence for the first claim that has any, or else the review; on one line."""
    text, claim = shown.purchase.review or "", next((c for c in shown.distilled.claims if c.spans), None)
    return " ".join((text[claim.spans[0].start : claim.spans[-1].end] if claim else text).split())
