"""Rules for what a thing is to people: "the clasp delights everyone", "was admired by all", "turned out to be a gem", "a fan of trains".

In: the tokens of one sentence and its number.  Out: `Opinion`s of form "liking" with the noun phrase as it stands.
It refuses to know any product; the verbs and nouns are those of `assets/lexicons/feelings.txt`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from rdrec.language.clauses import make
from rdrec.language.lexicons import adjectives, cues, feelings, nouns, word_set
from rdrec.language.negation import clause_start, denial, unreal
from rdrec.language.opinions import Opinion, Said
from rdrec.language.phrases import NounPhrase, base, noun_phrase
from rdrec.language.telling import with_modifiers
from rdrec.language.tokens import Token

_PERSONS = word_set("me us him her them you everyone everybody anybody anyone")
_OWNERS = word_set("my our his her their your")
_THINGS = word_set("it this that they these those which everything")
_BE = word_set("is are was were 's 're be been")
_NAMING = word_set("is are was were 's")
_COPULAS = _BE | word_set("seems seem seemed feels felt proved became becomes")
_BEFORE_NOMINAL = word_set(
    "a an the such like quite to be out real total complete absolute bit of little pure sheer just as huge big great"
)
_HELPERS = word_set(
    "has have had will 'll can really just always never truly simply also even still absolutely certainly does do did n't not clearly surely not 've be been was were is are 's being"
)
_CAUSING = {"make": "making", "keep": "keeping", "get": "getting", "leave": "leaving", "have": "having"}
_NOT_YET = word_set("if unless whether would could might should hope hoping hoped wish")
_SUPERLATIVE_OF = word_set("part thing bit feature aspect touch detail piece element")
_MOST_SUBJECT = 9  # tokens back from a verb to the start of its subject


def feelings_of(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """Every opinion of these kinds, in the order of the text."""
    for index in range(1, len(tokens)):
        token = tokens[index]
        found = _moved(tokens, index) if token.tag.startswith(("VB", "NNS")) and _moves(token.lower) else None
        if found is None and _may_judge(token.lower):
            found = _received(tokens, index) or _nominal(tokens, index) or _named_best(tokens, index)
        if found is not None:
            sign, phrase, core, last = found
            yield from _said(tokens, sign, phrase, core, last, number)
    yield from _states(tokens, number)
    yield from _fond(tokens, number)
    yield from _wanted(tokens, number)


@lru_cache(maxsize=50_000)
def _moves(word: str) -> bool:
    """Whether it is a verb that moves people by itself, with a particle, or with a state."""
    return base(word) in _CAUSING or base(word) in _moving_verbs()


@lru_cache(maxsize=1)
def _moving_verbs() -> frozenset[str]:
    """The verbs of the list, whether it has them alone or with a particle ("let+down")."""
    return frozenset(known.split("+")[0] for known in feelings()["moves"])


@lru_cache(maxsize=50_000)
def _may_judge(word: str) -> bool:
    """Whether one of the rules that look at a word asks more than the word."""
    return base(word) in feelings()["received"] or word in feelings()["nouns"] or word in _NAMING


_Found = tuple[int, NounPhrase, int, int]  # sign, what is judged, the judging word, place after the last word of it


def _moved(tokens: Sequence[Token], index: int) -> _Found | None:
    """ "the clasp delights everyone", "the booklet let us down", "the tail won me over"."""
    last = _person(tokens, index + 1)
    if last is None:
        return None
    verb = base(tokens[index].lower)
    particle = tokens[last].lower if last < len(tokens) else ""
    sign = feelings()["moves"].get(f"{verb}+{particle}") or feelings()["moves"].get(verb)
    if sign is None:
        state = _state(tokens, last) if verb in _CAUSING else None
        if state is None:
            return None
        sign, last = feelings()["states"][tokens[state].lower], state + 1
    subject = _subject(tokens, index)
    return (sign, subject, index, last) if subject else None


def _received(tokens: Sequence[Token], index: int) -> _Found | None:
    """ "the clasp was admired by all"."""
    sign = feelings()["received"].get(base(tokens[index].lower))
    if sign is None or tokens[index].tag not in ("VBN", "VBD") or "by" not in [t.lower for t in tokens[index + 1 : index + 3]]:
        return None
    if not any(token.lower in _BE for token in tokens[max(0, index - 3) : index]):
        return None
    subject = _subject(tokens, index)
    return (sign, subject, index, index + 1) if subject else None


def _nominal(tokens: Sequence[Token], index: int) -> _Found | None:
    """ "the clasp is a nuisance", "turned out to be a stroke of genius", "seems like an afterthought"."""
    sign = feelings()["nouns"].get(tokens[index].lower)
    if sign is None or not tokens[index].tag.startswith(("NN", "JJ")):
        return None
    at = index - 1
    while at > 0 and (
        tokens[at].lower in _BEFORE_NOMINAL
        or tokens[at].tag.startswith("JJ")
        or (tokens[at + 1].lower == "of" and tokens[at].tag == "NN")
    ):
        at -= 1
    if tokens[at].lower not in _COPULAS and not (base(tokens[at].lower) == "turn" and tokens[at + 1].lower == "out"):
        return None
    if not {"a", "an", "the", "such", "pure", "sheer"} & {token.lower for token in tokens[at + 1 : index]}:
        return None
    subject = _subject(tokens, at)
    return (sign, subject, index, index + 1) if subject else None


def _named_best(tokens: Sequence[Token], index: int) -> _Found | None:
    """ "the best part of it is the clasp", "what he likes best is the clasp"."""
    if tokens[index].lower not in _NAMING or index + 1 >= len(tokens):
        return None
    before = tokens[max(0, index - 7) : index]
    sign = 0
    for at, token in enumerate(before[:-1]):
        known = adjectives().get(token.lower) if token.tag in ("JJS", "JJ", "NN", "RBS", "RB") else None
        plain = _plain_of_superlative(token.lower)
        known = known if known and known.sign else adjectives().get(plain) if plain else None
        if known and known.sign and before[at + 1].lower in _SUPERLATIVE_OF:
            sign = known.sign
    words = [token.lower for token in before]
    if "what" in words and ({"best", "most"} & set(words)) and {"like", "love", "enjoy"} & {base(word) for word in words}:
        sign = 1
    if not sign:
        return None
    at = index + 1
    while at < len(tokens) and tokens[at].tag in ("DT", "PRP$", "JJ", "CD", "VBN", "VBD"):
        at += 1
    phrase = noun_phrase(tokens, at)
    return (sign, phrase, index, phrase.last) if phrase and _fit(tokens, phrase) else None


def _plain_of_superlative(word: str) -> str:
    if not word.endswith("est") or len(word) < 6:
        return ""
    stem = word[:-3]
    return stem[:-1] + "y" if stem.endswith("i") else stem if stem in adjectives() else stem + "e"


def _states(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """ "it kept them busy", "this makes me smile": the thing itself moves people."""
    for index in range(1, len(tokens) - 2):
        doing = _CAUSING.get(base(tokens[index].lower))
        if doing is None or doing == "having" or not tokens[index].tag.startswith("VB"):
            continue
        last = _person(tokens, index + 1)
        state = _state(tokens, last) if last is not None else None
        if state is None or _subject(tokens, index) is not None or not _thing_before(tokens, index):
            continue
        order = index > 1 and tokens[index - 1].lower == "n't" and tokens[index - 2].lower == "do"  # "don't get me started"
        if order or unreal(tokens, index, _NOT_YET):
            continue
        sign = feelings()["states"][tokens[state].lower]
        denied = denial(tokens, index)
        words = f"{'not ' if denied is not None else ''}{doing} people {tokens[state].lower}"
        said = Said(words, "mass")
        places = list(range(index, state + 1))
        yield make(
            "liking", -sign if denied is not None else sign, words, words, said, said, tokens, places, denied, state, number
        )


def _state(tokens: Sequence[Token], at: int) -> int | None:
    """The place of a state that people are put in, over "very" and the like."""
    while at < len(tokens) and tokens[at].lower in ("very", "so", "really", "more", "quite", "all", "too"):
        at += 1
    return at if at < len(tokens) and tokens[at].lower in feelings()["states"] else None


def _fond(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """ "a weakness for trains", "a fan of trains", "keen on trains", "crazy about trains"."""
    for index, token in enumerate(tokens[:-2]):
        if token.lower not in feelings()["fond"] or tokens[index + 1].lower not in ("for", "of", "on", "about", "over"):
            continue
        if unreal(tokens, index, _NOT_YET) or (token.lower in ("thing", "spot") and not _has_before(tokens, index)):
            continue
        at = index + 2
        while at < len(tokens) and tokens[at].tag in ("DT", "JJ", "VBN"):
            at += 1
        phrase = noun_phrase(tokens, at)
        if phrase is None or not _fit(tokens, phrase) or _owned(tokens, phrase):
            continue
        if {"then", "but", "until"} & {t.lower for t in tokens[phrase.last :]}:  # "was keen on the clasp and then ..."
            continue
        denied = denial(tokens, index)
        sign = -1 if denied is not None else 1
        said = with_modifiers(tokens, phrase).said
        places = [index, *range(phrase.first, phrase.last)]
        yield make("liking", sign, phrase.key, phrase.text, said, said, tokens, places, denied, index, number)


def _has_before(tokens: Sequence[Token], index: int) -> bool:
    """ "have a thing for", "a soft spot for"."""
    return any(base(t.lower) == "have" or t.lower == "soft" for t in tokens[max(0, index - 3) : index])


def _person(tokens: Sequence[Token], at: int) -> int | None:
    """The place after a person that stands at `at`: "me", "my kid", "the whole family"; None for others."""
    if at >= len(tokens):
        return None
    if tokens[at].lower in _PERSONS and not (
        tokens[at].lower in _OWNERS
        and at + 1 < len(tokens)
        and tokens[at + 1].tag.startswith(("NN", "JJ"))
        and tokens[at + 1].lower not in {*feelings()["states"]}
    ):
        return at + 1
    start = at
    while at < len(tokens) and at - start < 3 and tokens[at].tag in ("PRP$", "DT", "JJ", "JJS", "CD"):
        at += 1
    phrase = noun_phrase(tokens, at)
    if phrase is not None and tokens[phrase.last - 1].lower in feelings()["states"]:  # "made my uncle cross"
        phrase = noun_phrase(tokens, at, phrase.last - 1)
    if phrase is not None and {phrase.key, phrase.text.rsplit(" ", 1)[-1]} & cues()["people"]:
        return phrase.last
    return at if at > start + 1 and tokens[at - 1].tag == "JJS" and tokens[start].lower in _OWNERS else None


def _subject(tokens: Sequence[Token], verb: int) -> NounPhrase | None:
    """The noun phrase that the clause of `verb` opens with, over what hangs on it ("the key without teeth"); None for pronouns and people."""
    at = verb - 1
    while at >= 0 and (tokens[at].lower in _HELPERS or tokens[at].tag in ("MD", "RB")):
        at -= 1
    if at > 1 and tokens[at].tag == "TO" and tokens[at - 1].lower == "out":  # "the clasp turned out to be"
        at -= 3
    if at < 0 or tokens[at].tag == "TO" or tokens[at].lower in _THINGS | _PERSONS | {"i", "we", "he", "she"}:
        return None
    first = max(clause_start(tokens, at), verb - _MOST_SUBJECT)
    if tokens[first].lower in ("that", "which") and first:
        first = max(clause_start(tokens, first - 1), verb - _MOST_SUBJECT)
    start = first
    while (start <= at and tokens[start].tag in ("RB", "CC", "DT", "JJ", "JJR", "VBN", "VBD", "CD", "JJS")) or tokens[
        start
    ].lower in ("even", "only", "still"):
        start += 1
    phrase = noun_phrase(tokens, start)
    if phrase is None or phrase.last > verb or not _fit(tokens, phrase) or _owned(tokens, phrase):
        return None
    if phrase.last <= at and not (
        tokens[phrase.last].tag == "IN" or tokens[phrase.last].lower in ("that", "which", "with", "alone")
    ):
        return None
    return phrase


def _thing_before(tokens: Sequence[Token], verb: int) -> bool:
    at = verb - 1
    while at >= 0 and (tokens[at].lower in _HELPERS or tokens[at].tag in ("MD", "RB")):
        at -= 1
    return at < 0 or tokens[at].lower in _THINGS | {"and", ","} or tokens[at].lower in cues()["product"]


def _fit(tokens: Sequence[Token], phrase: NounPhrase) -> bool:
    """Whether it names a part or a quality: not people, places, the product by its own name, nor "thing"."""
    heads = {phrase.key, phrase.text.rsplit(" ", 1)[-1]}
    if heads & (cues()["people"] | cues()["occasion"]) or _names_whole(tokens, phrase):
        return False
    compound = phrase.last - phrase.first > 1 or (phrase.first and tokens[phrase.first - 1].tag in ("JJ", "VBN"))
    return bool(compound) or not (phrase.kind == "empty" or heads & cues()["scene"])


def _names_whole(tokens: Sequence[Token], phrase: NounPhrase) -> bool:
    head = phrase.key
    if phrase.last - phrase.first > 1:
        return False
    at = phrase.first - 1
    while at >= 0 and tokens[at].tag.startswith(("JJ", "CD", "VBN")):  # "this particular lamp"
        at -= 1
    pointed = at >= 0 and tokens[at].lower in ("this", "these") and head not in nouns()["mass"]
    return phrase.kind == "whole" or head in cues()["product"] or pointed


def _owned(tokens: Sequence[Token], phrase: NounPhrase) -> bool:
    at = phrase.first - 1
    while at >= 0 and tokens[at].tag.startswith(("JJ", "CD", "VBN")):
        at -= 1
    return at >= 0 and tokens[at].lower in _OWNERS


def _said(tokens: Sequence[Token], sign: int, phrase: NounPhrase, core: int, last: int, number: int) -> Iterator[Opinion]:
    if unreal(tokens, core, _NOT_YET):
        return
    denied = denial(tokens, core)
    sign = -sign if denied is not None else sign
    said = with_modifiers(tokens, phrase).said
    places = sorted({*range(phrase.first, phrase.last), *range(core, min(last, len(tokens)))})
    yield make("liking", sign, phrase.key, phrase.text, said, said, tokens, places, denied, core, number)


def _wanted(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """ "Wooden things are what he likes", "heavy lids aren't what we wanted"."""
    for index in range(1, len(tokens) - 3):
        if tokens[index].lower not in ("is", "are", "was", "were", "'s"):
            continue
        at = index + 1
        while at < len(tokens) and tokens[at].lower in ("n't", "not", "exactly", "just", "really"):
            at += 1
        after = [base(token.lower) for token in tokens[at + 1 : at + 6]]
        if (
            at >= len(tokens)
            or tokens[at].lower != "what"
            or not {"want", "like", "love", "need", "enjoy", "prefer"} & set(after)
        ):
            continue
        first = clause_start(tokens, index - 1)
        words = tokens[first:index]
        modified = [
            place
            for place in range(first, index - 1)
            if tokens[place].tag in ("JJ", "VBN", "NN") and tokens[place].lower.isalpha()
        ]
        if not modified or words[0].lower in ("this", "these") or not words[-1].tag.startswith("NN") or len(words) > 4:
            continue
        denied = next((place for place in range(index, at) if tokens[place].lower in ("n't", "not")), None)
        if set(after) & {"n't", "not"}:
            continue
        text = " ".join(tokens[place].lower for place in range(modified[0], index))
        said = Said(text, "mass")
        sign = -1 if denied is not None else 1
        places = [*range(modified[0], index), *range(at, at + 1)]
        yield make("liking", sign, text, text, said, said, tokens, places, denied, modified[0], number)
