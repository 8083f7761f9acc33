"""What teachers made of one review, a card each: who it is, two sentences, every claim, and why one is unsupported."""

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


def cards(told: Sequence[Distilled], review: str, about: About) -> Html:
    """Side by side where there is room."""
    return element("div", *(_card(one, review, about) for one in told), cls="others")


def byline(distilled: Distilled, about: About) -> Html:
    """The teacher's name, and what it is."""
    what = _what(distilled.teacher, about)
    return element("p", element("b", element("bdi", title(distilled.teacher))), f", {what}" if what else None, cls="small by")


def title(teacher: str) -> str:
    """How the page calls a teacher."""
    return plain(texts.TEACHER.get(teacher, teacher), 64)


def without(distilled: Distilled) -> str:
    """Why there is no rationale."""
    words = texts.FAILED_RATIONALE if distilled.status == "failed" else texts.NO_RATIONALE
    return words.format(reason=plain(distilled.reason or "", REASON_CHARS))


def flag(why: str | None) -> Html | None:
    """The mark of an unsupported claim, with its reason; nothing for a supported one."""
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
