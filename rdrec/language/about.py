"""Whether a sentence is about the product, and its sign where no word of it judges: the weakest evidence that is read.

In: the tokens of a sentence, its place in the review, the stars.  Out: numbers, and an `Opinion` of form "about".
It refuses to know any product.  Cues are general: tense and subject (how it was bought, scenes of life), references to
the thing, the place in the review, closing verdicts; for the sign: words that praise or blame, a turn ("but", "sadly"),
and weakest the stars.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

from rdrec.language.clauses import spans_of
from rdrec.language.doings import doings
from rdrec.language.lexicons import adjectives, cues, manners, nouns, valences, word_set
from rdrec.language.measures import MODERATE, measures
from rdrec.language.negation import NEGATORS, denial, negator_before, removed
from rdrec.language.opinions import Opinion
from rdrec.language.phrases import base, noun_phrase
from rdrec.language.telling import Telling, tellings
from rdrec.language.tokens import Sentence, Token

LEAST_ABOUT = -0.9  # sentences below it say nothing of the product
_LEAST_SIGN, _LEAST_SIGN_AGAINST = 0.25, 0.5  # evidence below them has no sign: in general; blame, where the stars praise
_PRAISED = 4.0  # stars from which they praise
_STARS = {5: 2.0, 4: 1.1, 3: 0.0, 2: -1.1, 1: -2.0}
_LEANING = 1.1  # what a leaning phrase weighs
_WORDS_REACH = 2.0  # the most that praising and blaming words of one sentence say together
_THING = word_set("it its they them these this itself those")
_FIRST = word_set("i we")
_THIRD = word_set("he she")
_WEIGHED_WORTH = 1.2  # a phrase worth less gives way to a word that judges with the stars ("a small size")
_TURNS = word_set("but however only except although though")
_UNMET = word_set("would could should 'd")
_NOBODY = word_set("nobody nothing none neither")
_ALWAYS = word_set("every each all always never")
_OTHERS = word_set("other others another old")
_MUTUAL = word_set("each one")
_OWN = word_set("my our")
_YOURS = _OWN | {"your"}
_POINTERS = word_set("this these") | _OWN
_ORDERS = word_set("if let please just make be do")
_STORY_OPENERS = word_set("when after last on every as since once")
_LONG = 28  # tokens; a longer sentence rambles or explains
_BEING = word_set("am 'm was")
_KNOWING = word_set("familiar sure certain aware used")
_BODY = word_set("hand hands finger fingers arm arms shoulder shoulders back neck foot feet ear ears eye eyes skin hair")
_LATE = 6  # tokens before a bare noun that is mentioned in passing
_PRICES = word_set(
    "price prices cost costs quality value pricing money dollar dollars bucks cash retail"
)  # that they are told says not whether they are good
_MONEY = word_set("money dollar dollars bucks cash cents")
_MOST_PLAIN = 24  # tokens of a sentence whose clauses rules take apart
NEVER = -9.0  # a question, a condition and what is said of something named say nothing
_MIDDLE = 1.0  # reviews open with the occasion and close with a verdict; what lies between is of the product


def aboutness(tokens: Sequence[Token], place: int, count: int, leans: bool = False) -> float:
    """How much the sentence seems to speak of the product: above `LEAST_ABOUT` it does.

    leans  whether its words judge or lean to praise or blame
    """
    words = [token.lower for token in tokens]
    if (
        words[-1].startswith("?")
        or _conditional(words)
        or _of_oneself(words)
        or ((_names(tokens) or _of_others(words)) and not _THING & set(words))
    ):
        return NEVER
    score = _MIDDLE if 0 < place < count - 1 or count == 1 else 0.0
    score += _reference(tokens, words) + _tense(tokens, words) + _story(words) + 0.6 * leans
    if place == count - 1:
        score -= 0.3 + 0.3 * bool(cues()["verdict"] & set(words))
    return score


def _conditional(words: Sequence[str]) -> bool:
    """ "if you want a lamp"; not "as if", "even if", "if only"."""
    return any(
        word == "if" and (not at or words[at - 1] not in ("as", "even")) and words[at + 1 : at + 2] != ["only"]
        for at, word in enumerate(words)
    )


def _of_others(words: Sequence[str]) -> bool:
    """ "the other lamps", "another kind"; not "each other"."""
    return any(word in _OTHERS and (not at or words[at - 1] not in _MUTUAL) for at, word in enumerate(words))


def in_plain_sentences(sentences: Sequence[Sentence]) -> bool:
    """Whether the review is written in short, finished sentences without figures, which rules can take apart.

    Run-on sentences, lists, missing spaces and capitals here and there mislead the tagger: what the stars tell of them is mostly not of the product.
    """
    tokens = [token for sentence in sentences for token in sentence.tokens]
    figures = any(letter.isdigit() for token in tokens for letter in token.text)
    run_on = any(len(sentence.tokens) > _MOST_PLAIN for sentence in sentences)
    glued = any(one.tokens[-1].end == other.tokens[0].start for one, other in pairwise(sentences))
    capitals = {sentence.tokens[0].text[0].islower() for sentence in sentences}
    return not (figures or run_on or glued or len(capitals) > 1 or tokens[-1].text[-1].isalnum())


def _reference(tokens: Sequence[Token], words: Sequence[str]) -> float:
    """For "its", "the lids", "each"; against names, figures, other things, "a lady", long-windedness."""
    score = 0.3 * any(word in _THING for word in words) + 0.2 * any(token.tag == "NNS" for token in tokens)
    score += 0.2 * any(w in ("the", "no", "any") and noun_phrase(tokens, at + 1) is not None for at, w in enumerate(words))
    score -= 0.6 * (_names(tokens) or any(token.text[0].isdigit() for token in tokens))
    score -= 0.6 * (len(tokens) > _LONG) + 0.3 * (words[0] in ("a", "an"))
    return score + 0.3 * bool(_ALWAYS & set(words)) - 0.2 * bool(_OTHERS & set(words))


def _of_oneself(words: Sequence[str]) -> bool:
    """ "I am no expert", "I'm a beginner", "I have big hands", "I'm not familiar with cars": of the shopper."""
    pairs = list(enumerate(pairwise(words)))
    is_one = any(a == "i" and b in _BEING and {"a", "an", "no"} & set(words[at + 2 : at + 4]) for at, (a, b) in pairs)
    has_body = any(a == "i" and b in ("have", "'ve", "had") and _BODY & set(words[at + 2 : at + 5]) for at, (a, b) in pairs)
    ignorant = any(
        a == "i" and b in _BEING and "not" in words[at + 2 : at + 3] and _KNOWING & set(words[at + 3 : at + 6])
        for at, (a, b) in pairs
    )
    return is_one or has_body or ignorant


def _names(tokens: Sequence[Token]) -> bool:
    """Whether a word inside the sentence is written with a capital: a brand, a person, a place."""
    return any(token.text[0].isupper() and token.tag != "PRP" and token.lower not in _named_by_all() for token in tokens[1:])


@lru_cache(maxsize=1)
def _named_by_all() -> frozenset[str]:
    """Words written with a capital that name nobody in particular."""
    return cues()["people"] | cues()["dates"] | {"i", "tv"}


def _tense(tokens: Sequence[Token], words: Sequence[str]) -> float:
    """For the present; against the past, what I, we, he and she did, what happened to things of one's own, and orders."""
    verbs = [token for token in tokens if token.tag.startswith("VB") or token.tag == "MD"]
    past = bool(verbs) and verbs[0].tag in ("VBD", "VBN")
    score = 0.1 * (not past) - 0.3 * past - 0.3 * (not verbs)
    subject = next((word for word in words[:6] if word in _FIRST | _THIRD), "")
    if subject in _FIRST:
        score -= 0.2 + 0.4 * (not any(word in _THING for word in words))
        score -= 0.3 * any(base(word) in cues()["using"] for word in words[:6])
    score -= 0.3 * (subject in _THIRD)
    owned = words[0] in ("my", "our") and not cues()["people"] & set(words[1:4])
    return score - 0.4 * owned - 0.3 * (tokens[0].tag == "VB" or words[0] in _ORDERS)


