"""What counts as a valid answer of a language model: two numbered sentences, or one JSON object.  Other answers fail with a reason.

Nothing is repaired: an invalid answer never becomes a rationale, and the review is never used in its place.

    sentences   [one line that ends in ":"]  "1. " preference newline "2. " attributes
                (or a JSON object with the two fields)
    opinions    {"opinions": [{"quote", "about", "feeling", "preference", "attribute"} ...], "user_preference", "item_attribution"}
                (or the same in one code fence)
    lists       {"likes", "dislikes", "item"}: phrases (or the same in one code fence); see `lists`
A sentence is "nothing" (or null), or it begins as required, has at most `distill.max_sentence_chars` characters, and contains only
letters, digits and ordinary punctuation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from rdrec.core.records import CLAIM_KINDS, POLARITIES, Claim, ClaimKind, Failed, NothingFound, Rationale, Review, TeacherAnswer
from rdrec.core.settings import integer
from rdrec.data.content_words import content_stems
from rdrec.data.reading import no_constant, unique_keys
from rdrec.teachers import lists
from rdrec.teachers.evidence import claims_of, find_quote, phrases

NOTHING = lists.NOTHING
EMPTY = "empty answer"
LONG = "the answer is too long"
NO_SENTENCES = "not the two numbered sentences"
NO_JSON = "not the JSON object that was asked for"
LONG_SENTENCE = "a sentence is too long"
BAD_BEGIN = "a sentence does not begin as asked"
BAD_CHARACTERS = "a sentence contains characters that are not allowed"
_TWO = re.compile(r"(?:[^\n]{1,200}:[ \t]*\n\s*)?1[.)][ \t]+([^\n]+)\n\s*2[.)][ \t]+([^\n]+)")
_FENCE = re.compile(r"```(?:json)?[ \t]*\n(.*)\n```", re.DOTALL)
_BEGINS: dict[ClaimKind, re.Pattern[str]] = {
    "user_preference": re.compile(r"The user(?:'s preferences? (?:is|are|include)| [a-z]+) \S"),
    "item_attribution": re.compile(
        r"The item(?:'s attribut(?:e|ion)s? (?:is|are|include|includes)| (?:is|has|are|offers|lacks)) \S"
    ),
}
_SAYS_NOTHING = re.compile(
    r"\W*(?:(?:the user prefers|the item's attributes are)\s+)?(?:nothing|none|null|n/a|no (?:clear )?(?:preference|attributes?|opinion)s?"
    r"|not (?:mentioned|stated|specified|given))\W*",
    re.IGNORECASE,
)
_MARKS = " .,;:'-()&%$/\"!?+#°½¼¾"  # characters allowed besides letters and digits
_OPINION_FIELDS = ("quote", "about", "feeling", "preference", "attribute")


class _Wrong(Exception):
    """The answer is invalid; the text is the reason that is reported."""


def parse(form: str, raw: str, review: Review) -> TeacherAnswer:
    """Parse a raw answer; never raises because of it.  form: the `answer` of a prompt, "sentences", "opinions" or "lists"."""
    try:
        text = raw.strip()
        if not text:
            raise _Wrong(EMPTY)
        if len(text) > integer("distill.max_answer_chars"):
            raise _Wrong(LONG)
        return _PARSERS[form](text, review)
    except _Wrong as wrong:
        return Failed(str(wrong))


def _sentences(text: str, review: Review) -> TeacherAnswer:
    if text.startswith("{"):
        parts = _json(text)
        if set(parts) != set(CLAIM_KINDS):
            raise _Wrong(NO_JSON)
    else:
        found = _TWO.fullmatch(text)
        if found is None:
            raise _Wrong(NO_SENTENCES)
        parts = dict(zip(CLAIM_KINDS, found.groups(), strict=True))
    said = {kind: _sentence(parts[kind], kind) for kind in CLAIM_KINDS}
    return _rationale(said, claims_of(review.text, said["user_preference"], said["item_attribution"]))


def _lists(text: str, review: Review) -> TeacherAnswer:
    fields = _json(_unfenced(text))
    if not lists.fits(fields):
        raise _Wrong(NO_JSON)
    return lists.read(fields, review)


def _unfenced(text: str) -> str:
    fence = _FENCE.fullmatch(text)
    return fence.group(1) if fence else text


def _opinions(text: str, review: Review) -> TeacherAnswer:
    fields = _json(_unfenced(text))
    if set(fields) != {"opinions", *CLAIM_KINDS}:
        raise _Wrong(NO_JSON)
    opinions = fields["opinions"]
    if not isinstance(opinions, list) or len(opinions) > integer("distill.max_opinions"):
        raise _Wrong(NO_JSON)
    claims = [claim for opinion in opinions for claim in _claims(opinion, review)]
    said = {kind: _sentence(fields[kind], kind) for kind in CLAIM_KINDS}
    kept = [claim for claim in claims if said[claim.kind] is not None]
    return _rationale(said, (*kept, *_unclaimed(said, kept)))


def _claims(opinion: Any, review: Review) -> list[Claim]:
    """The preference and the attribute of one opinion, with its quote as evidence; a quote that is not in the review gives no span."""
    if not isinstance(opinion, dict) or set(opinion) != set(_OPINION_FIELDS) or opinion["feeling"] not in POLARITIES:
        raise _Wrong(NO_JSON)
    if not isinstance(opinion["quote"], str) or not isinstance(opinion["about"], str | None):
        raise _Wrong(NO_JSON)
    spans = find_quote(review.text, opinion["quote"])
    claims = []
    for kind, name in zip(CLAIM_KINDS, ("preference", "attribute"), strict=True):
        said = opinion[name]
        if said is None or (isinstance(said, str) and (_SAYS_NOTHING.fullmatch(said) or not said.strip())):
            continue
        if not isinstance(said, str):
            raise _Wrong(NO_JSON)
        claims.append(Claim(kind, _bounded(said.strip()), opinion["feeling"], spans))
    return claims


def _unclaimed(said: dict[ClaimKind, str | None], claims: list[Claim]) -> list[Claim]:
    """Claims of the sentences that are in none of the opinions; they have no evidence and so do not count as supported."""
    extra: list[Claim] = []
    for kind, sentence in said.items():
        tied = set().union(*(content_stems(claim.text) for claim in claims if claim.kind == kind))
        extra += [
            Claim(kind, text, sign)
            for text, sign in (phrases(sentence, kind) if sentence else ())
            if not content_stems(text) & tied
        ]
    return extra


def _rationale(said: dict[ClaimKind, str | None], claims: tuple[Claim, ...]) -> TeacherAnswer:
    if not any(said.values()):
        return NothingFound(NOTHING)
    return Rationale(said["user_preference"], said["item_attribution"], claims)


def _sentence(value: Any, kind: ClaimKind) -> str | None:
    """A valid sentence; None for "nothing"."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise _Wrong(NO_JSON)
    text = " ".join(value.split())
    if not text or _SAYS_NOTHING.fullmatch(text):
        return None
    text = _bounded(text).replace("’", "'")
    if not _BEGINS[kind].match(text):
        raise _Wrong(BAD_BEGIN)
    return text


