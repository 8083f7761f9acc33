"""Answers in lists: {"likes": [...], "dislikes": [...], "item": [...]}.  Each phrase is a claim, and RDRec's two sentences are built from
them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from rdrec.core.records import Claim, NothingFound, Polarity, Rationale, Review, TeacherAnswer
from rdrec.core.settings import integer
from rdrec.data.content_words import content_stems
from rdrec.teachers.compose import sentence_of
from rdrec.teachers.evidence import find_evidence
from rdrec.teachers.grounding import polarity_of
from rdrec.teachers.prompts import LISTS

NOTHING = "the teacher found nothing"
MARKS = " .,;:'-()&%$/\"!?+#°½¼¾’“”‘–—"  # characters that a phrase may contain besides letters and digits
_SAYS_NOTHING = re.compile(
    r"\W*(?:nothing|none|null|n/?a|no (?:complaints?|issues?|dislikes?|problems?|likes?)|not (?:mentioned|stated|specified|given))?\W*",
    re.IGNORECASE,
)
_EDGES = " .,;:-–—"


def schema() -> dict[str, Any]:
    """The JSON schema of an answer."""
    phrase = {"type": "string", "maxLength": integer("distill.max_phrase_chars")}
    phrases = {"type": "array", "maxItems": integer("distill.max_phrases"), "items": phrase}
    return closed_object(dict.fromkeys(LISTS, phrases))


def closed_object(fields: dict[str, Any]) -> dict[str, Any]:
    """The JSON schema of an object with exactly these fields."""
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def fits(fields: dict[str, Any]) -> bool:
    """Whether a JSON object matches `schema`."""
    return set(fields) == set(LISTS) and all(
        isinstance(phrases, list)
        and len(phrases) <= integer("distill.max_phrases")
        and all(isinstance(phrase, str) and len(phrase) <= integer("distill.max_phrase_chars") for phrase in phrases)
        for phrases in fields.values()
    )


def read(fields: dict[str, list[str]], review: Review) -> TeacherAnswer:
    """The rationale in an answer that matches `schema`.

    Phrases that say nothing or are too long for a sentence are dropped.  A complaint for which there are words in the review also becomes
    an attribute of the item if it is missing from `item`, as it often is with small models.
    """
    likes, dislikes, item = (_usable(fields[name]) for name in LISTS)
    claims = [_claim(review, phrase, "like") for phrase in likes]
    claims += [_claim(review, phrase, "dislike") for phrase in dislikes]
    signs: dict[str, Polarity] = {phrase: _sign(phrase, likes, dislikes) for phrase in item}
    missing = [phrase for phrase in dislikes if not _is_said(phrase, item) and find_evidence(review.text, phrase)]
    signs |= dict.fromkeys(missing, "dislike")
    claims += [Claim("item_attribution", phrase, sign, find_evidence(review.text, phrase)) for phrase, sign in signs.items()]
    if not claims:
        return NothingFound(NOTHING)
    return Rationale(sentence_of("user_preference", claims), sentence_of("item_attribution", claims), tuple(claims))


def _is_said(phrase: str, said: Sequence[str]) -> bool:
    """Whether one of the phrases `said` shares a content word with `phrase`."""
    return any(content_stems(phrase) & content_stems(other) for other in said)


def _claim(review: Review, phrase: str, polarity: Polarity) -> Claim:
    return Claim("user_preference", phrase, polarity, find_evidence(review.text, phrase))


def _usable(phrases: Sequence[str]) -> list[str]:
    """The cleaned phrases that say something, without duplicates."""
    cleaned = [clean_phrase(phrase) for phrase in phrases]
    once = {phrase.lower(): phrase for phrase in reversed(cleaned)}
    return [once[key] for key in dict.fromkeys(phrase.lower() for phrase in cleaned) if _says_something(key)]


def clean_phrase(phrase: str) -> str:
    """The phrase in one line, with only letters, digits and `MARKS`, and without punctuation at its ends."""
    allowed = "".join(c if c.isalnum() or c in MARKS else " " for c in phrase)
    return " ".join(allowed.split()).strip(_EDGES)


def _says_something(phrase: str) -> bool:
    return (
        not _SAYS_NOTHING.fullmatch(phrase)
        and "://" not in phrase
        and len(phrase.split()) <= integer("distill.max_phrase_words")
        and any(c.isalnum() for c in phrase)
    )


def _sign(phrase: str, likes: Sequence[str], dislikes: Sequence[str]) -> Polarity:
    """Polarity of an item's phrase: that of the list with which it shares more words, otherwise that of its own evaluative words."""
    stems = content_stems(phrase)
    liked, disliked = (max((len(stems & content_stems(said)) for said in side), default=0) for side in (likes, dislikes))
    if liked != disliked:
        return "like" if liked > disliked else "dislike"
    return polarity_of(phrase)
