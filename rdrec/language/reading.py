"""Reads a review for opinions: runs the rules over its sentences and keeps one opinion for each judging word.

In: a text, or its analysed sentences.  Out: `Opinion`s in the order of the text.
It refuses to know any product: aspects are whatever nouns the reviewer judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from rdrec.language.about import LEAST_ABOUT, LEAST_SIGN, about, aboutness, sign_of, whole_names
from rdrec.language.adjective_rules import ease, modifiers, predicates
from rdrec.language.idiom_rules import idioms
from rdrec.language.lexicons import adjectives, word_set
from rdrec.language.manner_rules import handiness, manner, staying
from rdrec.language.opinions import Opinion
from rdrec.language.phrase_rules import duty, praise, value, wishes
from rdrec.language.tokens import Sentence, Token
from rdrec.language.verb_rules import absence, failures, liking

Rule = Callable[[Sequence[Token], int], Iterator[Opinion]]
RULES: tuple[Rule, ...] = (
    value,
    duty,
    ease,
    wishes,
    absence,
    staying,
    handiness,
    liking,
    manner,
    modifiers,
    predicates,
    failures,
    praise,
    idioms,
)  # where two claim a word, the earlier wins


def opinions(sentences: Sequence[Sentence]) -> list[Opinion]:
    """Opinions of analysed sentences; questions are not read."""
    found: list[Opinion] = []
    for number, sentence in enumerate(sentences):
        if sentence.tokens[-1].lower.startswith("?"):
            continue
        taken: set[int] = set()
        here: list[Opinion] = []
        for rule in RULES:
            for opinion in rule(sentence.tokens, number):
                if taken.isdisjoint(opinion.core):
                    taken.update(opinion.core)
                    here.append(opinion)
        found.extend(sorted(here, key=lambda opinion: opinion.spans[0].start))
    return found


_LIKED_RATING = 4.0  # stars from which a word that does not judge by itself counts as liked
_ALL_LIKED_RATING = 4.5  # stars from which a complaint is rare, and mostly of something else
_CONCEDING = word_set("but although though however except unfortunately sadly only bit little complaint con cons downside wish")
_ELSEWHERE = word_set("my our his her when where if who than would n't not never another")
_OWNED = word_set("my his her our your their")
_ITSELF = word_set("it they this these")
_TOLD_BY_VERBS = frozenset(["idiom", "failure"])  # forms that a story often holds: where muted, the sentence may still be told
_BARE = frozenset(
    ["lasting appeal", "overall quality"]
)  # what a set phrase says of the whole, and a telling phrase says better
_UNSURE = frozenset(["idiom", "absence"])  # forms that a story or an older product often explains
# A review that judges in words, or that is long, tells stories in its other sentences; only in the rest do the stars speak for a sentence.
_MOST_JUDGED, _MOST_JUDGED_SHARE, _MOST_WORDS = 1, 0.30, 80

_LEAST_WORTH, _LEAST_WORTH_BESIDE = 0.25, 0.9  # of a telling phrase: where nothing is judged, and beside judged sentences


def statements(sentences: Sequence[Sentence], rating: float | None) -> list[Opinion]:
    """What the review says of the product, sentence by sentence: its opinions, and where none judges its most telling phrase.

    The stars mute an unsure opinion against them and decide for a sentence without judging words; they never turn an opinion round.
    """
    by_sentence: dict[int, list[Opinion]] = {}
    for opinion in opinions(sentences):
        by_sentence.setdefault(opinion.sentence, []).append(opinion)
    judged = sum(any(opinion.sign for opinion in found) for found in by_sentence.values())
    narrates = judged <= _MOST_JUDGED and judged < _MOST_JUDGED_SHARE * len(sentences)
    narrates = narrates and sum(sentence.words for sentence in sentences) <= _MOST_WORDS
    least = _LEAST_WORTH_BESIDE if judged else _LEAST_WORTH
    avoid, said = whole_names(sentences), []
    for number, sentence in enumerate(sentences):
        here = by_sentence.get(number, [])
        signed = [opinion for opinion in here if opinion.sign]
        evidence = sign_of(sentence.tokens, rating, signed)
        sure = [o for o in signed if not _muted(o, sentence.tokens, evidence, rating)]
        unjudged = (
            narrates
            and all(_bare(o) for o in sure)
            and all(o in sure or o.form in _TOLD_BY_VERBS for o in signed)
            and abs(evidence) >= LEAST_SIGN
        )
        told = None
        if unjudged and aboutness(sentence.tokens, number, len(sentences)) > LEAST_ABOUT:
            told = about(sentence.tokens, number, 1 if evidence > 0 else -1, avoid, here, least)
        unweighed = [_with_prior(o, rating, evidence) for o in here if not o.sign]
        said += [told] if told else [*sure, *unweighed]
    return said


def _bare(opinion: Opinion) -> bool:
    return opinion.form == "idiom" and opinion.aspect in _BARE


def _muted(opinion: Opinion, tokens: Sequence[Token], evidence: float, rating: float | None) -> bool:
    """Whether the stars speak against it so much that it is not said: blame in a review of five stars wants a concession."""
    unsure = _unsure(opinion, tokens)
    if opinion.sign > 0 or rating is None or rating < _LIKED_RATING or _CONCEDING & {token.lower for token in tokens}:
        return unsure and opinion.sign * evidence < 0
    if rating < _ALL_LIKED_RATING:
        return unsure and (opinion.form == "idiom" or evidence > 0)
    before = {token.lower for token in tokens if token.start < opinion.spans[-1].end}
    return unsure or opinion.form == "modifier" or (opinion.form == "predicate" and bool(_ELSEWHERE & before))


def _unsure(opinion: Opinion, tokens: Sequence[Token]) -> bool:
    """Whether the stars may mute it: a set phrase, a failure of nothing named, a word that blames in general but seldom a product."""
    if opinion.form in ("modifier", "predicate", "whole"):
        known = [adjectives().get(tokens[place].lower) for place in opinion.core]
        return all(judgement is None or judgement.dimension == "quality" for judgement in known)
    if opinion.form == "failure":
        at = min((place for place, token in enumerate(tokens) if token.start >= opinion.spans[0].start), default=0)
        before = {token.lower for token in tokens[max(0, at - 2) : at]}
        return bool(_OWNED & before) or not (opinion.named or not before or _ITSELF & before)
    return opinion.form in _UNSURE


def _with_prior(opinion: Opinion, rating: float | None, evidence: float) -> Opinion:
    """A word that does not judge by itself ("a small frame") counts as liked in a review of many stars, if nothing speaks against it."""
    if opinion.form == "modifier" and opinion.named and rating is not None and rating >= _LIKED_RATING and evidence > 0:
        return replace(opinion, sign=1)
    return opinion
