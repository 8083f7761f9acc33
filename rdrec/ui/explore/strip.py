"""The strip: review, teacher, rationale, student, ranking, each with this shopper's own words; every stage opens its tool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rdrec.explorer.answers import Distilled, Prediction, Purchase
from rdrec.explorer.store import name
from rdrec.ui import texts
from rdrec.ui.render import Html, element, page, plain
from rdrec.ui.side_by_side import title as teacher_name
from rdrec.ui.teacher import strings as teacher_texts

QUOTE_CHARS, RATIONALE_CHARS, TITLE_CHARS = 74, 84, 34
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
    stages = [
        _stage("review", texts.STRIP_REVIEW, _review(shown), texts.TAB_EXPLORE, "#rd-history"),
        _stage("teacher", texts.STRIP_TEACHER, _teacher(shown), teacher_texts.TAB, "#rd-distil-run"),
        _stage("rationale", texts.STRIP_RATIONALE, _rationale(shown), texts.TAB_EXPLORE, "#rd-history .rationale"),
        _stage("reader", texts.STRIP_STUDENT, _student(user, history), texts.TAB_EXPLORE, "#rd-writing"),
        _stage("ranking", texts.STRIP_RANKING, _ranking(ranked.get("rdrec", ()), secret), texts.TAB_EXPLORE, "#rd-next"),
    ]
    return page(element("ol", *stages, cls="rd-strip", aria_label=texts.STRIP_LABEL))


def _stage(key: str, words: str, body: Html, tab: str, to: str) -> Html:
    inside = (element("span", words, cls="stage"), " ", body)
    return element("li", element("button", *inside, type="button", cls="strip-stage", data_tab=tab, data_to=to), cls=key)


def _review(shown: Example | None) -> Html:
    if shown is None:
        return element("span", texts.STRIP_NO_REVIEW, cls="body")
    text, claim = shown.purchase.review or "", next((c for c in shown.distilled.claims if c.spans), None)
    quote = text[claim.spans[0].start : claim.spans[-1].end] if claim else text
    return element("span", "“", element("bdi", plain(" ".join(quote.split()), QUOTE_CHARS)), "”", cls="body quote")


def _teacher(shown: Example | None) -> Html:
    who = texts.STRIP_ANY_TEACHER if shown is None else teacher_name(shown.distilled.teacher)
    return element("span", element("bdi", who), " ", texts.STRIP_READS, cls="body")


def _rationale(shown: Example | None) -> Html:
    said = shown and (shown.distilled.user_preference or shown.distilled.item_attribution)
    return element("span", element("bdi", plain(said or texts.STRIP_NO_RATIONALE, RATIONALE_CHARS)), cls="body")


def _student(user: int, history: Sequence[Purchase]) -> Html:
    """The student's input at ranking time: IDs, no words."""
    known = [purchase for purchase in history if purchase.split != "test"][-SHOWN_IDS:]
    ids = [f"user_{user}", *(f"item_{purchase.item.item_id}" for purchase in known)]
    return element("span", element("code", f"{', '.join(ids)} → ?"), cls="body")


def _ranking(ranked: Sequence[Prediction], secret: bool) -> Html:
    if secret or not ranked:
        return element("span", texts.STRIP_GUESS if secret else texts.NO_PREDICTIONS, cls="body")
    places = [
        element("span", f"{prediction.rank}. ", element("bdi", plain(name(prediction.item), TITLE_CHARS)), cls="line")
        for prediction in ranked[:SHOWN_PLACES]
    ]
    return element("span", *places, cls="body")
