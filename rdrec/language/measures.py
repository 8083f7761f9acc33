"""Measures that no noun of the product names: size and loudness, how long it takes, for what age and how many it is.

In: the tokens of one sentence.  Out: `Telling`s: "a bigger size", "twenty minutes of use", "suitability for toddlers", "use by two people".
It refuses to know whether more is better.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rdrec.language.lexicons import Judgement, adjectives, cues, nouns, word_set
from rdrec.language.negation import negator_before
from rdrec.language.opinions import DIMENSIONS, Said, plural_of
from rdrec.language.phrases import Number, base, noun_phrase, singular
from rdrec.language.telling import Telling
from rdrec.language.tokens import Token

_WORTH = 0.9
MODERATE = word_set(
    "moderately pleasantly reasonably delightfully wonderfully satisfyingly suitably properly nicely"
)  # "moderately tricky" is no blame
_SENSES = word_set("look feel sound smell taste")
_FEELING_PERSONS = word_set("i we you he she")
_MOST_OF_LIKENESS = 6  # tokens
_UNITS = word_set("minute hour evening afternoon sitting")  # of use; days, weeks and years are how long one has it
_TAKING = word_set(
    "take last spend need in within under over for about only just than of to around almost nearly after every is be at"
)
_EACH = word_set("each every a per long of")  # after a duration that opens its sentence: "ten minutes each time"
_COUNTS = word_set(
    "a an one two three four five six seven eight nine ten twelve fifteen twenty thirty forty fifty few several half couple many"
)
_OF_PEOPLE = word_set("us you")
_SELVES = word_set("own yourself himself herself myself themselves")
_GROUPS = word_set(
    "people person player kid child adult grown-up grownup toddler baby teenager teen beginner family boy girl friend children expert amateur professional pupil student senior pet dog cat preschooler kindergartner preteen pre-teen tween infant schoolchild schoolchildren pensioner newcomer novice crowd couple pair trio foursome grader"
)
_MEANT = word_set("aim gear pitch direct target suit market appeal")
_SHARED = word_set(
    "do play sit work build us them it family all everyone everybody"
)  # before "together": of people, not of parts
_MUTUAL = word_set("each one")
_OWNERS = word_set("my his her our your their")
_SOMETHING = word_set("something anything nothing")
_SKIPPED = word_set("the a an any all whole most very for of just")


def measures(tokens: Sequence[Token]) -> Iterator[Telling]:
    """Every measure of the sentence, in the order of the text."""
    for index, token in enumerate(tokens):
        for told in (
            _adjective(tokens, index),
            _duration(tokens, index),
            _age(tokens, index),
            _people(tokens, index),
            _likeness(tokens, index),
        ):
            if told is not None:
                yield told
        if token.lower in _SOMETHING and (told := _something(tokens, index)) is not None:
            yield told
        if token.lower == "alone" and (not index or tokens[index - 1].lower not in ("let", "leave")):
            yield Telling(Said("use alone", "mass"), "alone", (index,), None, _WORTH)


def _adjective(tokens: Sequence[Token], index: int) -> Telling | None:
    """An adjective of a known dimension, in the comparative too, that stands before no noun."""
    judgement = _measure(tokens[index].lower)
    if judgement is None or noun_phrase(tokens, index + 1) is not None:
        return None
    if not tokens[index].tag.startswith(("JJ", "RBR")) or _of_degree(tokens, index):
        return None
    noun, word = DIMENSIONS[judgement.dimension], tokens[index].lower
    denied = negator_before(tokens, index, 4)
    degree = "too " if index and tokens[index - 1].lower == "too" else ""
    after = tokens[index + 1].lower if index + 1 < len(tokens) else ""
    enough = " enough" if after == "enough" else ""
    moderate = index > 0 and tokens[index - 1].lower in MODERATE
    if denied is not None or degree or enough:
        said = f"{noun.text} that is {'not ' if denied is not None else ''}{degree}{word}{enough}"
    else:
        said = f"{tokens[index - 1].lower + ' ' if moderate else ''}{word} {noun.text}"
    places = tuple(range(index - bool(degree or moderate), index + 1 + bool(enough)))
    return Telling(Said(said, noun.number), noun.text, places, denied, _WORTH)


def _something(tokens: Sequence[Token], index: int) -> Telling | None:
    """ "something silent", "nothing sharp": an adjective behind its pronoun."""
    at = index + 1
    while at < len(tokens) and tokens[at].lower in ("so", "really", "very", "this", "that", "a", "bit", "more"):
        at += 1
    if at >= len(tokens) or not tokens[at].tag.startswith("JJ") or tokens[at].lower in ("else", "new", "other", "like"):
        return None
    if noun_phrase(tokens, at + 1) is not None or not tokens[at].lower.isalpha():
        return None
    nothing = tokens[index].lower == "nothing"
    said = f"{'nothing' if nothing else 'something'} {tokens[at].lower}"
    return Telling(Said(said, "mass"), tokens[at].lower, (index, at), index if nothing else None, _WORTH)


def _of_degree(tokens: Sequence[Token], index: int) -> bool:
    """ "as long as", "how long", "pretty happy", "very small hands": no measure of the product."""
    before, after = tokens[index - 1] if index else None, tokens[index + 1] if index + 1 < len(tokens) else None
    if before is not None and (
        before.lower in ("how", "in") or (before.lower in ("as", "so") and tokens[index].lower == "long")
    ):
        return True
    return after is not None and after.tag.startswith(("JJ", "RB", "VBN", "NN")) and after.lower != "enough"


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
    opens = not first and index + 1 < len(tokens) and tokens[index + 1].lower in _EACH
    if not counted or not (opens or (first and base(tokens[first - 1].lower) in _TAKING)):
        return None
    words = " ".join(token.lower for token in tokens[first : index + 1])
    return Telling(Said(f"{words} of use", "mass"), "duration", tuple(range(max(0, first - 1), index + 1)), None, _WORTH)


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
    if word == "together" and index and base(tokens[index - 1].lower) in _SHARED:
        return Telling(Said("use together", "mass"), "people", (index,), None, _WORTH)
    if word in ("other", "another") and index and tokens[index - 1].lower in _MUTUAL:
        return Telling(Said("use with each other", "mass"), "people", (index - 1, index), None, _WORTH)
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
    named = index + 1 < len(tokens) and singular(tokens[index + 1].lower) in cues()["product"] | nouns()["whole"]
    if (
        named and singular(word) not in ("boy", "girl", "person") and before[:1] != ["other"]
    ):  # "a party game", "a proper toddler bike"
        return Telling(
            Said(f"suitability for {word if word.endswith('s') else plural_of(word)}", "mass"),
            "people",
            (index, index + 1),
            None,
            _WORTH,
        )
    if "for" in before or (first and _is_meant_for(tokens, first)):
        return Telling(Said(f"suitability for {told}", "mass"), "people", places, None, _WORTH)
    return None


def _likeness(tokens: Sequence[Token], index: int) -> Telling | None:
    """ "looks like an old map", "doesn't sound like a toy": what a thing is like to the senses."""
    sense = base(tokens[index].lower)
    if (
        sense not in _SENSES
        or index + 2 >= len(tokens)
        or tokens[index + 1].lower != "like"
        or tokens[index].tag.startswith("NN")
    ):
        return None
    before = {token.lower for token in tokens[max(0, index - 3) : index]}
    if before & _FEELING_PERSONS or (
        noun_phrase(tokens, index + 2) is None and tokens[index + 2].lower not in ("a", "an", "the")
    ):
        return None
    words, at = [], index + 2
    while at < len(tokens) and at - index < _MOST_OF_LIKENESS and tokens[at].tag in ("DT", "JJ", "NN", "VBN", "VBG"):
        phrase = noun_phrase(tokens, at)
        if phrase is not None:
            words += [token.lower for token in tokens[at : phrase.last]]
            denied = negator_before(tokens, index, 4)
            said = f"{'no ' if denied is not None else ''}{sense} like {' '.join(words)}"
            number: Number = "mass" if denied is not None else "singular"
            return Telling(Said(said, number), sense, tuple(range(index, phrase.last)), denied, 1.2)
        words.append(tokens[at].lower)
        at += 1
    return None


def _is_meant_for(tokens: Sequence[Token], first: int) -> bool:
    """ "for", "aimed at", "suits", "geared towards"."""
    before = tokens[first - 1].lower
    if before == "for" or base(before) in ("suit", "fit"):
        return True
    return first > 1 and before in ("at", "to", "towards", "toward") and base(tokens[first - 2].lower) in _MEANT


def _some_of(tokens: Sequence[Token], index: int) -> Telling | None:
    """ "two of us", "the lot of them"."""
    if index < 2 or tokens[index - 1].lower != "of":
        return None
    count = tokens[index - 2]
    if count.tag != "CD" and count.lower not in _COUNTS | {"all", "both", "most", "lot", "each"}:
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
