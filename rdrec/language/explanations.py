"""The sentence of a review that explains the purchase best, and its feature: the `explanation` and `feature` of the released files.

In: a review text.  Out: `PickedSentence`, or None where no sentence carries an opinion.
It refuses to write anything: the sentence is the reviewer's own.
"""

from __future__ import annotations

from dataclasses import dataclass

from rdrec.language.opinions import Opinion
from rdrec.language.reading import opinions
from rdrec.language.tokens import Sentence, analyse

LEAST_WORDS, MOST_WORDS = 3, 20  # students' targets are cut to 20 tokens (RDRec, section 4.1)


@dataclass(frozen=True, slots=True)
class PickedSentence:
    """text[start:end] == sentence; `feature` is what its strongest opinion is about."""

    sentence: str
    feature: str
    start: int
    end: int


def pick_explanation(text: str) -> PickedSentence | None:
    """The review's own sentence that best carries an opinion on a named aspect; the first of equals."""
    sentences = analyse(text)
    by_sentence: dict[int, list[Opinion]] = {}
    for opinion in opinions(sentences):
        if opinion.sign:
            by_sentence.setdefault(opinion.sentence, []).append(opinion)
    if not by_sentence:
        return None
    best = max(by_sentence, key=lambda number: (_score(sentences[number], by_sentence[number]), -number))
    sentence = sentences[best]
    main = max(by_sentence[best], key=lambda opinion: (opinion.named, -opinion.spans[0].start))
    return PickedSentence(text[sentence.start : sentence.end], main.feature, sentence.start, sentence.end)


def _score(sentence: Sentence, found: list[Opinion]) -> float:
    named = sum(opinion.named for opinion in found)
    fits = LEAST_WORDS <= sentence.words <= MOST_WORDS
    return 4.0 * fits + 2.0 * min(named, 2) + min(len(found) - named, 2) - 0.02 * sentence.words
