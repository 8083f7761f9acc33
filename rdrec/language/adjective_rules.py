"""Rules for opinions carried by adjectives: "sturdy clamps", "the sound is crisp", "easy to set up", "too small".

In: the tokens of one sentence and its number.  Out: `Opinion`s.  It refuses to know verbs other than copulas.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rdrec.language.lexicons import Judgement, adjectives, nouns
from rdrec.language.negation import clause_start, negator_before, unreal
from rdrec.language.opinions import Opinion, Said, aspect_key, judged
from rdrec.language.phrases import NounPhrase, base_verb, gerund, noun_phrase, noun_phrase_before
from rdrec.language.tokens import Token
from rdrec.records import Span

BE = frozenset("is are was were be been being 's 're am looks looked look feels felt feel sounds sounded sound seems seemed seem smells smelled smell tastes tasted taste stays stayed stay remains remained appears appear became".split())
_SENSE = {"look": "look", "feel": "feel", "sound": "sound", "smell": "smell", "taste": "taste"}
_PEOPLE = frozenset("i you he she we who me us him her".split())
_FEELINGS = frozenset("happy pleased satisfied thrilled impressed disappointed unhappy dissatisfied annoyed amazed delighted sorry glad surprised excited frustrated upset confident comfortable-with".split())
_SKIPPED = frozenset("real damn darn mighty such crazy very really so quite pretty super extremely fairly rather incredibly also just even still always actually surprisingly truly nicely more most much a an the too enough absolutely completely totally amazingly exceptionally equally perfectly fully not n't never all both only definitely certainly especially particularly relatively somewhat overall generally bit little well highly is been be".split())
_EASE = frozenset("easy simple hard difficult tough tricky quick effortless fun awkward cumbersome impossible painless complicated".split())
_EASY = frozenset("easy simple quick effortless fun painless".split())
_PARTICLES = frozenset("up on off out down in together away over".split())
_HIGH_IS_GOOD = frozenset("quality output resolution fidelity standard standards durability performance craftsmanship".split())
_HIGH_IS_BAD = frozenset("price prices cost costs maintenance".split())
_CHEAP_IS_GOOD = frozenset("price prices cost costs".split())


def adjective_at(tokens: Sequence[Token], index: int) -> Judgement | None:
    """The judgement of the word at `index` if it is used as an adjective."""
    token = tokens[index]
    judgement = adjectives().get(token.lower)
    if judgement is None or token.lower in _FEELINGS or token.lower == "worth":
        return None
    if token.lower in _ALSO_ADVERBS and index + 1 < len(tokens) and (tokens[index + 1].tag.startswith("JJ") or tokens[index + 1].lower in ("well", "much", "close")):
        return None
    if token.tag.startswith("JJ") or (token.tag in ("VBN", "VBD", "VBG", "RB", "RBR", "FW", "UH") and judgement.dimension != "quality"):
        return judgement
    if token.tag in ("NN", "NNP", "VB", "VBP", "UH", "RB", "RBR", "RBS", "IN", "FW", "VBN", "VBG") and token.lower in _TAKEN_FOR_NOUNS:
        return judgement
    return None


_ALSO_ADVERBS = frozenset("pretty super real crazy insanely dead mighty".split())
_TAKEN_FOR_NOUNS = frozenset(
    word
    for word in "professional perfect solid sturdy crisp ok okay great awesome nice good excellent cheap fast best better well-made sleek comfy snug compact clear clean amazing outstanding disappointing flimsy superb lightweight durable loud quiet smooth tight overpriced poor sweet cute ideal decent crappy killer junky tinny affordable inexpensive muddy wobbly versatile".split()
)


def modifiers(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """Adjective before its noun: "sturdy metal clamps", "great value"."""
    for index in range(len(tokens)):
        judgement = adjective_at(tokens, index)
        if judgement is None:
            continue
        phrase = _noun_after(tokens, index)
        if phrase is None or phrase.kind == "empty":
            continue
        adjective = tokens[index].lower
        sign = _sign_with_noun(adjective, judgement, phrase)
        if sign == 0 and judgement.dimension in ("quality", "price"):
            continue
        if unreal(tokens, index) or not linked(tokens, index, phrase, strict=sign == 0):
            continue
        judgement = Judgement(sign, "value") if phrase.key in ("value", "deal") else judgement
        first = clause_start(tokens, index)
        denied = _denied(tokens, first, index)
        if denied is None:
            continue
        degree = "too" if index and tokens[index - 1].lower == "too" else ""
        if index and tokens[index - 1].lower == "less":
            continue
        if index + 1 < len(tokens) and tokens[index + 1].lower in LOOKING:
            continue
        sign = -1 if degree else (-sign if denied else sign)
        place = _whole_place(tokens, index, phrase)
        spans = spans_of(tokens, [*range(index, index + 1), *range(phrase.first, phrase.last)], denied)
        yield _opinion("whole" if place else "modifier", sign, adjective, judgement, phrase, place, spans, index, number, bool(denied), degree)


def predicates(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """Noun, copula, adjective: "the sound is crisp", "it feels cheap"; and fragments: "Sturdy and affordable."."""
    for index in range(len(tokens)):
        judgement = adjective_at(tokens, index)
        if judgement is None or unreal(tokens, index) or (index and tokens[index - 1].lower == "less"):
            continue
        if tokens[index].lower in _EASE and index + 1 < len(tokens) and tokens[index + 1].lower == "to":
            continue
        verb = _copula(tokens, index)
        phrase: NounPhrase | None = None
        adjective, sign = tokens[index].lower, judgement.sign
        if verb is None:
            if not _fragment(tokens, index):
                continue
            denied = negator_before(tokens, index, 3)
        else:
            known, phrase = subject_of(tokens, verb)
            if not known or (phrase is not None and phrase.kind == "empty"):
                continue
            denied = negator_before(tokens, index, index - verb + 3)
            sense = _SENSE.get(base_verb(tokens[verb].lower))
            if sign == 0 and judgement.dimension == "quality":
                continue
            if sense and (phrase is None or phrase.kind == "whole" or judgement.dimension == "quality"):
                sign = -1 if adjective == "cheap" else sign
                judgement, phrase = Judgement(sign, sense), None
        degree = "too" if index and tokens[index - 1].lower == "too" else ""
        if degree:
            sign = -1
        elif index + 1 < len(tokens) and tokens[index + 1].lower == "enough":
            sign = 1
        elif index > 1 and tokens[index - 1].lower == "and" and tokens[index - 2].lower in ("nice", "good"):
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
        yield _opinion("predicate", sign, adjective, judgement, phrase, False, spans_of(tokens, words, denied), index, number, denied is not None, degree)


def mildly(tokens: Sequence[Token], index: int) -> bool:
    """ "a bit short", "a little heavy", "rather thin": a word that does not judge by itself becomes a complaint."""
    before = [token.lower for token in tokens[max(0, index - 2) : index]]
    return before in (["a", "bit"], ["a", "little"], ["a", "tad"]) or before[-1:] in (["rather"], ["somewhat"], ["kinda"], ["overly"], ["slightly"])


LOOKING = {"sounding": "sound", "looking": "look", "feeling": "feel", "tasting": "taste", "smelling": "smell", "fitting": "fit", "performing": "performance", "working": "performance"}


def ease(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """ "easy to set up", "hard to clean"."""
    for index in range(len(tokens) - 2):
        word = tokens[index].lower
        if word not in _EASE or tokens[index + 1].lower != "to" or not tokens[index + 2].lower.isalpha() or unreal(tokens, index):
            continue
        verb = base_verb(tokens[index + 2].lower)
        if verb in ("be", "have", "get", "say", "tell", "believe", "find", "beat", "go", "imagine", "know", "describe", "explain", "do", "see", "come", "think", "fault", "receive", "please", "take", "give", "buy", "order", "return", "pass", "justify", "argue", "complain", "recommend"):
            continue
        last = index + 2
        following = [token.lower for token in tokens[last + 1 : last + 3]]
        if following[:1] == ["in"] and following[1:] in (["tune"], ["place"], ["position"], ["line"]):
            last += 2
        elif following and (following[0] in ("up", "off", "out", "down", "together", "away") or (following[0] in _PARTICLES and following[1:] in ([], ["."], [","], ["and"], ["!"]))):
            last += 1
        denied = negator_before(tokens, index, 4)
        sign = (1 if word in _EASY else -1) * (-1 if denied is not None else 1)
        act = "use" if verb == "use" else " ".join([gerund(verb), *(t.lower for t in tokens[index + 3 : last + 1])])
        noun = Said(f"ease of {act}" if sign > 0 else f"difficulty in {act}" if act != "use" else "difficult handling", "mass")
        spans = spans_of(tokens, list(range(index, last + 1)), denied)
        yield Opinion("ease", sign, act, act, True, noun, noun, spans, frozenset({index}), number)


_HAVE = frozenset("have has had having get gets got getting offer offers provide provides give gives gave produce produces produced deliver delivers make makes made include includes feature features use uses with add adds retain retains".split())
_PERSONAL = frozenset("love like enjoy appreciate found find get got bought purchased have had hate dislike received notice noticed".split())
_PRICES = frozenset("price cost money quality value".split())


def linked(tokens: Sequence[Token], index: int, phrase: NounPhrase, *, strict: bool) -> bool:
    """Whether the modified noun is said to belong to the item: "it has a ...", "with a ...", "these ...", or a bare exclamation.

    Without this, every adjective of a story told in the review ("warm water", "my old bass") becomes a quality of the item.
    """
    at = index - 1
    while at >= 0 and (tokens[at].lower in _SKIPPED or tokens[at].tag.startswith(("JJ", "RB", "DT", "PRP$", "CD")) or adjective_at(tokens, at)):
        if tokens[at].lower in ("this", "these", "its"):
            return True
        if tokens[at].lower in ("my", "other", "old", "his", "her", "your", "every", "another", "most", "previous"):
            return False
        at -= 1
    if at < 0:
        return True
    word, tag = tokens[at].lower, tokens[at].tag
    if word in BE:
        return _thing_before(tokens, at)
    if word in _HAVE:
        return word in ("with", "having") or _thing_before(tokens, at) or base_verb(word) in _PERSONAL
    if word in (",", "and", "&", "but", "plus", "-", ":", ";", ".", "...", "(", "!", "also", "*"):
        return not strict or word not in (",", "and")
    if tag == "IN" or tag == "TO":
        return (word in ("at", "for", "of", "in") and phrase.key in _PRICES) or word in ("because", "but", "plus", "besides")
    if tag.startswith("VB"):
        return base_verb(word) in _PERSONAL or _thing_before(tokens, at)
    return not strict and tag.startswith("NN") is False


def _thing_before(tokens: Sequence[Token], verb: int) -> bool:
    """Whether the subject of the verb is a thing and not a person."""
    at = verb - 1
    while at >= 0 and (tokens[at].tag in ("MD", "RB") or tokens[at].tag.startswith("VB") or tokens[at].lower in ("to", "n't")):
        at -= 1
    return at < 0 or tokens[at].lower not in _PEOPLE


def _opinion(form: str, sign: int, adjective: str, judgement: Judgement, phrase: NounPhrase | None, place: bool, spans: tuple[Span, ...], index: int, number: int, negated: bool, degree: str) -> Opinion:
    as_whole = place or phrase is None or phrase.kind == "whole"
    item, user = judged(adjective, judgement, sign, None if as_whole else phrase, negated=negated, degree=degree)
    if place and phrase is not None and phrase.kind != "whole":
        _, user = judged(adjective, judgement, sign, phrase, negated=negated, degree=degree)
    key = aspect_key(None if as_whole else phrase, judgement)
    feature = phrase.text if phrase is not None and phrase.kind == "aspect" else key.removeprefix("overall ")
    return Opinion("whole" if form == "whole" else "modifier" if form == "modifier" else "predicate", sign, key, feature, not as_whole, item, user, spans, frozenset({index}), number)


def _noun_after(tokens: Sequence[Token], index: int) -> NounPhrase | None:
    """The noun phrase that the adjective at `index` stands before, over further adjectives and numbers."""
    at = index + 1
    while at < len(tokens) and at - index <= 5:
        if (phrase := noun_phrase(tokens, at)) is not None:
            return phrase
        token = tokens[at]
        joins = token.lower in (",", "and", "&", "yet", "but", "-") and at + 1 < len(tokens) and adjective_at(tokens, at + 1) is not None
        if not (joins or token.tag in ("JJ", "JJR", "JJS", "CD") or (token.tag in ("VBN", "VBG") and adjective_at(tokens, at))):
            return None
        at += 1
    return None


def _sign_with_noun(adjective: str, judgement: Judgement, phrase: NounPhrase) -> int:
    """The sign of the pair; "high" and "low" and "cheap" judge only together with their noun."""
    head = phrase.text.rsplit(" ", 1)[-1]
    if adjective in ("high", "higher", "low", "lower", "minimal", "little", "extra"):
        up = 1 if adjective.startswith(("high", "extra")) else -1
        if head in _HIGH_IS_GOOD:
            return up
        return -up if head in _HIGH_IS_BAD or head in nouns()["bad"] else 0
    if adjective == "cheap":
        return 1 if head in _CHEAP_IS_GOOD else -1 if head in ("plastic", "feel", "quality", "look", "material", "materials", "construction") else 0
    return judgement.sign


def _denied(tokens: Sequence[Token], first: int, index: int) -> int | bool | None:
    """The place of a negation that reaches a modifier; False when there is none; None when it is unsure (a full verb between)."""
    at = negator_before(tokens, index, 6)
    if at is None:
        return False
    between = tokens[at + 1 : index]
    verbs = [t for t in between if (t.tag.startswith("VB") or t.tag == "MD") and t.lower not in BE | {"have", "has", "had", "get", "got", "give", "gives", "offer", "provide"}]
    return at if not verbs and not any(t.tag == "IN" for t in between) and at >= first else None


def _whole_place(tokens: Sequence[Token], index: int, phrase: NounPhrase) -> bool:
    """Whether the phrase names the item itself: "this is a great pedal", "Great pedal!"."""
    if phrase.kind == "whole":
        return True
    if phrase.number == "mass" or phrase.key in nouns()["single"]:
        return False
    at = index - 1
    while at >= 0 and (tokens[at].lower in _SKIPPED or tokens[at].tag.startswith(("JJ", "RB", "DT"))) and tokens[at].lower not in BE:
        at -= 1
    if at < 0:
        return phrase.number == "singular"
    if tokens[at].lower in ("is", "are", "was", "were", "'s", "'re", "makes", "made") and at:
        return tokens[at - 1].lower in ("this", "these", "it", "they", "that", "those") or (at > 1 and tokens[at - 2].lower in ("this", "these"))
    return False


def _copula(tokens: Sequence[Token], index: int) -> int | None:
    """The copula that the adjective at `index` completes, over adverbs, negations and joined adjectives."""
    at = index - 1
    while at >= 0 and index - at <= 8:
        token = tokens[at]
        if token.lower in ("its", "thats", "theyre"):  # "its great": an apostrophe forgotten
            return at
        if token.lower in BE and token.lower not in ("be", "been") and not (token.tag.startswith("NN") and at and tokens[at - 1].tag in ("DT", "JJ", "PRP$")):
            return at
        joined = token.lower in ("and", ",", "yet", "but", "&") and at > 0 and (adjective_at(tokens, at - 1) is not None or tokens[at - 1].tag.startswith("JJ"))
        if not (joined or token.lower in _SKIPPED or token.tag.startswith(("RB", "JJ")) or token.lower in ("be", "been") or adjective_at(tokens, at) is not None):
            return None
        at -= 1
    return None


_AUXILIARIES = frozenset("have has had n't also all do does did both been to seem seems seemed appear appears can will 'll".split())


def subject_of(tokens: Sequence[Token], verb: int) -> tuple[bool, NounPhrase | None]:
    """(whether the subject is a thing, its phrase or None for a pronoun)."""
    if tokens[verb].lower in ("its", "thats", "theyre"):
        return True, None
    at = verb - 1
    while at >= 0 and (tokens[at].tag in ("MD", "RB") or tokens[at].lower in _AUXILIARIES):
        at -= 1
    if at < 0:
        return tokens[verb].lower not in ("am", "be"), None
    word = tokens[at].lower
    if word in _PEOPLE:
        return False, None
    if word in ("which", "that", ",", ")") and at > 0 and (phrase := noun_phrase_before(tokens, at)) is not None:
        return word != ",", phrase
    phrase = noun_phrase_before(tokens, at + 1)
    if phrase is None:
        return word in ("it", "this", "these", "they", "that", "those", "which", "one", "and", "but", ",", ".", "-", "...", "!", ";", ":", ")", "so", "because", "as", "them", "its", "both"), None
    before = phrase.first - 1
    while before >= 0 and (tokens[before].tag in ("DT", "PRP$", "CD") or tokens[before].tag.startswith("JJ")):
        before -= 1
    if before >= 1 and tokens[before].lower in ("of", "on", "for", "in", "with", "from", "to") and (outer := noun_phrase_before(tokens, before)) is not None and outer.kind == "aspect":
        phrase = outer
    if phrase.first and tokens[phrase.first - 1].lower in ("this", "these") and phrase.number != "mass" and phrase.key not in nouns()["single"]:
        return True, None
    return True, phrase


def _fragment(tokens: Sequence[Token], index: int) -> bool:
    """Whether the adjective stands in a piece without subject and verb: "Sturdy, affordable and easy to use."."""
    at = index - 1
    while at >= 0 and (tokens[at].lower in _SKIPPED | {",", "and", "."} or tokens[at].tag.startswith(("JJ", "RB"))):
        at -= 1
    after = tokens[index + 1].lower if index + 1 < len(tokens) else "."
    begins = at < 0 or tokens[at].lower in ("...", "!", "-", ";", ":")
    return begins and after in (".", ",", "and", "!", "&", "...", "!!", "for", "but", "-", ";", "with", "to") and tokens[0].lower not in ("the", "a", "an")


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
