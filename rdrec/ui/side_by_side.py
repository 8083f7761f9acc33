"""Rationales of several teachers for one review, as cards: the teacher, two sentences, and each claim with why it is unsupported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rdrec.data.rationales import ANSWER_KEY
from rdrec.explorer.answers import Distilled
from rdrec.explorer.highlights import why_not
from rdrec.ui import texts
from rdrec.ui.render import Html, element, plain

About = Mapping[str, Mapping[str, Any]]  # `StoreFacts.about_teachers`
SIGN = {"like": "+", "dislike": "−", "neutral": "·"}
REASON_CHARS = 120


def cards(rationales: Sequence[Distilled], review: str, about: About) -> Html:
    """One card for each teacher, side by side if there is room."""
    return element("div", *(_card(distilled, review, about) for distilled in rationales), cls="others")


def byline(distilled: Distilled, about: About) -> Html:
    """The teacher's name and kind."""
    what = _what(distilled.teacher, about)
    return element("p", element("b", element("bdi", title(distilled.teacher))), f", {what}" if what else None, cls="small by")


def title(teacher: str) -> str:
    """The name of a teacher on the page."""
    return plain(texts.TEACHER.get(teacher, teacher), 64)


def without(distilled: Distilled) -> str:
    """Why there is no rationale."""
    words = texts.FAILED_RATIONALE if distilled.status == "failed" else texts.NO_RATIONALE
    return words.format(reason=plain(distilled.reason or "", REASON_CHARS))


def flag(why: str | None) -> Html | None:
    """A warning with the reason why a claim is unsupported; None for a supported one."""
    if why is None:
        return None
    said = texts.WHY_NOT.get(why, plain(why, REASON_CHARS))
    return element("span", f"⚠ {texts.UNSUPPORTED_SHORT}: {said}", cls="flag")


def _card(distilled: Distilled, review: str, about: About) -> Html:
    said = [text for text in (distilled.user_preference, distilled.item_attribution) if text]
    claims = [
        element(
            "li",
            element("span", SIGN[claim.polarity], cls="ref"), " ", element("bdi", claim.text), " ", flag(why := _why(distilled, index, review)),
            cls=f"{claim.polarity}{' unsupported' if why else ''}",
        )
        for index, claim in enumerate(distilled.claims)
    ]  # fmt: skip
    raw = element("details", element("summary", texts.RAW_ANSWER), element("pre", distilled.raw, tabindex=0))
    return element(
        "div",
        byline(distilled, about),
        *(element("p", element("bdi", text)) for text in said or [without(distilled)]),
        element("ul", *claims, cls="claims") if claims else None,
        raw if distilled.raw else None,
        cls="other",
    )


def _why(distilled: Distilled, index: int, review: str) -> str | None:
    return None if distilled.teacher == ANSWER_KEY else why_not(distilled, index, review)


def _what(teacher: str, about: About) -> str | None:
    return texts.TEACHER_IS.get(str(about.get(teacher, {}).get("kind", teacher)))
