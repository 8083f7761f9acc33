"""The parts of a clause that rules ask for: the copula, its subject, whether a noun belongs to the item, the characters of tokens.

In: the tokens of one sentence and a place.  Out: places, noun phrases, spans.  It refuses to know which opinions there are.
"""

from __future__ import annotations

from collections.abc import Sequence

from rdrec.language.lexicons import Judgement, adjectives, nouns, word_set, word_tags
from rdrec.language.opinions import Form, Opinion, Said
from rdrec.language.phrases import NounPhrase, base_verb, noun_phrase_before
from rdrec.language.tokens import Token
from rdrec.records import Span

_JOINERS = word_set(", and & but plus - : ; . ... ( ! also *")

_OFTEN_MISTAGGED = word_set("NN NNP VB VBP UH RB RBR RBS IN FW VBN VBG")

_OF_OTHERS = word_set("my other old his her your every another most previous")

_INNER_PREPOSITIONS = word_set("of on for in with from to")

_AFTER_FRAGMENT = word_set(". , and ! & ... !! for but - ; with to")

_ADJECTIVE_TAGS = word_set("VBN VBD VBG RB RBR FW UH")

_THINGS_AND_EDGES = word_set("it this these they that those which one and but , . - ... ! ; : ) so because as them its both")

BE = word_set(
    "is are was were be been being 's 're am looks looked look feels felt feel sounds sounded sound seems seemed seem smells smelled smell tastes tasted taste stays stayed stay remains remained appears appear became become becomes get gets got run runs turned keeps kept"
)

PEOPLE = word_set("i you he she we who me us him her")

_FEELINGS = word_set(
    "happy pleased satisfied thrilled impressed disappointed unhappy dissatisfied annoyed amazed delighted sorry glad surprised excited frustrated upset confident comfortable-with"
)

DEGREE_WORDS = word_set(
    "real damn darn mighty such crazy very really so quite pretty super extremely fairly rather incredibly also just even still always actually surprisingly truly nicely more most much a an the too enough absolutely completely totally amazingly exceptionally equally perfectly fully not n't never all both only definitely certainly especially particularly relatively somewhat overall generally bit little well highly is been be"
)

_ALSO_ADVERBS = word_set("pretty super real crazy insanely dead mighty")

_TAKEN_FOR_NOUNS = frozenset(
    word
    for word in word_set(
        "professional perfect solid sturdy crisp ok okay great awesome nice good excellent cheap fast best better well-made sleek comfy snug compact clear clean amazing outstanding disappointing flimsy superb lightweight durable loud quiet smooth tight overpriced poor sweet cute ideal decent crappy killer junky tinny affordable inexpensive muddy wobbly versatile"
    )
)

LOOKING = {
    "sounding": "sound",
    "looking": "look",
    "feeling": "feel",
    "tasting": "taste",
    "smelling": "smell",
    "fitting": "fit",
    "performing": "performance",
    "working": "performance",
}

_HAVE = word_set(
    "have has had having get gets got getting offer offers provide provides give gives gave produce produces produced deliver delivers make makes made include includes feature features use uses with add adds retain retains"
)

_PERSONAL = word_set(
    "love like enjoy appreciate found find get got bought purchased have had hate dislike received notice noticed"
)

_PRICES = frozenset(["price", "cost", "money", "quality", "value"])

_QUOTES = frozenset("\"“”'’*")
_AUXILIARIES = word_set("have has had n't also all do does did both been to seem seems seemed appear appears can will 'll")


def adjective_at(tokens: Sequence[Token], index: int) -> Judgement | None:
    """The judgement of the word at `index` if it is used as an adjective."""
    token = tokens[index]
    judgement = adjectives().get(token.lower)
    if judgement is None or token.lower in _FEELINGS or token.lower == "worth":
        return None
    if (
        token.lower in _ALSO_ADVERBS
        and index + 1 < len(tokens)
        and (tokens[index + 1].tag.startswith("JJ") or tokens[index + 1].lower in ("well", "much", "close"))
    ):
        return None
    if token.tag.startswith("JJ") or (token.tag in _ADJECTIVE_TAGS and judgement.dimension != "quality"):
        return judgement
    if token.tag in _OFTEN_MISTAGGED and (
        token.lower in _TAKEN_FOR_NOUNS or (token.tag in ("NNP", "NN") and word_tags().get(token.lower, "").startswith("JJ"))
    ):
        return judgement
    return None


def linked(tokens: Sequence[Token], index: int, phrase: NounPhrase, *, strict: bool) -> bool:
    """Whether the modified noun is said to belong to the item: "it has a ...", "with a ...", "these ...", or a bare exclamation.

    Without this, every adjective of a story told in the review ("warm water", "my old bass") becomes a quality of the item.
    """
    at = index - 1
    while at >= 0 and (
        tokens[at].lower in DEGREE_WORDS
        or tokens[at].tag.startswith(("JJ", "RB", "DT", "PRP$", "CD"))
        or adjective_at(tokens, at)
    ):
        if tokens[at].lower in ("this", "these", "its"):
            return True
        if tokens[at].lower in _OF_OTHERS:
            return False
        at -= 1
    if at < 0:
        return True
    word, tag = tokens[at].lower, tokens[at].tag
    if word in BE:
        return _thing_before(tokens, at)
    if word in _HAVE:
        return word in ("with", "having") or _thing_before(tokens, at) or base_verb(word) in _PERSONAL
    if word in _JOINERS:
        return not strict or word not in (",", "and")
    if tag == "IN" or tag == "TO":
        return (
            (word in ("at", "of") and phrase.key in _PRICES)
            or (word == "for" and phrase.key in ("price", "cost", "money"))
            or word in ("because", "but", "plus", "besides")
        )
    if tag.startswith("VB"):
        return base_verb(word) in _PERSONAL or _thing_before(tokens, at)
    return not strict and tag.startswith("NN") is False