def _bounded(text: str) -> str:
    if len(text) > integer("distill.max_sentence_chars"):
        raise _Wrong(LONG_SENTENCE)
    if not all(c.isalnum() or c in _MARKS or c in "’“”‘–—" for c in text) or "://" in text:
        raise _Wrong(BAD_CHARACTERS)
    return text


def _json(text: str) -> dict[str, Any]:
    """A JSON object without duplicate keys, NaN or infinity."""
    try:
        value = json.loads(text, object_pairs_hook=unique_keys, parse_constant=no_constant)
    except (ValueError, RecursionError):
        raise _Wrong(NO_JSON) from None
    if not isinstance(value, dict):
        raise _Wrong(NO_JSON)
    return value


def schema(form: str) -> dict[str, Any]:
    """The JSON schema of an answer, for servers that constrain generation to a schema; empty for numbered sentences."""
    if form == "lists":
        return lists.schema()
    if form != "opinions":
        return {}
    text, maybe = {"type": "string"}, {"anyOf": [{"type": "string"}, {"type": "null"}]}
    opinion = {
        "quote": text,
        "about": text,
        "feeling": {"type": "string", "enum": list(POLARITIES)},
        "preference": maybe,
        "attribute": maybe,
    }
    fields: dict[str, Any] = {
        "opinions": {"type": "array", "maxItems": integer("distill.max_opinions"), "items": lists.closed_object(opinion)}
    }
    return lists.closed_object(fields | dict.fromkeys(CLAIM_KINDS, maybe))


_PARSERS: dict[str, Callable[[str, Review], TeacherAnswer]] = {"sentences": _sentences, "opinions": _opinions, "lists": _lists}
