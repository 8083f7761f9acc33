"""Noun phrases and word forms: what a judgement is about, and how to write it.

In: tokens of one sentence.  Out: `NounPhrase`s with offsets, gerunds, adjectives from adverbs, singular forms.
It refuses to know whether a phrase is liked.  Rules are English morphology, none is a word of one domain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rdrec.language.lexicons import adjectives, irregular_verbs, nouns, word_set, word_tags
from rdrec.language.tokens import Token

Number = Literal["singular", "plural", "mass"]
_MAX_NOUNS = 3  # in one aspect: "sound card driver"; longer runs are mostly lists or brand names
_GLUED = re.compile("[a-z][A-Z]")  # two words without the space between them
_LEAST_PART = 3  # letters of either half of a compound written as one word
_NEVER_NOUNS_ALONE = frozenset(["VBD", "VBN", "RB", "IN"])  # as the lexicon tags them
_BEFORE_NOUNS = word_set("the a an its my his her our your their this that no any some more")
_PLURAL_ONLY = word_set("people children men women feet teeth pants jeans scissors glasses headphones earbuds media data")
_NOT_PLURAL = ("ss", "us", "is", "ness", "ics")
_ABSTRACT = ("ness", "ity", "ance", "ence", "ship", "ware", "ism")
_EMPTY_ALONE = frozenset(
    ["life", "range", "level", "position", "area", "side", "line", "time", "shape"]
)  # but "battery life", "delivery time"
_UNUSABLE_NOUNS = word_set(
    "right theres heres whats hes shes none nones others sounding looking imho imo lol btw tho fyi ymmv asap etc wow ok im ive dont cant wont didnt doesnt isnt its thats"
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
    if _GLUED.search(token.text) or (word_tags().get(lower) == "VBG" and not lower.endswith("ing")):
        return False  # "thatCONS", "lookin"
    judgement = adjectives().get(lower)
    return judgement is None or (
        judgement.dimension in ("quality", "experience") and word_tags().get(lower, "NN").startswith("NN")
    )


def _is_noun_at(tokens: Sequence[Token], index: int) -> bool:
    """Whether a noun stands there; "told", "over" and "upstairs" are taken for nouns behind "all" and at the end, and are ones only behind an article."""
    if not is_noun(tokens[index]):
        return False
    tag, before = word_tags().get(tokens[index].lower), tokens[index - 1].lower if index else ""
    if tag not in _NEVER_NOUNS_ALONE:
        return not (tag == "VB" and before in ("all", "both"))  # "they all know"
    return index > 0 and (before in _BEFORE_NOUNS or tokens[index - 1].tag.startswith(("JJ", "NN", "CD")))


def noun_phrase(tokens: Sequence[Token], first: int, limit: int | None = None) -> NounPhrase | None:
    """The run of nouns that starts at `first` (at most three, never past `limit`), or None."""
    last, end = first, min(len(tokens) if limit is None else limit, len(tokens))
    while last < end and last - first < _MAX_NOUNS + 2 and _is_noun_at(tokens, last):
        last += 1
    return _phrase(tokens, first, last)


def noun_phrase_before(tokens: Sequence[Token], last: int) -> NounPhrase | None:
    """The run of nouns that ends right before `last`, or None."""
    first = last
    while first > 0 and last - first < _MAX_NOUNS and _is_noun_at(tokens, first - 1):
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
def is_word(noun: str) -> bool:
    """Whether the lexicon knows it, or what it is made of: "crimper" (who or what crimps), "flywheel" (two words in one)."""
    known, one = word_tags(), singular(noun)
    if noun in known or one in known:
        return True
    if one.endswith(("er", "or")) and len(one) > 5 and known.get(base_verb(one[:-2] + "ed"), "").startswith(("VB", "NN")):
        return True
    halves = ((one[:at], one[at:]) for at in range(_LEAST_PART, len(one) - _LEAST_PART + 1))
    return any(known.get(a, "").startswith(("NN", "VB", "JJ")) and known.get(b, "") == "NN" for a, b in halves)


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
    found = [stem for stem in _stems(verb) if stem in word_tags()]
    if len(found) > 1 and _needs_no_e(found[1]) and found[0] == found[1] + "e":  # "suiting" is of "suit", not of "suite"
        return found[1]
    return next((stem for stem in found if word_tags()[stem].startswith("VB")), found[0] if found else verb)


def _needs_no_e(stem: str) -> bool:
    """Whether it ends in a double consonant ("fill") or in two vowels and a consonant ("suit"): verbs with a silent e do not.

    A known verb in two consonants ("turn") needs none either.
    """
    vowels = "aeiou"
    if len(stem) > 3 and stem[-1] not in vowels and stem[-2] not in vowels and word_tags()[stem].startswith("VB"):
        return True
    return (
        len(stem) > 3
        and stem[-1] not in vowels + "svzc"
        and (stem[-1] == stem[-2] or (stem[-2] in vowels and stem[-3] in vowels))
    )


_ENDINGS = (("ies", "y"), ("es", "e"), ("es", ""), ("s", ""), ("ied", "y"), ("ed", "e"), ("ed", ""), ("ing", "e"), ("ing", ""))


def _stems(verb: str) -> Iterator[str]:
    """What is left of a word without a verb's ending, in the order of trust."""
    for ending, put in _ENDINGS:
        if verb.endswith(ending) and len(verb) > len(ending) + 1 and not (ending == "s" and verb.endswith("ss")):
            stem = verb[: -len(ending)] + put
            yield stem
            if ending in ("ed", "ing") and not put and len(stem) > 3 and stem[-1] == stem[-2]:
                yield stem[:-1]


