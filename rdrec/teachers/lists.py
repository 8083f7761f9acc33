"""Answers in lists: {"likes": [...], "dislikes": [...], "item": [...]}, each phrase a claim, and RDRec's two sentences made of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from rdrec.core.records import Claim, NothingFound, Polarity, Rationale, Review, TeacherAnswer
from rdrec.core.settings import integer
from rdrec.data.content_words import content_stems
from rdrec.teachers.compose import attribute_sentence, preference_sentence
from rdrec.teachers.evidence import find_evidence
from rdrec.teachers.grounding import sign_of_text
from rdrec.teachers.prompts import LISTS

NOTHING = "the teacher found nothing"
MARKS = " .,;:'-()&%$/\"!?+#°½¼¾’“”‘–—"  # that a phrase may hold besides letters and digits
_SAYS_NOTHING = re.compile(
    r"\W*(?:nothing|none|null|n/?a|no (?:complaints?|issues?|dislikes?|problems?|likes?)|not (?:mentioned|stated|specified|given))?\W*",
    re.IGNORECASE,
)
_EDGES = " .,;:-–—"


def schema() -> dict[str, Any]:
    """The JSON schema of an answer."""
    phrase = {"type": "string", "maxLength": integer("distill.max_phrase_chars")}
    phrases = {"type": "array", "maxItems": integer("distill.max_phrases"), "items": phrase}
    return {
        "type": "object",
        "properties": dict.fromkeys(LISTS, phrases),
        "required": list(LISTS),
        "additionalProperties": False,
    }


def fits(fields: dict[str, Any]) -> bool:
    """Whether a JSON object is an answer within the bounds of `schema`."""
    return set(fields) == set(LISTS) and all(
        isinstance(phrases, list)
        and len(phrases) <= integer("distill.max_phrases")
        and all(isinstance(phrase, str) and len(phrase) <= integer("distill.max_phrase_chars") for phrase in phrases)
        for phrases in fields.values()
    )


def read(fields: dict[str, list[str]], review: Review) -> TeacherAnswer:
    """The rationale of an answer that fits.

    A phrase that says nothing, or that is too long for a sentence, is left out.  A complaint of which words are in the review, and
    that `item` forgets (small models do), is an attribute of the item too.
    """
    likes, dislikes, item = (_usable(fields[name]) for name in LISTS)
    claims = [_claim(review, phrase, "like") for phrase in likes]
    claims += [_claim(review, phrase, "dislike") for phrase in dislikes]
    signs: dict[str, Polarity] = {phrase: _sign(phrase, likes, dislikes) for phrase in item}
    forgotten = [phrase for phrase in dislikes if not _is_said(phrase, item) and find_evidence(review.text, phrase)]
    signs |= dict.fromkeys(forgotten, "dislike")
    claims += [Claim("item_attribution", phrase, sign, find_evidence(review.text, phrase)) for phrase, sign in signs.items()]
    if not claims:
        return NothingFound(NOTHING)
    good = [phrase for phrase, sign in signs.items() if sign != "dislike"]
    bad = [phrase for phrase, sign in signs.items() if sign == "dislike"]
    return Rationale(preference_sentence(likes, dislikes), attribute_sentence(good, bad), tuple(claims))


def _is_said(phrase: str, said: Sequence[str]) -> bool:
    """Whether one of the phrases shares a content word."""
    return any(content_stems(phrase) & content_stems(other) for other in said)


def _claim(review: Review, phrase: str, polarity: Polarity) -> Claim:
    return Claim("user_preference", phrase, polarity, find_evidence(review.text, phrase))


def _usable(phrases: Sequence[str]) -> list[str]:
    """The phrases, cleaned, each once."""
    cleaned = [clean_phrase(phrase) for phrase in phrases]
    once = {phrase.lower(): phrase for phrase in reversed(cleaned)}
    return [once[key] for key in dict.fromkeys(phrase.lower() for phrase in cleaned) if _says_something(key)]


def clean_phrase(phrase: str) -> str:
    """One line of letters, digits and the marks of a sentence, without marks at its ends."""
    kept = "".join(c if c.isalnum() or c in MARKS else " " for c in phrase)
    return " ".join(kept.split()).strip(_EDGES)


def _says_something(phrase: str) -> bool:
    return (
        not _SAYS_NOTHING.fullmatch(phrase)
        and "://" not in phrase
        and len(phrase.split()) <= integer("distill.max_phrase_words")
        and any(c.isalnum() for c in phrase)
    )


def _sign(phrase: str, likes: Sequence[str], dislikes: Sequence[str]) -> Polarity:
    """Of an item's phrase: that of the list which shares more of its words, else that of its own judging words."""
    stems = content_stems(phrase)
    liked, disliked = (max((len(stems & content_stems(said)) for said in side), default=0) for side in (likes, dislikes))
    if liked != disliked:
        return "like" if liked > disliked else "dislike"
    return {1: "like", -1: "dislike"}.get(sign_of_text(phrase), "neutral")  # type: ignore[return-value]
