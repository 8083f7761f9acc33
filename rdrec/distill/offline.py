"""The offline teacher: rules instead of weights, for any English product review; no network, the same answer every time.

In: reviews.  Out: rationales in two sentences with the characters behind each claim, or NothingFound and why.
It refuses to know any product domain, other reviews, and the user.  The star rating is a weak prior only: it decides for
words and, in reviews of plain sentences, for sentences about the product that do not judge by themselves, and mutes doubtful
blame in reviews of many stars; it never turns praise into blame.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rdrec.distill.grounding import copied_words
from rdrec.distill.wording import rationale
from rdrec.language.lexicons import word_tags
from rdrec.language.reading import statements
from rdrec.language.tokens import Sentence, analyse
from rdrec.records import NothingFound, Rationale, Review, TeacherAnswer
from rdrec.settings import integer

VERSION = 4  # raise it whenever an answer may change: old journals and rationales are then not mixed with new ones
EMPTY, NO_WORDS, NOT_ENGLISH, NO_OPINION, COPIED = (
    "empty review",
    "no words",
    "not English",
    "no opinion found",
    "answer would copy the review",
)
_FUNCTION_WORDS = frozenset(
    [
        "the",
        "a",
        "an",
        "and",
        "or",
        "but",
        "of",
        "to",
        "in",
        "on",
        "for",
        "with",
        "is",
        "are",
        "was",
        "were",
        "be",
        "it",
        "its",
        "i",
        "my",
        "this",
        "that",
        "these",
        "they",
        "you",
        "not",
        "at",
        "as",
        "so",
        "very",
        "have",
        "has",
        "had",
        "do",
        "does",
        "from",
        "by",
        "if",
        "no",
        "we",
        "all",
        "just",
        "too",
        "me",
    ]
)
_LEAST_FUNCTION_WORDS = 0.12  # of the words of English prose about 0.45 are among these; "Great strings, good price" has none
_LEAST_KNOWN = 0.5  # share of a review's words that the English lexicon knows


class OfflineTeacher:
    """See the module; implements `teachers.Teacher`."""

    name = "offline"

    @property
    def config(self) -> dict[str, Any]:
        return {"teacher": self.name, "version": VERSION, "max_sentence_chars": integer("distill.max_sentence_chars")}

    @property
    def batch_size(self) -> int:
        return integer("distill.journal_batch")

    def answers(self, reviews: Sequence[Review]) -> Iterator[TeacherAnswer]:
        for review in reviews:
            yield self.answer(review)

    def answer(self, review: Review) -> TeacherAnswer:
        """What one review says; never raises for a text."""
        if not review.text.strip():
            return NothingFound(EMPTY)
        sentences = analyse(review.text)
        words = [token.lower for sentence in sentences for token in sentence.tokens if token.lower[0].isalpha()]
        if not words:
            return NothingFound(NO_WORDS)
        if not _english(words):
            return NothingFound(NOT_ENGLISH)
        said = self._rationale(sentences, review)
        if said is None:
            return NothingFound(NO_OPINION)
        if copied_words(review.text, said):
            return NothingFound(COPIED)
        return said

    def _rationale(self, sentences: Sequence[Sentence], review: Review) -> Rationale | None:
        return rationale(statements(sentences, review.rating))


def _english(words: Sequence[str]) -> bool:
    """Whether most words are English: by function words in a longer text, by the lexicon in a short one."""
    known = sum(word in word_tags() or "'" in word for word in words) / len(words)
    if len(words) >= 12:
        return sum(word in _FUNCTION_WORDS for word in words) / len(words) >= _LEAST_FUNCTION_WORDS and known >= _LEAST_KNOWN
    return known >= _LEAST_KNOWN
