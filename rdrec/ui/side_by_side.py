"""Rationales of several teachers for one review, as cards: the teacher, two sentences, and each claim with why it is unsupported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rdrec.core.plain_text import upper_first
from rdrec.data.rationales import ANSWER_KEY
from rdrec.explorer.answers import Distilled
from rdrec.explorer.highlights import why_not
from rdrec.ui import texts
from rdrec.ui.render import Html, fill, plain

About = Mapping[str, Mapping[str, Any]]  # `StoreFacts.about_teachers`
REASON_CHARS = 120


def cards(rationales: Sequence[Distilled], review: str, about: About) -> Html:
    """One card for each teacher, side by side if there is room."""

    def reason(distilled: Distilled, index: int) -> str | None:
        return None if distilled.teacher == ANSWER_KEY else why_not(distilled, index, review)

    return fill("side_by_side", rationales=rationales, about=about, sentences=sentences, reason=reason)


def sentences(distilled: Distilled) -> list[str]:
    """What a rationale says."""
    return [text for text in (distilled.user_preference, distilled.item_attribution) if text]


def title(teacher: str) -> str:
    """The name of a teacher on the page."""
    return plain(texts.TEACHER.get(teacher, teacher), 64)


def title_first(teacher: str) -> str:
    """The same at the start of a sentence; a model's own name keeps its form."""
    words = title(teacher)
    return upper_first(words) if teacher in texts.TEACHER else words


def short(teacher: str) -> str:
    """The name in a list."""
    return plain(texts.SHORT_TEACHER.get(teacher, teacher), 64)


def with_article(teacher: str) -> str:
    """The name within a sentence: "the answer key", but "qwen"."""
    return f"the {short(teacher)}" if teacher in texts.SHORT_TEACHER else short(teacher)


def kind(teacher: str, about: About) -> str | None:
    """What kind of teacher it is, in words."""
    return texts.TEACHER_IS.get(str(about.get(teacher, {}).get("kind", teacher)))


def without(distilled: Distilled) -> str:
    """Why there is no rationale."""
    words = texts.FAILED_RATIONALE if distilled.status == "failed" else texts.NO_RATIONALE
    return words.format(reason=plain(distilled.reason or "", REASON_CHARS))


def in_words(why: str) -> str:
    """The reason why a claim is unsupported."""
    return texts.WHY_NOT.get(why, plain(why, REASON_CHARS))


FOR_TEMPLATES = {
    "in_words": in_words,
    "teacher_kind": kind,
    "teacher_name": title,
    "teacher_first": title_first,
    "without": without,
}
