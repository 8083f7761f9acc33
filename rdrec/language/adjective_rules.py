"""Rules for opinions carried by adjectives: "sturdy clamps", "the sound is crisp", "easy to set up", "too small".

In: the tokens of one sentence and its number.  Out: `Opinion`s.  It refuses to know verbs other than copulas.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from rdrec.language.clauses import BE, DEGREE_WORDS, LOOKING, adjective_at, copula_of, is_fragment, linked, spans_of, subject_of
from rdrec.language.lexicons import Judgement, nouns, word_set
from rdrec.language.measures import MODERATE
from rdrec.language.negation import IRREALIS, clause_start, negator_before, removed, unreal
from rdrec.language.opinions import Opinion, Said, aspect_key, judged
from rdrec.language.phrases import NounPhrase, base_verb, gerund, noun_phrase
from rdrec.language.tokens import Token
from rdrec.records import Span

_NOT_SO = IRREALIS | {"until", "till"}  # "use it until it is dead"
_HIGH_OR_LOW = word_set("high higher low lower minimal little extra")

_NOT_AN_ACT = word_set(
    "be have get say tell believe find beat go imagine know describe explain do see come think fault receive please take give buy order return pass justify argue complain recommend deal put take make"
)

_NAMING = word_set("is are was were 's 're makes made")

_BECOMING = word_set("get gets got become becomes turned run runs")

_CHEAP_IS_BAD = word_set("plastic feel quality look material materials construction")

_LIGHT_VERBS = word_set("have has had get got give gives offer provide")

_SENSE = {"look": "look", "feel": "feel", "sound": "sound", "smell": "smell", "taste": "taste"}

_EASE = word_set(
    "easy simple hard difficult tough tricky quick effortless fun awkward cumbersome impossible painless complicated"
)

_EASY = frozenset(["easy", "simple", "quick", "effortless", "fun", "painless"])

_PARTICLES = word_set("up on off out down in together away over")

_HIGH_IS_GOOD = word_set("quality output resolution fidelity standard standards durability performance craftsmanship")

_HIGH_IS_BAD = frozenset(["price", "prices", "cost", "costs", "maintenance"])

_CHEAP_IS_GOOD = frozenset(["price", "prices", "cost", "costs"])


def modifiers(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """Adjective before its noun: "sturdy metal clamps", "great value"."""
    for index in range(len(tokens)):
        judgement = adjective_at(tokens, index)
        if judgement is None:
            continue
        phrase = _noun_after(tokens, index)
        if phrase is None or phrase.kind == "empty" or _listed_after_copula(tokens, index, phrase):
            continue
        adjective = tokens[index].lower
        sign = _sign_with_noun(adjective, judgement, phrase)
        if sign == 0 and judgement.dimension in ("quality", "price"):
            continue
        if sign < 0 and removed(tokens, index):
            continue
        if unreal(tokens, index) or not linked(tokens, index, phrase, strict=sign == 0):
            continue
        judgement = Judgement(sign, "value") if phrase.key in ("value", "deal") else judgement
        first = clause_start(tokens, index)
        denied = _denied(tokens, first, index)
        if denied is None:
            continue
        degree = "too" if index and tokens[index - 1].lower == "too" else ""
        if index and tokens[index - 1].lower in ("less", "more"):  # "the more expensive units" are others
            continue
        if index + 1 < len(tokens) and tokens[index + 1].lower in LOOKING:
            continue
        if (
            tokens[phrase.last - 1].lower == "ones"
            and index
            and tokens[index - 1].lower == "the"
            and tokens[index].tag != "JJS"
        ):
            continue  # "even the expensive ones" are others
        if adjective == "top" and index and tokens[index - 1].lower in ("the", "its", "my"):  # a place, no praise
            continue
        negated = denied is not False
        sign = -1 if degree else (-sign if negated else sign)
        place = _whole_place(tokens, index, phrase)
        spans = spans_of(tokens, [*range(index, index + 1), *range(phrase.first, phrase.last)], denied)
        yield _opinion(
            "whole" if place else "modifier",
            sign,
            adjective,
            judgement,
            phrase,
            place,
            spans,
            index,
            number,
            negated,
            degree,
        )


def predicates(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """Noun, copula, adjective: "the sound is crisp", "it feels cheap"; and fragments: "Sturdy and affordable."."""
    for index in range(len(tokens)):
        judgement = adjective_at(tokens, index)
        if judgement is None or unreal(tokens, index, _NOT_SO) or (index and tokens[index - 1].lower == "less"):
            continue
        if tokens[index].lower in _EASE and index + 1 < len(tokens) and tokens[index + 1].lower == "to":
            continue
        if noun_phrase(tokens, index + 1) is not None:
            continue
        verb = copula_of(tokens, index)
        phrase: NounPhrase | None = None
        adjective, sign = tokens[index].lower, judgement.sign
        if verb is not None and tokens[verb].lower in _BECOMING and not tokens[index].tag.startswith("JJ"):
            continue
        if verb is None:
            if not is_fragment(tokens, index):
                continue
            denied = negator_before(tokens, index, 3)
        else:
            known, phrase = subject_of(tokens, verb)
            if not known or (phrase is not None and phrase.kind == "empty"):
                continue
            denied = negator_before(tokens, index, index - verb + 3)
            if phrase is not None and phrase.kind == "aspect":
                sign = _sign_with_noun(adjective, judgement, phrase)
            sense = _SENSE.get(base_verb(tokens[verb].lower))
            if sign == 0 and judgement.dimension == "quality":
                continue
            if sense and (phrase is None or phrase.kind == "whole" or judgement.dimension == "quality"):
                sign = -1 if adjective == "cheap" else sign
                judgement, phrase = Judgement(sign, sense), None
        degree = "too" if index and tokens[index - 1].lower == "too" else ""
        if _moderate(tokens, index, judgement.sign) or _balanced(tokens, index):
            continue
        if degree:
            sign = -1
        elif (index + 1 < len(tokens) and tokens[index + 1].lower == "enough") or (
            index > 1 and tokens[index - 1].lower == "and" and tokens[index - 2].lower in ("nice", "good")
        ):
            sign = 1
        if not degree and sign == 0 and mildly(tokens, index):
            sign, degree = -1, "a bit"
        if sign == 0 and judgement.dimension in ("quality", "price") and adjective != "cheap":
            continue
        if adjective in ("high", "low", "new") and not degree:
            continue
        if denied is not None:  # "not too durable" means "not very"; "not too small" is good news
            sign = -sign if degree != "too" else (-1 if judgement.sign > 0 else 1)
            degree = ""
        words = [index] if phrase is None or verb is None else [*range(phrase.first, phrase.last), verb, index]
        if verb is not None and phrase is None:
            words = [verb, index]
        yield _opinion(
            "predicate",
            sign,
            adjective,
            judgement,
            phrase,
            False,
            spans_of(tokens, words, denied),
            index,
            number,
            denied is not None,
            degree,
        )


def _moderate(tokens: Sequence[Token], index: int, sign: int) -> bool:
    """ "moderately tricky", "pleasantly difficult": no blame."""
    return sign < 0 and bool(index) and tokens[index - 1].lower in MODERATE


def _balanced(tokens: Sequence[Token], index: int) -> bool:
    """ "not too small, not too big", "neither too easy nor too hard": either half alone is no blame."""
    if not index or tokens[index - 1].lower != "too":
        return False
    words = [token.lower for token in tokens[max(0, index - 7) : index + 7]]
    denied = sum(a in ("not", "n't", "nor", "neither", "or") and b == "too" for a, b in pairwise(words))
    return words.count("too") > 1 and denied > 1


def _listed_after_copula(tokens: Sequence[Token], index: int, phrase: NounPhrase) -> bool:
    """ "the pieces are thick and sturdy, bright colors": the comma ends what the copula says, "thick" is not of the colors."""
    marks = [token.lower for token in tokens[index : phrase.first]]
    verb = copula_of(tokens, index) if "," in marks else None
    return verb is not None and not any(token.tag == "DT" for token in tokens[verb + 1 : index])


def mildly(tokens: Sequence[Token], index: int) -> bool:
    """ "a bit short", "a little heavy", "rather thin": a word that does not judge by itself becomes a complaint."""
    before = [token.lower for token in tokens[max(0, index - 2) : index]]
    return before in (["a", "bit"], ["a", "little"], ["a", "tad"]) or before[-1:] in (
        ["rather"],
        ["somewhat"],
        ["kinda"],
        ["overly"],
        ["slightly"],
    )


def ease(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """ "easy to set up", "hard to clean"."""
    for index in range(len(tokens) - 2):
        word = tokens[index].lower
        if (
            word not in _EASE
            or tokens[index + 1].lower != "to"
            or not tokens[index + 2].lower.isalpha()
            or unreal(tokens, index)
        ):
            continue
        verb = base_verb(tokens[index + 2].lower)
        verb = "use" if verb == "do" else verb  # "easy to do"
        doing = gerund(verb)
        if verb in _NOT_AN_ACT or doing is None:
            continue
        last = index + 2
        following = [token.lower for token in tokens[last + 1 : last + 3]]
        if following[:1] == ["in"] and following[1:] in (["tune"], ["place"], ["position"], ["line"]):
            last += 2
        elif following and (
            following[0] in ("up", "off", "out", "down", "together", "away")
            or (following[0] in _PARTICLES and following[1:] in ([], ["."], [","], ["and"], ["!"]))
        ):
            last += 1
        denied = negator_before(tokens, index, 4)
        sign = (1 if word in _EASY else -1) * (-1 if denied is not None else 1)
        act = "use" if verb == "use" else " ".join([doing, *(t.lower for t in tokens[index + 3 : last + 1])])
        noun = Said(f"ease of {act}" if sign > 0 else f"difficulty in {act}" if act != "use" else "difficult handling", "mass")
        spans = spans_of(tokens, list(range(index, last + 1)), denied)
        yield Opinion("ease", sign, act, act, True, noun, noun, spans, frozenset({index}), number)


def _opinion(
    form: str,
    sign: int,
    adjective: str,
    judgement: Judgement,
    phrase: NounPhrase | None,
    place: bool,
    spans: tuple[Span, ...],
    index: int,
    number: int,
    negated: bool,
    degree: str,
) -> Opinion:
    as_whole = place or phrase is None or phrase.kind == "whole"
    item, user = judged(adjective, judgement, sign, None if as_whole else phrase, negated=negated, degree=degree)
    if place and phrase is not None and phrase.kind != "whole":
        _, user = judged(adjective, judgement, sign, phrase, negated=negated, degree=degree)
    key = aspect_key(None if as_whole else phrase, judgement)
    feature = phrase.text if phrase is not None and phrase.kind == "aspect" else key.removeprefix("overall ")
    return Opinion(
        "whole" if form == "whole" else "modifier" if form == "modifier" else "predicate",
        sign,
        key,
        feature,
        not as_whole,
        item,
        user,
        spans,
        frozenset({index}),
        number,
    )


def _noun_after(tokens: Sequence[Token], index: int) -> NounPhrase | None:
    """The noun phrase that the adjective at `index` stands before, over further adjectives and numbers."""
    at = index + 1
    while at < len(tokens) and at - index <= 5:
        if (phrase := noun_phrase(tokens, at)) is not None:
            return phrase
        token = tokens[at]
        joins = (
            token.lower in (",", "and", "&", "yet", "but", "-")
            and at + 1 < len(tokens)
            and adjective_at(tokens, at + 1) is not None
        )
        if not (joins or token.tag in ("JJ", "JJR", "JJS", "CD") or (token.tag in ("VBN", "VBG") and adjective_at(tokens, at))):
            return None
        at += 1
    return None


def _sign_with_noun(adjective: str, judgement: Judgement, phrase: NounPhrase) -> int:
    """The sign of the pair; "high" and "low" and "cheap" judge only together with their noun."""
    head = phrase.text.rsplit(" ", 1)[-1]
    if adjective in _HIGH_OR_LOW:
        up = 1 if adjective.startswith(("high", "extra")) else -1
        if head in _HIGH_IS_GOOD:
            return up
        return -up if head in _HIGH_IS_BAD or head in nouns()["bad"] else 0
    if adjective == "cheap":
        return 1 if head in _CHEAP_IS_GOOD else -1 if head in _CHEAP_IS_BAD else 0
    return judgement.sign


def _denied(tokens: Sequence[Token], first: int, index: int) -> int | bool | None:
    """The place of a negation that reaches a modifier; False when there is none; None when it is unsure (a full verb between)."""
    at = negator_before(tokens, index, 6)
    if at is None:
        return False
    between = tokens[at + 1 : index]
    verbs = [t for t in between if (t.tag.startswith("VB") or t.tag == "MD") and t.lower not in BE | _LIGHT_VERBS]
    return at if not verbs and not any(t.tag == "IN" for t in between) and at >= first else None


def _whole_place(tokens: Sequence[Token], index: int, phrase: NounPhrase) -> bool:
    """Whether the phrase names the item itself: "this is a great pedal", "Great pedal!"."""
    if phrase.kind == "whole":
        return True
    if phrase.number == "mass" or phrase.key in nouns()["single"]:
        return False
    at = index - 1
    while (
        at >= 0
        and (tokens[at].lower in DEGREE_WORDS or tokens[at].tag.startswith(("JJ", "RB", "DT")))
        and tokens[at].lower not in BE
    ):
        at -= 1
    if at < 0:
        return phrase.number == "singular"
    if tokens[at].lower in _NAMING and at:
        return tokens[at - 1].lower in ("this", "these", "it", "they", "that", "those") or (
            at > 1 and tokens[at - 2].lower in ("this", "these")
        )
    return False