def _story(words: Sequence[str]) -> float:
    """Against how it was bought and for whom, what was said and heard, the day and the weather."""
    groups, said = cues(), set(words)
    bases = {base(word) for word in words}
    score = (
        -0.2 * bool(groups["getting"] & bases) - 0.5 * bool(groups["occasion"] & said) - 0.5 * bool(groups["talking"] & bases)
    )
    score -= 0.7 * bool(groups["life"] & said) + 0.4 * bool(groups["dates"] & said) + 0.2 * bool(groups["people"] & said)
    score -= 0.6 * (words[0] in _STORY_OPENERS)
    return score - 0.5 * any(a == "for" and groups["people"] & set(words[at + 1 : at + 4]) for at, a in enumerate(words))


def sign_of(tokens: Sequence[Token], rating: float | None, found: Sequence[Opinion], lean: float) -> float:
    """Evidence for praise (above 0) or blame: what rules found, words, a turn, the stars, the sentence's `leaning`."""
    prior = _STARS.get(round(rating), 0.0) if rating is not None else 0.0
    score = prior + sum(1.6 * opinion.sign for opinion in found[:2])
    score += max(-_WORDS_REACH, min(_WORDS_REACH, 0.45 * _valence(tokens)))
    return score + _turn(tokens, prior) + _grammar(tokens) + _LEANING * lean


def least_sign(evidence: float, rating: float | None) -> float:
    """How much evidence of `sign_of` a sentence must have to be signed: more for blame in a review of many stars."""
    return _LEAST_SIGN_AGAINST if evidence < 0 and rating is not None and rating >= _PRAISED else _LEAST_SIGN


def _turn(tokens: Sequence[Token], prior: float) -> float:
    """A sentence that opens with "sadly", or with "but" against what the stars say, turns round."""
    opening = [token.lower for token in tokens[:4]]
    if cues()["sad"] & set(opening):
        return -1.5
    if cues()["glad"] & set(opening):
        return 1.0
    if opening[0] in _TURNS and prior:
        return -1.4 if prior > 0 else 0.8
    return 0.0