def _thing_before(tokens: Sequence[Token], verb: int) -> bool:
    """Whether the subject of the verb is a thing and not a person."""
    at = verb - 1
    while at >= 0 and (tokens[at].tag in ("MD", "RB") or tokens[at].tag.startswith("VB") or tokens[at].lower in ("to", "n't")):
        at -= 1
    return at < 0 or tokens[at].lower not in PEOPLE


def copula_of(tokens: Sequence[Token], index: int) -> int | None:
    """The copula that the adjective at `index` completes, over adverbs, negations and joined adjectives."""
    at = index - 1
    while at >= 0 and index - at <= 8:
        token = tokens[at]
        if token.lower in ("its", "thats", "theyre"):  # "its great": an apostrophe forgotten
            return at
        if (
            token.lower in BE
            and token.lower not in ("be", "been")
            and not (token.tag.startswith("NN") and at and tokens[at - 1].tag in ("DT", "JJ", "PRP$"))
        ):
            return at
        joined = (
            token.lower in ("and", ",", "yet", "but", "&")
            and at > 0
            and (adjective_at(tokens, at - 1) is not None or tokens[at - 1].tag.startswith("JJ"))
        )
        if not (
            joined
            or token.lower in DEGREE_WORDS
            or token.tag.startswith(("RB", "JJ"))
            or token.lower in ("be", "been")
            or adjective_at(tokens, at) is not None
        ):
            return None
        at -= 1
    return None


def subject_of(tokens: Sequence[Token], verb: int) -> tuple[bool, NounPhrase | None]:
    """(whether the subject is a thing, its phrase or None for a pronoun)."""
    if tokens[verb].lower in ("its", "thats", "theyre"):
        return True, None
    at = verb - 1
    while at >= 0 and (tokens[at].tag in ("MD", "RB") or tokens[at].lower in _AUXILIARIES or tokens[at].lower in _QUOTES):
        at -= 1
    if at < 0:
        return tokens[verb].lower not in ("am", "be"), None
    word = tokens[at].lower
    if word in PEOPLE:
        return False, None
    if word in ("which", "that", ",", ")") and at > 0 and (phrase := noun_phrase_before(tokens, at)) is not None:
        return word != ",", phrase
    phrase = noun_phrase_before(tokens, at + 1)
    if phrase is None:
        return word in _THINGS_AND_EDGES, None
    before = phrase.first - 1
    while before >= 0 and (tokens[before].tag in ("DT", "PRP$", "CD") or tokens[before].tag.startswith("JJ")):
        before -= 1
    if (
        before >= 1
        and tokens[before].lower in _INNER_PREPOSITIONS
        and (outer := noun_phrase_before(tokens, before)) is not None
        and outer.kind == "aspect"
    ):
        phrase = outer
    if (
        phrase.first
        and tokens[phrase.first - 1].lower in ("this", "these")
        and phrase.number != "mass"
        and phrase.key not in nouns()["single"]
    ):
        return True, None
    return True, phrase


def is_fragment(tokens: Sequence[Token], index: int) -> bool:
    """Whether the adjective stands in a piece without subject and verb: "Sturdy, affordable and easy to use."."""
    at = index - 1
    while at >= 0 and (tokens[at].lower in DEGREE_WORDS | {",", "and", "."} or tokens[at].tag.startswith(("JJ", "RB"))):
        at -= 1
    after = tokens[index + 1].lower if index + 1 < len(tokens) else "."
    begins = at < 0 or tokens[at].lower in ("...", "!", "-", ";", ":")
    starts_noun = tokens[0].lower in ("the", "a", "an") and not (
        len(tokens) > 1 and tokens[1].lower in ("bit", "little", "tad")
    )
    return begins and after in _AFTER_FRAGMENT and not starts_noun


def spans_of(tokens: Sequence[Token], places: list[int], denied: int | bool | None) -> tuple[Span, ...]:
    """Characters of the given tokens (and of the negation), runs of neighbours as one span."""
    where = sorted({*places, *([denied] if denied is not None and denied is not False else [])})
    spans: list[Span] = []
    last = -2
    for place in where:
        token = tokens[place]
        if place == last + 1 and spans:
            spans[-1] = Span(spans[-1].start, token.end)
        else:
            spans.append(Span(token.start, token.end))
        last = place
    return tuple(spans)


def make(
    form: Form,
    sign: int,
    aspect: str,
    feature: str,
    item: Said,
    user: Said,
    tokens: Sequence[Token],
    places: list[int],
    denied: int | None,
    core: int,
    number: int,
    named: bool = True,
) -> Opinion:
    return Opinion(form, sign, aspect, feature, named, item, user, spans_of(tokens, places, denied), frozenset({core}), number)