@lru_cache(maxsize=20_000)
def base(word: str) -> str:
    """The base form of a verb, irregular ones too."""
    return irregular_verbs().get(word) or base_verb(word)


_HISSING = ("sses", "zzes", "shes", "ches", "xes")  # before "es" these are whole verbs, known or not: "fizzes"
_INVARIABLE = word_set("set put cut hit let shut split hurt cost cast burst spread upset quit fit bet shed read")
_ALSO_VERBS = word_set("like clean dry open warm slow tidy empty clear back up")
_NO_BASE = word_set("VBD VBN VBZ VBG MD")
_NEVER_VERBS = word_set(
    "wanna gotta gonna idk shorn dont doesnt didnt cant wont isnt wasnt arent werent couldnt wouldnt shouldnt havent hasnt hadnt im ive ill id its thats"
)


@lru_cache(maxsize=20_000)
def verb_of(word: str) -> str | None:
    """The base form of a word that stands as a verb; None where it is not surely the form of a known verb.

    'went' -> 'go', 'fizzes' -> 'fizz', 'tuned' -> 'tune'; None for 'dont' and for misspelt words.
    """
    if not (word.isascii() and word.isalpha()) or len(word) < 2 or word in _NEVER_VERBS:
        return None
    if word in _INVARIABLE:
        return word
    if (known := irregular_verbs().get(word)) is not None:
        return known
    stem = base_verb(word)
    if stem == word and word.endswith(_HISSING):
        return word[:-2]
    tag = word_tags().get(stem)
    if tag is None or tag in _NO_BASE or stem in irregular_verbs():
        return None
    sure = (
        tag.startswith("VB")
        or stem in _ALSO_VERBS
        or stem in _irregular_bases()
        or (tag.startswith(("NN", "JJ")) and _also_verb(stem))
    )
    return stem if sure else None


@lru_cache(maxsize=1)
def _irregular_bases() -> frozenset[str]:
    """Verbs with irregular forms ("fight"): verbs whatever the lexicon takes them for mostly."""
    return frozenset(irregular_verbs().values())


def _also_verb(noun: str) -> bool:
    """Whether English uses the noun (or adjective) as a verb too: the lexicon then knows its past or its -ing form as one ("clamped")."""
    tags = word_tags()
    past = noun + "d" if noun.endswith("e") else noun[:-1] + "ied" if noun.endswith("y") else noun + "ed"
    return any(tags.get(form, "").startswith("VB") for form in (past, noun + noun[-1] + "ed", _with_ing(noun)))


_STRESSED_LAST = word_set(
    "admit begin commit compel control equip excel forget forbid occur omit permit prefer propel rebel refer regret submit transfer upset"
)


@lru_cache(maxsize=20_000)
def gerund(word: str) -> str | None:
    """The -ing form of the verb that `word` is a form of: 'set' -> 'setting', 'went' -> 'going'; None where `verb_of` knows none."""
    verb = verb_of(word)
    if verb is None:
        return None
    return _with_ing(verb)


def _with_ing(verb: str) -> str:
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith(("ee", "ye", "oe")) and verb != "be":
        return verb[:-1] + "ing"
    vowels = "aeiou"
    closed = len(verb) > 2 and verb[-1] not in vowels + "wxy" and verb[-2] in vowels and verb[-3] not in vowels
    if verb in ("quit", "equip") or (closed and (sum(letter in vowels for letter in verb) == 1 or verb in _STRESSED_LAST)):
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
