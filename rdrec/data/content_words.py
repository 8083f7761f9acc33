"""The words of a phrase that carry its meaning, as stems: what claims and reviews are compared by."""

from __future__ import annotations

from rdrec.data.english import stem, words_of

_GENERAL = frozenset(
    stem(word)
    for word in [
        "a",
        "an",
        "the",
        "of",
        "and",
        "or",
        "that",
        "is",
        "are",
        "be",
        "good",
        "poor",
        "well",
        "product",
        "quality",
        "overall",
        "very",
        "not",
        "no",
    ]
)  # name nothing
_JUDGING = frozenset(stem(word) for word in ("good", "poor", "well", "quality"))


def content_stems(text: str) -> set[str]:
    """The words of a phrase in one form each ("clamps" and "clamp"), without those that name nothing."""
    return {stem(word) for word in words_of(text)} - _GENERAL


def general_stems(text: str) -> set[str]:
    """Those of its words that judge in general ("good", "quality")."""
    return {stem(word) for word in words_of(text)} & _JUDGING
