"""Stems of the content words of a phrase, by which claims and reviews are compared."""

from __future__ import annotations

from rdrec.data.english import stem, words_of

# too general to distinguish phrases
_GENERAL = frozenset(
    map(
        stem,
        [
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
        ],
    )
)
_JUDGING = frozenset(stem(word) for word in ("good", "poor", "well", "quality"))


def content_stems(text: str) -> set[str]:
    """Stems of the words of a phrase ("clamp" for "clamps"), without general words."""
    return {stem(word) for word in words_of(text)} - _GENERAL


def general_stems(text: str) -> set[str]:
    """Stems of the words of a phrase that express a general opinion ("good", "quality")."""
    return {stem(word) for word in words_of(text)} & _JUDGING
