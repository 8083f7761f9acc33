"""Measures that no noun of the product names: size and loudness, how long it takes, for what age and how many it is.

In: the tokens of one sentence.  Out: `Telling`s: "a bigger size", "twenty minutes of use", "suitability for toddlers", "use by two people".
It refuses to know whether more is better.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rdrec.language.lexicons import Judgement, adjectives, word_set
from rdrec.language.negation import negator_before
from rdrec.language.opinions import DIMENSIONS, Said
from rdrec.language.phrases import base, noun_phrase, singular
from rdrec.language.telling import Telling
from rdrec.language.tokens import Token

_WORTH = 0.9
_UNITS = word_set("minute hour evening afternoon sitting")  # of use; days, weeks and years are how long one has it
_TAKING = word_set("take last spend need in within under over for about only just than of to around almost nearly after")
_COUNTS = word_set(
    "a an one two three four five six seven eight nine ten twelve fifteen twenty thirty forty fifty few several half couple many"
)
_OF_PEOPLE = word_set("us you")
_SELVES = word_set("own yourself himself herself myself themselves")
_GROUPS = word_set(
    "people person player kid child adult grown-up grownup toddler baby teenager teen beginner family boy girl friend children expert amateur professional pupil student senior pet dog cat"
)
_OWNERS = word_set("my his her our your their")
_SKIPPED = word_set("the a an any all whole most very for of just")


def measures(tokens: Sequence[Token]) -> Iterator[Telling]:
    """Every measure of the sentence, in the order of the text."""
    for index, token in enumerate(tokens):
        for told in (_adjective(tokens, index), _duration(tokens, index), _age(tokens, index), _people(tokens, index)):
            if told is not None:
                yield told
        if token.lower == "alone" and (not index or tokens[index - 1].lower not in ("let", "leave")):
            yield Telling(Said("use alone", "mass"), "alone", (index,), None, _WORTH)


def _adjective(tokens: Sequence[Token], index: int) -> Telling | None:
    """An adjective of a known dimension, in the comparative too, that stands before no noun."""
    judgement = _measure(tokens[index].lower)
    if judgement is None or noun_phrase(tokens, index + 1) is not None or (index and tokens[index - 1].lower == "too"):
        return None
    if not tokens[index].tag.startswith("JJ") or _of_degree(tokens, index):
        return None
    noun, word = DIMENSIONS[judgement.dimension], tokens[index].lower
    denied = negator_before(tokens, index, 4)
    said = f"{noun.text} that is not {word}" if denied is not None else f"{word} {noun.text}"
    return Telling(Said(said, noun.number), noun.text, (index,), denied, _WORTH)


def _of_degree(tokens: Sequence[Token], index: int) -> bool:
    """ "as long as", "how long", "pretty happy", "very small hands": no measure of the product."""
    before, after = tokens[index - 1] if index else None, tokens[index + 1] if index + 1 < len(tokens) else None
    if before is not None and (
        before.lower in ("how", "in") or (before.lower in ("as", "so") and tokens[index].lower == "long")
    ):
        return True
    return after is not None and after.tag.startswith(("JJ", "RB", "VBN", "NN"))


def _measure(word: str) -> Judgement | None:
    """The judgement of an adjective, or of the one that a comparative is made of, if it speaks of more than good and bad."""
    known = adjectives()
    stems = [word]
    if word.endswith("er") and len(word) > 4:
        stems += [word[:-2], word[:-1], word[:-3] + "y" if word[-3] == "i" else word[:-3]]
    for stem in stems:
        if (judgement := known.get(stem)) is not None:
            return judgement if judgement.dimension != "quality" else None
    return None


def _duration(tokens: Sequence[Token], index: int) -> Telling | None:
    """ "takes twenty minutes", "over in half an hour", "for a whole afternoon"; not "I have had it for two years"."""
    if singular(tokens[index].lower) not in _UNITS or not index:
        return None
    first = index
    while first and (tokens[first - 1].lower in _COUNTS | {"whole", "good"} or tokens[first - 1].tag == "CD"):
        first -= 1
    counted = first < index or tokens[index].lower.endswith("s")
    if not counted or not (first and base(tokens[first - 1].lower) in _TAKING):
        return None
    words = " ".join(token.lower for token in tokens[first : index + 1])
    return Telling(Said(f"{words} of use", "mass"), "duration", tuple(range(first - 1, index + 1)), None, _WORTH)


def _age(tokens: Sequence[Token], index: int) -> Telling | None:
    """ "for a four-year-old", "at her age", "too young for it", "old enough"."""
    word = tokens[index].lower
    around = {token.lower for token in tokens[max(0, index - 2) : index + 2]}
    if word.endswith(("year-old", "year-olds")) or (
        word in ("age", "ages") and around & (_OWNERS | {"this", "that", "right", "any", "all"})
    ):
        said = f"suitability for {word if word.endswith('s') else word + 's' if 'year' in word else 'that age'}"
        return Telling(Said(said, "mass"), "age", (index,), None, _WORTH)
    if word in ("young", "old", "younger", "older", "grown", "little") and around & {"too", "enough", "for"}:
        degree = "too " if "too" in around else ""
        words = f"{degree}{word}{' enough' if 'enough' in around else ''}"
        return Telling(Said(f"suitability for those who are {words}", "mass"), "age", (index,), None, _WORTH)
    return None


def _people(tokens: Sequence[Token], index: int) -> Telling | None:
    """ "two of us", "four people", "for toddlers", "on his own"."""
    word = tokens[index].lower
    if word in _OF_PEOPLE:
        return _some_of(tokens, index)
    if word in _SELVES:
        return _alone(tokens, index)
    if singular(word) not in _GROUPS and word not in _GROUPS:
        return None
    first = index
    while first and (tokens[first - 1].lower in _SKIPPED or tokens[first - 1].tag in ("CD", "JJ", "JJR", "NN")):
        first -= 1
    if first and tokens[first - 1].lower in _OWNERS:
        return None
    before = [token.lower for token in tokens[first:index]]
    told = " ".join([*(w for w in before if w not in ("for", "of", "just")), word])
    counted = any(tokens[at].tag == "CD" or tokens[at].lower in _COUNTS - {"a", "an"} for at in range(first, index))
    places = tuple(range(first, index + 1))
    if counted or "whole" in before:
        return Telling(Said(f"use by {told}", "mass"), "people", places, None, _WORTH)
    if "for" in before or (first and tokens[first - 1].lower == "for"):
        return Telling(Said(f"suitability for {told}", "mass"), "people", places, None, _WORTH)
    return None


def _some_of(tokens: Sequence[Token], index: int) -> Telling | None:
    """ "two of us", "the lot of them"."""
    if index < 2 or tokens[index - 1].lower != "of":
        return None
    count = tokens[index - 2]
    if count.tag != "CD" and count.lower not in _COUNTS | {"all", "both", "most", "lot"}:
        return None
    said = f"use by {'the ' if count.lower == 'lot' else ''}{count.lower} of {tokens[index].lower}"
    return Telling(Said(said, "mass"), "people", (index - 2, index - 1, index), None, _WORTH)


def _alone(tokens: Sequence[Token], index: int) -> Telling | None:
    """ "on his own", "by herself"."""
    own = tokens[index].lower == "own"
    first = index - (2 if own else 1)
    if first < 0 or tokens[first].lower != ("on" if own else "by"):
        return None
    said = "use on one's own" if own else f"use by {tokens[index].lower}"
    return Telling(Said(said, "mass"), "people", tuple(range(first, index + 1)), None, _WORTH)
