"""Reads a review for opinions: runs the rules over its sentences and keeps one opinion for each judging word.

In: a text, or its analysed sentences.  Out: `Opinion`s in the order of the text.
It refuses to know any product: aspects are whatever nouns the reviewer judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from rdrec.language.about import (
    LEAST_ABOUT,
    NEVER,
    about,
    aboutness,
    in_plain_sentences,
    least_sign,
    sign_of,
    whole_names,
)
from rdrec.language.adjective_rules import ease, modifiers, predicates
from rdrec.language.failure_rules import failures
from rdrec.language.feeling_rules import feelings_of
from rdrec.language.idiom_rules import idioms
from rdrec.language.leanings import leaning
from rdrec.language.lexicons import adjectives, cues, word_set
from rdrec.language.manner_rules import handiness, manner, staying
from rdrec.language.negation import clause_start
from rdrec.language.opinions import Opinion
from rdrec.language.phrase_rules import duty, praise, value, wishes
from rdrec.language.phrases import base
from rdrec.language.tokens import Sentence, Token
from rdrec.language.verb_rules import absence, liking

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
    feelings_of,
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
                if taken.isdisjoint(opinion.core) and not _beside_the_product(opinion, sentence.tokens):
                    taken.update(opinion.core)
                    here.append(opinion)
        found.extend(sorted(here, key=lambda opinion: opinion.spans[0].start))
    return found


def _beside_the_product(opinion: Opinion, tokens: Sequence[Token]) -> bool:
    """What is beside the product.

    What somebody handles ("I bought some heavy-duty anchors"), things of others ("other lamps work well"), what others say ("some people mention ...").
    """
    if opinion.form not in ("modifier", "manner", "wish"):
        return False
    first = next(at for at, token in enumerate(tokens) if token.end > opinion.spans[0].start)
    words = [token.lower for token in tokens]
    if opinion.named and tokens[first].lower not in _REFERRING and _OF_SOME & set(words[max(0, first - 2) : first + 1]):
        return True
    if opinion.form == "wish" and any(a in _SAYERS and base(b) in cues()["talking"] for a in words[:2] for b in words[1:5]):
        return True
    if opinion.form != "modifier" or opinion.sign <= 0:
        return False
    first = min(opinion.core)
    before = [token.lower for token in tokens[clause_start(tokens, first) : first]]
    return any(
        a in _ACTORS and base(verb) in _HANDLING for at, a in enumerate(before) for verb in before[at + 1 : at + 4]
    ) and not (_REFERRING & set(before))


_LIKED_RATING = 4.0  # stars from which a word that does not judge by itself counts as liked
_ALL_LIKED_RATING = 4.5  # stars from which a complaint is rare, and mostly of something else
_CONCEDING = word_set("but although though however except unfortunately sadly only bit little complaint con cons downside wish")
_ELSEWHERE = word_set("my our his her when where if who than would n't not never another")
_OWNED = word_set("my his her our your their")
_ACTORS = word_set("i we you")
_HANDLING = word_set(
    "buy order purchase own connect put spray mount hang install plug keep bring carry add need replace try use"
)
_OF_SOME = word_set("some other others most many")
_SAYERS = word_set("some people others reviewers many")
_REFERRING = word_set("it its this these them they")
_ITSELF = word_set("it they this these")
_TOLD_BY_VERBS = frozenset(["idiom", "failure"])  # forms that a story often holds: where muted, the sentence may still be told
_BARE = frozenset(
    ["lasting appeal", "overall quality"]
)  # what a set phrase says of the whole, and a telling phrase says better
_UNSURE = frozenset(["idiom", "absence"])  # forms that a story or an older product often explains
# A review that judges in words, or that is long, tells stories in its other sentences: there a sentence must lean by its own words.
_MOST_JUDGED, _MOST_JUDGED_SHARE, _MOST_WORDS = 1, 0.34, 80
_SURELY = 0.3  # more about the product than asked by so much, a sentence is told there too
_LEAST_WORTH, _LEAST_WORTH_OF_BARE = 0.0, 0.2  # of a telling phrase; in place of bare praise


def statements(sentences: Sequence[Sentence], rating: float | None) -> list[Opinion]:
    """What the review says of the product, sentence by sentence: its opinions, and where none judges its most telling phrase.

    The stars mute an unsure opinion against them and decide for a sentence without judging words; they never turn an opinion round.
    """
    by_sentence: dict[int, list[Opinion]] = {}
    for opinion in opinions(sentences):
        by_sentence.setdefault(opinion.sentence, []).append(opinion)
    judged = sum(any(opinion.sign and not _bare(opinion) for opinion in found) for found in by_sentence.values())
    wordy = sum(sentence.words for sentence in sentences) > _MOST_WORDS
    plain = in_plain_sentences(sentences)
    narrated = wordy or judged > _MOST_JUDGED or judged > _MOST_JUDGED_SHARE * len(sentences)
    avoid, said = whole_names(sentences), []
    for number, sentence in enumerate(sentences):
        here = by_sentence.get(number, [])
        signed = [opinion for opinion in here if opinion.sign]
        lean = leaning(sentence.tokens)
        evidence = sign_of(sentence.tokens, rating, signed, lean)
        sure = [o for o in signed if not _muted(o, sentence.tokens, evidence, rating)]
        told = None
        leans = bool(signed) or lean != 0
        on_topic = aboutness(sentence.tokens, number, len(sentences), leans)
        recommends = any(token.lower.startswith("recommend") for token in sentence.tokens)  # to whom, says nothing of it
        if sure and plain and on_topic > NEVER and not recommends and all(_bare(o) for o in sure):
            told = about(sentence.tokens, number, sure[0].sign, avoid, here, _LEAST_WORTH_OF_BARE)
        unjudged = all(_bare(o) for o in sure) and all(o in sure or o.form in _TOLD_BY_VERBS for o in signed)
        if (
            told is None
            and plain
            and unjudged
            and abs(evidence) >= least_sign(evidence, rating)
            and (leans or not narrated or on_topic > LEAST_ABOUT + _SURELY)
        ):
            concedes = (
                evidence > 0
                or rating is None
                or rating < _ALL_LIKED_RATING
                or bool(_CONCEDING & {t.lower for t in sentence.tokens})
            )
            if concedes and on_topic > LEAST_ABOUT:
                told = about(sentence.tokens, number, 1 if evidence > 0 else -1, avoid, here, _LEAST_WORTH)
        unweighed = [_with_prior(o, rating, evidence) for o in here if not o.sign]
        said += [told] if told else [*sure, *unweighed]
    return said


def _bare(opinion: Opinion) -> bool:
    """Whether it praises or blames the whole, so that a telling phrase of the same sentence says more."""
    return opinion.form in ("idiom", "whole", "liking", "predicate") and opinion.aspect in _BARE


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
