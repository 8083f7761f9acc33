"""Measure the variety of a data set's reviews, to compare invented reviews with real ones.

Duplicates and mean length cover all reviews.  The other figures depend on the amount and length of text, so they use a seeded
sample of medium-length reviews.
"""

from __future__ import annotations

import lzma
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

import numpy as np

from rdrec.core.records import InputError, plural

SAMPLE = 1000  # maximum number of reviews
FEWEST_WORDS, MOST_WORDS = 20, 80
_WORD = re.compile(r"[a-z']+")


@dataclass(frozen=True)
class Measures:
    """The variety of reviews.

    distinct_bigram_share: distinct / all bigrams; xz_ratio: bytes of text / compressed bytes; vocabulary: number of distinct words;
    these three cover `sampled` reviews of 20 to 80 words.
    """

    reviews: int
    duplicates: int
    distinct_bigram_share: float
    xz_ratio: float
    vocabulary: int
    mean_words: float
    sampled: int

    def as_dict(self) -> dict[str, float]:
        """The measures by name, rounded to four places."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


def measure(texts: Sequence[str], seed: int = 0) -> Measures:
    """Measure review texts.  Raises InputError if no review has 20 to 80 words."""
    middle = [text for text in texts if FEWEST_WORDS <= len(text.split()) <= MOST_WORDS]
    if not middle:
        raise InputError(
            f"none of {plural(len(texts), 'review')} has {FEWEST_WORDS} to {MOST_WORDS} words", todo="use a larger data set"
        )
    chosen = np.sort(np.random.default_rng(seed).permutation(len(middle))[:SAMPLE])
    sample = [middle[place] for place in chosen]
    words = [_WORD.findall(text.lower()) for text in sample]
    pairs = [pair for review in words for pair in pairwise(review)]
    packed = "\n".join(sample).encode()
    return Measures(
        reviews=len(texts),
        duplicates=len(texts) - len(set(texts)),
        distinct_bigram_share=len(set(pairs)) / len(pairs),
        xz_ratio=len(packed) / len(lzma.compress(packed, preset=9)),
        vocabulary=len({word for review in words for word in review}),
        mean_words=_mean_words(texts),
        sampled=len(sample),
    )


def _mean_words(texts: Iterable[str]) -> float:
    return float(np.mean([len(text.split()) for text in texts]))
