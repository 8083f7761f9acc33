"""The teacher `keywords`: rules over spaCy's dependency parse and a sentiment lexicon; no generative model, no network.

What a sentence says about a thing ("sturdy clamps", "easy to set up", "the zipper broke") becomes a phrase.  Its polarity is that of its
words, reversed by a negation, or otherwise that of its sentence or of the stars.  No rule is about a particular kind of product.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from rdrec.core.records import Claim, ClaimKind, Failed, NothingFound, Rationale, Review, Span, TeacherAnswer
from rdrec.core.settings import integer
from rdrec.data.content_words import content_stems
from rdrec.data.english import sentence_spans, valence, word_lists
from rdrec.teachers.base import FAULT, TeacherResult
from rdrec.teachers.compose import sentence_of
from rdrec.teachers.grounding import copied_words
from rdrec.teachers.opinion_rules import Opinion, opinions
from rdrec.teachers.spacy_model import english

LOG = logging.getLogger(__name__)
NAME = "keywords"
VERSION = 2  # raise it whenever an answer may change, so that old journals and rationales are not mixed with new ones
EMPTY, NO_WORDS, NOT_ENGLISH = "empty review", "no words", "not English"
NO_OPINION, COPIED = "no opinion found", "answer would copy the review"
MOST_PHRASES = 6  # of likes and of dislikes
MOST_SENTENCES, MOST_SENTENCE_CHARS = 40, 400  # limits of what is read, so that any review takes a bounded time
_FAULTS = (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, RecursionError)  # errors that a text may cause
_WORD = re.compile(r"[^\W\d_]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e]")
_SMALL = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_SHOUTED = 0.6  # share of capitals from which a sentence is read in lower case
_PROSE, _LEAST_ENGLISH = (
    8,
    0.2,
)  # words from which a text counts as prose; least share of function or evaluative words in English
_FUNCTION_WORDS = word_lists("keywords.txt")["function_words"]


class KeywordsTeacher:
    """Implements `teachers.Teacher`."""

    name = NAME

    @property
    def config(self) -> dict[str, Any]:
        """`model` is the version of spaCy's model, whose two names have the same weights."""
        sentence_chars = integer("distill.max_sentence_chars")
        return {"teacher": NAME, "version": VERSION, "model": english().meta["version"], "max_sentence_chars": sentence_chars}

    def stream(self, reviews: Sequence[Review]) -> Iterator[list[TeacherResult]]:
        """Yield results in the order of the reviews.  One on which the rules raise an error is answered `Failed`; the others are read."""
        waiting = iter(reviews)
        while batch := list(islice(waiting, integer("distill.journal_batch"))):
            try:
                answers = _answers(batch)
            except _FAULTS:
                answers = [self.answer(review) for review in batch]
            yield [TeacherResult(review, answer) for review, answer in zip(batch, answers, strict=True)]

    def note(self) -> str:
        """Nothing for the progress bar."""
        return ""

    def spent(self) -> dict[str, float]:
        """Nothing, because no model is asked."""
        return {}

    def answer(self, review: Review) -> TeacherAnswer:
        """What one review says; never raises because of its text."""
        try:
            return _answers([review])[0]
        except _FAULTS as error:
            LOG.warning("the rules failed on review %d of user %d", review.position, review.user, exc_info=error)
            return Failed(f"{FAULT} {type(error).__name__} in the rules")


def _answers(reviews: Sequence[Review]) -> list[TeacherAnswer]:
    """The sentences of all reviews go through the parser together, which is what makes it fast."""
    why_not = [_unreadable(review.text) for review in reviews]
    sentences = [(n, *found) for n, review in enumerate(reviews) if not why_not[n] for found in _sentences(review.text)]
    said: list[list[Opinion]] = [[] for _ in reviews]
    for (n, start, _), doc in zip(sentences, english().pipe((text for _, _, text in sentences), batch_size=64), strict=True):
        said[n] += opinions(doc, start, reviews[n].rating)
    return [NothingFound(why_not[n]) if why_not[n] else _answer(review, said[n]) for n, review in enumerate(reviews)]


def _unreadable(text: str) -> str:
    """Why there is nothing to read in a text; empty where there is."""
    words = [match.group().lower() for match in islice(_WORD.finditer(text), 1000)]
    if not words:
        return NO_WORDS if text.strip() else EMPTY
    known = sum(word in _FUNCTION_WORDS or valence(word) != 0 for word in words)
    return NOT_ENGLISH if len(words) >= _PROSE and known < _LEAST_ENGLISH * len(words) else ""


def _sentences(text: str) -> Iterator[tuple[int, str]]:
    """(place in the text, what the parser reads, of the same length) of the sentences that are no questions."""
    for start, end in islice(sentence_spans(text), MOST_SENTENCES):
        sentence = _CONTROL.sub(" ", text[start : min(end, start + MOST_SENTENCE_CHARS)])
        letters = [c for c in sentence if c.isalpha()]
        if sum(c.isupper() for c in letters) > _SHOUTED * len(letters):
            sentence = sentence.translate(_SMALL)
        if letters and not sentence.endswith("?"):
            yield start, sentence


def _answer(review: Review, said: Sequence[Opinion]) -> TeacherAnswer:
    chosen = _once_each(sorted(said, key=lambda o: (o.rank, o.sign == 0, o.spans)))
    likes, dislikes = ([o for o in chosen if o.sign == sign][:MOST_PHRASES] for sign in (1, -1))
    neutral = [o for o in chosen if o.sign == 0][: MOST_PHRASES - len(likes)]
    if not likes and not dislikes:
        return NothingFound(NO_OPINION)
    good, bad = ([o for o in side if not o.wished] for side in ([*likes, *neutral], dislikes))
    claims = [_claim("user_preference", o) for o in (*likes, *dislikes)]
    claims += [_claim("item_attribution", o) for o in (*good, *bad)]
    rationale = Rationale(sentence_of("user_preference", claims), sentence_of("item_attribution", claims), tuple(claims))
    return NothingFound(COPIED) if copied_words(review.text, rationale) else rationale


def _once_each(said: Sequence[Opinion]) -> list[Opinion]:
    """The opinions without those of which another one holds all content words."""
    kept: list[tuple[set[str], Opinion]] = []
    for opinion in said:
        stems = content_stems(opinion.text) or {opinion.text}
        if not any(stems <= other for other, _ in kept):
            kept = [*((other, one) for other, one in kept if not other < stems), (stems, opinion)]
    return [opinion for _, opinion in kept]


def _claim(kind: ClaimKind, o: Opinion) -> Claim:
    spans = tuple(Span(start, end) for start, end in o.spans)
    return Claim(kind, o.text, "like" if o.sign > 0 else "dislike" if o.sign < 0 else "neutral", spans)
