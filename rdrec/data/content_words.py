"""Stems of the content words of a phrase, by which claims and reviews are compared."""

from __future__ import annotations

from rdrec.data.english import stem, word_lists, words_of

_LISTS = word_lists("opinion_words.txt")
_GENERAL, _JUDGING = (frozenset(map(stem, _LISTS[name])) for name in ("general", "judging"))


def content_stems(text: str) -> set[str]:
    """Stems of the words of a phrase ("clamp" for "clamps"), without general words."""
    return {stem(word) for word in words_of(text)} - _GENERAL


def general_stems(text: str) -> set[str]:
    """Stems of the words of a phrase that express a general opinion ("good", "quality")."""
    return {stem(word) for word in words_of(text)} & _JUDGING
