"""Noun phrases and word forms: what a judgement is about, and how to write it.

In: tokens of one sentence.  Out: `NounPhrase`s with offsets, gerunds, adjectives from adverbs, singular forms.
It refuses to know whether a phrase is liked.  Rules are English morphology, none is a word of one domain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rdrec.language.lexicons import adjectives, nouns, word_set, word_tags
from rdrec.language.tokens import Token

Number = Literal["singular", "plural", "mass"]
_MAX_NOUNS = 3  # in one aspect: "sound card driver"; longer runs are mostly lists or brand names
_PLURAL_ONLY = word_set("people children men women feet teeth pants jeans scissors glasses headphones earbuds media data")
_NOT_PLURAL = ("ss", "us", "is", "ness", "ics")
_ABSTRACT = ("ness", "ity", "ance", "ence", "ship", "ware", "ism")
_EMPTY_ALONE = frozenset(
    ["life", "range", "level", "position", "area", "side", "line", "time", "shape"]
)  # but "battery life", "delivery time"
_UNUSABLE_NOUNS = word_set(
    "none nones others sounding looking imho imo lol btw tho fyi ymmv asap etc wow ok im ive dont cant wont didnt doesnt isnt its thats"
)


@dataclass(frozen=True, slots=True)
class NounPhrase:
    """tokens[first:last] of a sentence; `text` as it is to be written, `key` for telling doubles."""

    first: int
    last: int
    start: int
    end: int
    text: str
    key: str
    number: Number
    kind: Literal["aspect", "whole", "empty"]


def is_noun(token: Token) -> bool:
    """A common or proper noun that is a real word (letters, at least two, not an opinion word taken for a noun)."""
    if not token.tag.startswith("NN"):
        return False
    lower = token.lower
    if len(lower) < 2 or not lower.replace("-", "").isalpha() or lower in _UNUSABLE_NOUNS or not lower.isascii():
        return False
    judgement = adjectives().get(lower)
    return judgement is None or (
        judgement.dimension in ("quality", "experience") and word_tags().get(lower, "NN").startswith("NN")
    )


def noun_phrase(tokens: Sequence[Token], first: int, limit: int | None = None) -> NounPhrase | None:
    """The run of nouns that starts at `first` (at most three, never past `limit`), or None."""
    last, end = first, min(len(tokens) if limit is None else limit, len(tokens))
    while last < end and last - first < _MAX_NOUNS + 2 and is_noun(tokens[last]):
        last += 1
    return _phrase(tokens, first, last)


def noun_phrase_before(tokens: Sequence[Token], last: int) -> NounPhrase | None:
    """The run of nouns that ends right before `last`, or None."""
    first = last
    while first > 0 and last - first < _MAX_NOUNS and is_noun(tokens[first - 1]):
        first -= 1
    return _phrase(tokens, first, last)


def _phrase(tokens: Sequence[Token], first: int, last: int) -> NounPhrase | None:
    while first < last - 1 and _is_name(tokens, first):  # "Fender strap" -> "strap": brands are not qualities
        first += 1
    if not 0 < last - first <= _MAX_NOUNS:
        return None
    head = tokens[last - 1]
    text = " ".join(token.lower for token in tokens[first:last])
    words = nouns()
    kind: Literal["aspect", "whole", "empty"] = "aspect"
    if head.lower in words["whole"]:
        kind = "whole"
    elif (head.lower in words["empty"] and not (head.lower in _EMPTY_ALONE and last - first > 1)) or _is_name(tokens, last - 1):
        kind = "empty"
    number = number_of(head.lower)
    before = tokens[first - 1] if first else None
    at = first - 1
    while at >= 0 and tokens[at].tag.startswith(("JJ", "RB", "VBN", "VBG", "NN")) and first - at < 6:
        at -= 1
    indefinite = before is not None and at >= 0 and tokens[at].lower in ("a", "an")
    if indefinite and number == "mass" and head.lower not in words["mass"]:
        number = "singular"
    return NounPhrase(first, last, tokens[first].start, head.end, text, singular(head.lower), number, kind)


def _is_name(tokens: Sequence[Token], index: int) -> bool:
    """A brand, person or model: a capital inside a sentence on a word that the lexicon does not know in lower case."""
    token = tokens[index]
    if not token.text[:1].isupper():
        return False
    if index == 0 or tokens[index - 1].lower in (".", ":", "-", "!", "*", "("):
        return False
    if all(other.text[:1].isupper() or not other.text.isalpha() for other in tokens[:8]):  # a heading, or all shouted
        return False
    return token.lower not in nouns()["mass"] and token.lower not in nouns()["single"]


@lru_cache(maxsize=20_000)
def number_of(noun: str) -> Number:
    """Whether the noun is written with 'a', in the plural, or without an article."""
    last = noun.rsplit(" ", 1)[-1]
    if last in nouns()["mass"]:
        return "mass"
    if last in nouns()["single"] and last != "looks":
        return "singular"
    if last in _PLURAL_ONLY or (last.endswith("s") and not last.endswith(_NOT_PLURAL) and len(last) > 3):
        return "plural"
    if last.endswith("ing"):
        return "mass" if base_verb(last) != last else "singular"
    return (
        "mass"
        if last.endswith(_ABSTRACT) and last not in ("city", "facility", "utility", "instance", "stance", "appliance")
        else "singular"
    )


@lru_cache(maxsize=20_000)
def singular(noun: str) -> str:
    """'clamps' -> 'clamp', 'batteries' -> 'battery'; good enough to tell doubles."""
    if number_of(noun) != "plural":
        return noun
    if noun.endswith("ies") and len(noun) > 4:
        return noun[:-3] + "y"
    if noun.endswith(("ches", "shes", "sses", "xes", "zes")):
        return noun[:-2]
    return noun[:-1] if noun.endswith("s") else noun


@lru_cache(maxsize=20_000)
def base_verb(verb: str) -> str:
    """'fits' -> 'fit', 'cleaned' -> 'clean'; the word itself where the lexicon knows no shorter verb."""
    if verb in ("does", "did", "done", "goes", "less", "this", "his"):
        return {"does": "do", "did": "do", "done": "do", "goes": "go"}.get(verb, verb)
    for ending, put in (
        ("ies", "y"),
        ("es", "e"),
        ("es", ""),
        ("s", ""),
        ("ied", "y"),
        ("ed", "e"),
        ("ed", ""),
        ("ing", "e"),
        ("ing", ""),
    ):
        if verb.endswith(ending) and len(verb) > len(ending) + 1:
            stem = verb[: -len(ending)] + put
            if stem in word_tags():
                return stem
            if ending in ("ed", "ing") and not put and len(stem) > 3 and stem[-1] == stem[-2] and stem[:-1] in word_tags():
                return stem[:-1]
    return verb


_FORMS = {
    "break": "broke broken",
    "fall": "fell fallen",
    "come": "came",
    "wear": "wore worn",
    "tear": "tore torn",
    "give": "gave given",
    "keep": "kept",
    "hold": "held",
    "stand": "stood",
    "take": "took taken",
    "go": "went gone",
    "throw": "threw thrown",
    "send": "sent",
    "lose": "lost",
    "leave": "left",
    "drive": "drove driven",
    "fight": "fought",
    "light": "lit",
    "have": "had has",
    "get": "got gotten",
    "bend": "bent",
    "pay": "paid",
    "be": "was is were are",
    "do": "did does",
    "grow": "grew",
    "think": "thought",
    "find": "found",
    "see": "saw",
    "make": "made",
    "understand": "understood",
    "beg": "begged",
    "stick": "stuck",
    "run": "ran",
    "hide": "hid",
    "forget": "forgot",
    "die": "died",
    "shrink": "shrank shrunk",
    "sleep": "slept",
    "slide": "slid",
    "draw": "drew",
    "build": "built",
    "buy": "bought",
}
_IRREGULAR = {form: verb for verb, forms in _FORMS.items() for form in forms.split()}


@lru_cache(maxsize=20_000)
def base(word: str) -> str:
    """The base form of a verb, irregular ones too."""
    return _IRREGULAR.get(word) or base_verb(word)


@lru_cache(maxsize=20_000)
def gerund(verb: str) -> str:
    """'set' -> 'setting', 'use' -> 'using', 'clean' -> 'cleaning'."""
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith(("ee", "ye", "oe")):
        return verb[:-1] + "ing"
    vowels = "aeiou"
    closed = len(verb) > 2 and verb[-1] not in vowels + "wxy" and verb[-2] in vowels and verb[-3] not in vowels
    if closed and (sum(letter in vowels for letter in verb) == 1 or verb in ("begin", "forget", "refer")):
        return verb + verb[-1] + "ing"
    return verb + "ing"


_ADVERBS = {
    "well": "good",
    "great": "great",
    "fast": "fast",
    "better": "better",
    "best": "excellent",
    "nicely": "nice",
    "fine": "decent",
}


@lru_cache(maxsize=2_000)
def adjective_of(adverb: str) -> str:
    """'easily' -> 'easy', 'comfortably' -> 'comfortable', 'well' -> 'good'."""
    if adverb in _ADVERBS:
        return _ADVERBS[adverb]
    if not adverb.endswith("ly"):
        return adverb
    for stem in (adverb[:-3] + "y" if adverb.endswith("ily") else "", adverb[:-2], adverb[:-1] + "e", adverb[:-2] + "le"):
        if stem and (stem in adjectives() or word_tags().get(stem, "").startswith("JJ")):
            return stem
    return adverb[:-2]
