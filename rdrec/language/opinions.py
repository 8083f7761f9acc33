"""The record of one opinion in a review, and how it is said as a noun phrase.

In: an adjective and what it judges.  Out: `Opinion`, with a phrase for the item ("a sturdy clamp") and one for what
the shopper cares about in general ("sturdy clamps").  It refuses to know where in the text to look.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rdrec.language.lexicons import Judgement, nouns, word_tags
from rdrec.language.phrases import NounPhrase, Number, singular
from rdrec.records import Span

Form = Literal[
    "modifier",
    "predicate",
    "whole",
    "ease",
    "manner",
    "liking",
    "absence",
    "failure",
    "value",
    "duty",
    "trouble",
    "wish",
    "idiom",
    "about",
]


@dataclass(frozen=True, slots=True)
class Said:
    """A noun phrase without its article, and whether it takes one."""

    text: str
    number: Number


@dataclass(frozen=True, slots=True)
class Opinion:
    """`sign` is +1, -1, or 0 where the word alone does not judge ("a small case").

    `aspect` tells doubles; `named` says that the review itself names the aspect; `core` are the token places of the words
    that judge; `spans` are the characters of everything the opinion rests on.
    """

    form: Form
    sign: int
    aspect: str
    feature: str
    named: bool
    item: Said
    user: Said
    spans: tuple[Span, ...]
    core: frozenset[int]
    sentence: int


DIMENSIONS: dict[str, Said] = {
    "build": Said("build", "singular"),
    "price": Said("price", "singular"),
    "value": Said("value", "mass"),
    "performance": Said("performance", "mass"),
    "use": Said("design", "singular"),
    "sound": Said("sound", "singular"),
    "fit": Said("fit", "singular"),
    "feel": Said("feel", "singular"),
    "look": Said("look", "singular"),
    "taste": Said("taste", "singular"),
    "smell": Said("smell", "singular"),
    "size": Said("size", "singular"),
    "weight": Said("weight", "singular"),
    "speed": Said("operation", "mass"),
    "design": Said("design", "singular"),
    "experience": Said("experience", "singular"),
    "service": Said("service", "mass"),
    "quality": Said("overall quality", "mass"),
}
_PLAIN = {
    "best": "excellent",
    "greatest": "great",
    "nicest": "nice",
    "finest": "fine",
    "worst": "terrible",
    "worse": "poor",
    "better": "good",
    "favorite": "excellent",
    "favourite": "excellent",
    "super": "great",
    "ok": "decent",
    "okay": "decent",
    "alright": "decent",
    "fine": "decent",
    "quality": "high-quality",
    "premium": "premium",
}
_EVALUATIONS = "quality"  # words that only praise or blame: the shopper's wish is said as "good" or "poor"


def in_general(phrase: NounPhrase) -> Said:
    """The noun as a kind: plural for things one can count, unchanged for the others ("clamps", "sound") and where English is not known to have a plural."""
    if phrase.number != "singular" or phrase.key in nouns()["single"]:
        return Said(phrase.text, phrase.number)
    known, many = word_tags(), plural_of(phrase.text)
    if phrase.key in known and many.rsplit(" ", 1)[-1] not in known:
        return Said(phrase.text, phrase.number)
    return Said(many, "plural")


def plural_of(noun: str) -> str:
    if noun.endswith("y") and noun[-2:-1] not in tuple("aeiou"):
        return noun[:-1] + "ies"
    if noun.endswith(("s", "x", "z", "ch", "sh")):
        return noun + "es"
    return noun[:-2] + "ves" if noun.endswith(("shelf", "knife")) else noun + "s"


def judged(
    adjective: str, judgement: Judgement, sign: int, phrase: NounPhrase | None, *, negated: bool = False, degree: str = ""
) -> tuple[Said, Said]:
    """How to say that `phrase` (or, without one, the adjective's own dimension) is `adjective`: for the item, for the user."""
    if phrase is None or phrase.kind == "whole":
        if adjective in ("easy", "simple", "easy-to-use") and not negated:
            return Said("ease of use", "mass"), Said("ease of use", "mass")
        noun = general = DIMENSIONS[judgement.dimension]
        if judgement.dimension == "quality":
            general = Said("quality", "mass")
    else:
        noun, general = Said(phrase.text, phrase.number), in_general(phrase)
    adjective = _PLAIN.get(adjective, adjective)
    if adjective == "cheap" and noun.text in ("price", "cost", "costs", "prices"):
        adjective = "low"
    if negated or degree:
        words = f"not {adjective}" if negated else f"{degree} {adjective}"
        if negated and sign > 0 and adjective in ("bad", "terrible", "awful", "horrible"):
            return Said(f"decent {noun.text}", noun.number), Said(f"decent {general.text}", general.number)
        item = Said(f"{noun.text} that {_be(noun)} {words}", noun.number)
        if negated and judgement.dimension == _EVALUATIONS:
            worth = "good" if sign > 0 else "poor"
            return Said(f"{worth} {noun.text}", noun.number), Said(f"{worth} {general.text}", general.number)
        return item, Said(f"{general.text} that {_be(general)} {words}", general.number)
    wish = adjective
    if judgement.dimension == _EVALUATIONS and sign and adjective not in ("high", "low", "clean", "clear", "rich", "clean"):
        wish = "decent" if adjective == "decent" else "good" if sign > 0 else "poor"
    return Said(f"{adjective} {noun.text}", noun.number), Said(f"{wish} {general.text}", general.number)


def _be(said: Said) -> str:
    return "are" if said.number == "plural" else "is"


def article(said: Said) -> str:
    """The phrase with 'a' or 'an' where English wants one."""
    if said.number != "singular":
        return said.text
    return f"{'an' if _vowel_sound(said.text) else 'a'} {said.text}"


def _vowel_sound(text: str) -> bool:
    lower = text.lower()
    if lower.startswith(("uni", "use", "usu", "eu", "one-", "once", "uti", "ubi")):
        return False
    return lower[:1] in tuple("aeiou") or lower.startswith(("hour", "honest", "heir"))


def aspect_key(phrase: NounPhrase | None, judgement: Judgement) -> str:
    if phrase is None or phrase.kind == "whole":
        return DIMENSIONS[judgement.dimension].text
    return singular(phrase.key)