def _grammar(tokens: Sequence[Token]) -> float:
    """What grammar alone leans to.

    Burdens ("had to"), unmet wishes ("could"), results ("so ... that") and reasons lean to blame; "!", "even", "still" to praise.
    """
    words = [token.lower for token in tokens]
    said = set(words)
    score = 0.6 * words[-1].startswith("!") + 0.4 * bool({"still", "even"} & said)
    score -= 0.6 * any(base(a) == "have" and b == "to" for a, b in pairwise(words))
    score -= 0.5 * bool(_UNMET & said) + 0.5 * bool(_NOBODY & said) + 0.5 * ("already" in said)
    score -= 0.5 * ("so" in said and "that" in words[words.index("so") :])
    return score - 0.4 * ("because" in said or {"as", "if"} <= said)


def _valence(tokens: Sequence[Token]) -> float:
    known, total = valences(), 0.0
    for index, token in enumerate(tokens):
        value = known.get(token.lower)
        if value is None or token.lower in NEGATORS or token.tag in ("NNP", "IN"):
            continue
        total += -0.75 * value if denial(tokens, index) is not None else value
    for index, token in enumerate(tokens[:-1]):
        if token.lower == "too" and tokens[index + 1].tag.startswith(("JJ", "RB")) and negator_before(tokens, index, 3) is None:
            total -= 2.0
        if token.lower == "enough" and negator_before(tokens, index, 4) is not None:
            total -= 2.0
    return total


def about(
    tokens: Sequence[Token], number: int, sign: int, avoid: frozenset[str], found: Sequence[Opinion], least: float
) -> Opinion | None:
    """The sentence's most telling phrase as an opinion with this sign; None where it tells nothing."""
    weighed = [o for o in found if not o.sign and o.form in ("modifier", "predicate")]
    against = [span for opinion in found if opinion.sign == -sign for span in opinion.spans]
    told = next(
        (
            told
            for told in phrases_of(tokens, avoid, least)
            if not _speaks_against(tokens, told, sign)
            and not _in_passing(tokens, told)
            and not any(span.start < tokens[at].end and tokens[at].start < span.end for at in told.places for span in against)
        ),
        None,
    )
    if weighed and (told is None or told.worth < _WEIGHED_WORTH):
        return replace(weighed[0], sign=sign, form="about")
    if told is None:
        return None
    spans = spans_of(tokens, list(told.places), told.denied)
    return Opinion(
        "about", sign, told.key, told.said.text, True, told.said, told.said, spans, frozenset({told.places[-1]}), number
    )


def phrases_of(tokens: Sequence[Token], avoid: frozenset[str], least: float) -> list[Telling]:
    """Things, acts and doings that the sentence tells of, best first."""
    found = tellings(tokens, avoid, least)
    found += [told for told in (*doings(tokens, avoid), *measures(tokens)) if told.worth > least]
    return sorted(found, key=lambda told: -told.worth)


def _in_passing(tokens: Sequence[Token], told: Telling) -> bool:
    """Whether the phrase is a bare noun late in a sentence that never points at the product ("... and try to play guitar"), or only its price."""
    words = told.said.text.split()
    if _PRICES & set(words) and (len(words) <= 1 + (words[0] == "the") or words[-1] in _MONEY):
        return True
    bare = len(words) == 1 + (words[0] == "the") and not words[-1].endswith("ing")
    at = told.places[0]
    if removed(tokens, at):
        return True
    if bare and at > 1 and tokens[at - 1].lower in ("and", "or") and tokens[max(0, at - 3)].lower in _YOURS:
        return True  # "your guitar or bass"
    return bare and at >= _LATE and not _THING & {token.lower for token in tokens}


def _speaks_against(tokens: Sequence[Token], told: Telling, sign: int) -> bool:
    """Whether the phrase's own words judge the other way ("no rough edges" cannot be blame, "cheap plastic" no praise)."""
    turned = -1 if told.denied is not None else 1
    for place in told.places:
        word = tokens[place].lower
        known = adjectives().get(word)
        if place and tokens[place - 1].lower in MODERATE and place - 1 in told.places:
            continue
        own = known.sign if known else manners().get(word, 0) or -(word in nouns()["bad"] or word in nouns()["trouble"])
        if own and own * turned != sign:
            return True
    return False


def whole_names(sentences: Sequence[Sentence]) -> frozenset[str]:
    """Nouns that the review uses for the product itself ("this kit", "this pick holder") and for what the shopper owns beside it ("my guitar")."""
    names = set()
    for sentence in sentences:
        tokens = sentence.tokens
        for index, token in enumerate(tokens):
            if token.lower not in _POINTERS:
                continue
            at = index + 1
            if token.lower in _OWN:
                while at < len(tokens) and tokens[at].tag in ("JJ", "CD", "NNP", "VBN"):
                    at += 1
            if phrase := noun_phrase(tokens, at):
                names |= {phrase.key, phrase.text}
    return frozenset(names)
