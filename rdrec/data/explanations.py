"""Targets of the explanation task for raw reviews: one sentence of each review, and its feature.

Released data sets include them.  For raw reviews they are picked at import from words alone; a parser would take a hundred times as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from tqdm import tqdm

from rdrec.data.english import sentence_spans, stem, valences, word_lists
from rdrec.data.text import tidy

LEAST_WORDS, MOST_WORDS = 3, 20  # students' targets are cut to 20 tokens (RDRec, section 4.1)
_MOST_SENTENCES = 40  # considered per review
_BACK = 5  # largest distance in words from an opinion word back to its feature: "the sound is really quite good"
_PLAIN = str.maketrans(
    dict.fromkeys('.,;:!?()[]"“”*/', " ") | {chr(65 + at): chr(97 + at) for at in range(26)} | {"’": "'"}
)  # one character for one, so that offsets stay valid
_NO_FEATURE = ("function_words", "not_item", "whole", "light_verbs", "no_judgement", "degrees", "modals", "wishing", "bare")


def pick_explanations(reviews: Sequence[str | None]) -> tuple[list[str | None], list[str | None]]:
    """Explanation and feature of each review; both None without a review or a suitable sentence."""
    sentences: list[str | None] = []
    features: list[str | None] = []
    for review in tqdm(reviews, desc="picking explanations", unit=" reviews", leave=False, disable=None):
        sentence, feature = (None, None) if review is None else pick_explanation(review)
        sentences.append(tidy(sentence))
        features.append(feature)
    return sentences, features


def pick_explanation(text: str) -> tuple[str, str] | tuple[None, None]:
    """The sentence that best expresses an opinion about a feature (the first of equals), and the feature; None if there is none."""
    opinions, plain = valences(), text.translate(_PLAIN)
    best: tuple[str, str] | tuple[None, None] = None, None
    most = (False, 0, 0)
    for start, end in sentence_spans(text)[:_MOST_SENTENCES]:
        words = plain[start:end].split()
        if opinions.keys().isdisjoint(words):
            continue
        places = [place for place, word in enumerate(words) if word in opinions]
        features = [feature for place in places[:2] if (feature := _feature(words, place))]
        score = (LEAST_WORDS <= len(words) <= MOST_WORDS, len(features), -len(words))
        if features and (best[0] is None or score > most):
            best, most = (text[start:end], features[0]), score
    return best


def _feature(words: list[str], place: int) -> str | None:
    """The feature of the opinion word at a place: the next word ("warm sound"), else a preceding one ("the sound is warm")."""
    if place + 1 < len(words) and _can_be_feature(words[place + 1]):
        return words[place + 1]
    return next((word for word in words[max(0, place - _BACK) : place][::-1] if _can_be_feature(word)), None)


@lru_cache(maxsize=65_536)
def _can_be_feature(word: str) -> bool:
    plain = len(word) > 2 and word.replace("-", "").isalpha() and not word.endswith("ly")
    return plain and word not in valences() and stem(word) not in _non_features()


@lru_cache(maxsize=1)
def _non_features() -> frozenset[str]:
    lists = word_lists("keywords.txt")
    senses = {stem(word) for word in lists["senses"]}  # "great sound", "nice look": often nouns
    return frozenset(stem(word) for name in _NO_FEATURE for word in lists[name]) - senses
