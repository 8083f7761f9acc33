"""Whether a sentence is about the product, and its sign where no word of it judges: the weakest evidence that is read.

In: the tokens of a sentence, its place in the review, the stars.  Out: numbers, and an `Opinion` of form "about".
It refuses to know any product.  Cues are general: tense and subject (how it was bought, scenes of life), references to
the thing, the place in the review, closing verdicts; for the sign: words that praise or blame, a turn ("but", "sadly"),
and weakest the stars.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from rdrec.language.clauses import spans_of
from rdrec.language.lexicons import adjectives, cues, manners, nouns, valences, word_set
from rdrec.language.negation import NEGATORS, denial, negator_before
from rdrec.language.opinions import Opinion
from rdrec.language.phrases import base, noun_phrase
from rdrec.language.telling import Telling, tellings
from rdrec.language.tokens import Sentence, Token

LEAST_ABOUT = -0.8  # sentences below it say nothing of the product
LEAST_SIGN = 1.05  # evidence below it has no sign
_STARS = {5: 2.0, 4: 1.1, 3: 0.0, 2: -1.1, 1: -2.0}
_WORDS_REACH = 2.0  # the most that praising and blaming words of one sentence say together
_THING = word_set("it its they them these this itself those")
_FIRST = word_set("i we")
_THIRD = word_set("he she")
_WEIGHED_WORTH = 1.2  # a phrase worth less gives way to a word that judges with the stars ("a small size")
_TURNS = word_set("but however only except although though")
_UNMET = word_set("would could should 'd")
_NOBODY = word_set("nobody nothing none neither")
_ADVISED = word_set("you your")
_OTHERS = word_set("other others another old")
_ORDERS = word_set("if let please just make be")
_STORY_OPENERS = word_set("when after last on every as since once")
_LONG = 28  # tokens; a longer sentence rambles or explains
_NEVER = -9.0  # a question says nothing
_MIDDLE = 1.0  # reviews open with the occasion and close with a verdict; what lies between is of the product


def aboutness(tokens: Sequence[Token], place: int, count: int) -> float:
    """How much the sentence seems to speak of the product: above `LEAST_ABOUT` it does."""
    words = [token.lower for token in tokens]
    if words[-1].startswith("?"):
        return _NEVER
    score = _MIDDLE if 0 < place < count - 1 else 0.0
    score += _reference(tokens, words) + _tense(tokens, words) + _purchase(words)
    if place == 0 and words[0] in _STORY_OPENERS:
        score -= 0.4
    if place == count - 1 and cues()["verdict"] & set(words):
        score -= 1.0
    return score


def _reference(tokens: Sequence[Token], words: Sequence[str]) -> float:
    """For "it", "the lid"; against names, figures, other things, advice to "you", long-windedness."""
    score = 0.6 * any(word in _THING for word in words)
    score += 0.4 * any(w in ("the", "no", "any") and noun_phrase(tokens, at + 1) is not None for at, w in enumerate(words))
    named = any(token.text[0].isupper() and token.tag != "PRP" and token.lower != "i" for token in tokens[1:])
    score -= 0.8 * (named or any(token.text[0].isdigit() for token in tokens))
    score -= 0.6 * (len(tokens) > _LONG)
    return score - 0.3 * bool(_ADVISED & set(words)) - 0.3 * bool(_OTHERS & set(words))


def _tense(tokens: Sequence[Token], words: Sequence[str]) -> float:
    """For the present and for fragments; against what I, we, he and she did, and against orders."""
    verbs = [token for token in tokens if token.tag.startswith("VB") or token.tag == "MD"]
    score = 0.3 * (not verbs or verbs[0].tag in ("VBZ", "VBP"))
    subject = next((word for word in words[:6] if word in _FIRST | _THIRD), "")
    score -= 0.5 * bool(subject and verbs and verbs[0].tag in ("VBD", "VBN"))
    if subject in _FIRST:
        score -= 0.8 * (not any(word in _THING for word in words))
        score -= 0.9 * any(base(word) in cues()["using"] for word in words[:6])
    return score - 0.5 * (tokens[0].tag == "VB" or words[0] in _ORDERS)


def _purchase(words: Sequence[str]) -> float:
    """Against how it was bought, on what occasion, for whom."""
    groups = cues()
    score = -0.9 * any(base(word) in groups["getting"] for word in words) - 0.9 * bool(groups["occasion"] & set(words))
    return score - 0.6 * any(a == "for" and groups["people"] & set(words[at + 1 : at + 4]) for at, a in enumerate(words))


def sign_of(tokens: Sequence[Token], rating: float | None, found: Sequence[Opinion]) -> float:
    """Evidence for praise (above 0) or blame: what rules found, words, a turn, the stars."""
    prior = _STARS.get(round(rating), 0.0) if rating is not None else 0.0
    score = prior + sum(1.6 * opinion.sign for opinion in found[:2])
    score += max(-_WORDS_REACH, min(_WORDS_REACH, 0.45 * _valence(tokens)))
    return score + _turn(tokens, prior) + _leaning(tokens)


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


def _leaning(tokens: Sequence[Token]) -> float:
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
    told = next((told for told in tellings(tokens, avoid, least) if not _speaks_against(tokens, told, sign)), None)
    if weighed and (told is None or told.worth < _WEIGHED_WORTH):
        return replace(weighed[0], sign=sign, form="about")
    if told is None:
        return None
    spans = spans_of(tokens, list(told.places), told.denied)
    return Opinion(
        "about", sign, told.key, told.said.text, True, told.said, told.said, spans, frozenset({told.places[-1]}), number
    )


def _speaks_against(tokens: Sequence[Token], told: Telling, sign: int) -> bool:
    """Whether the phrase's own words judge the other way ("no rough edges" cannot be blame, "cheap plastic" no praise)."""
    turned = -1 if told.denied is not None else 1
    for place in told.places:
        word = tokens[place].lower
        known = adjectives().get(word)
        own = known.sign if known else manners().get(word, 0) or -(word in nouns()["bad"] or word in nouns()["trouble"])
        if own and own * turned != sign:
            return True
    return False


def whole_names(sentences: Sequence[Sentence]) -> frozenset[str]:
    """Nouns that the review uses for the product itself: "this kit", "these headphones"."""
    names = set()
    for sentence in sentences:
        for index, token in enumerate(sentence.tokens):
            if token.lower in ("this", "these") and (phrase := noun_phrase(sentence.tokens, index + 1)):
                names.add(phrase.key)
    return frozenset(names)
