"""What a sentence leans to by set phrases that judge nothing by themselves: "every day since", "had to glue it", "as shown".

In: the tokens of one sentence.  Out: a number above 0 (praise) or below (blame).
It refuses to know the stars and any product; the phrases are those of `assets/lexicons/leanings.txt`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from rdrec.language.lexicons import leaning_lines
from rdrec.language.negation import denial
from rdrec.language.phrases import base
from rdrec.language.tokens import Token

_MOST = 2  # phrases of one sentence that count on either side


class _Phrase(NamedTuple):
    words: tuple[str, ...]
    sign: int
    mark: str


@lru_cache(maxsize=50_000)
def _beginning(word: str) -> tuple[_Phrase, ...]:
    """The phrases that a word may begin, as it stands before those of its base form; none for most words."""
    known, verb = _phrases(), base(word)
    return (*known.get(word, ()), *(known.get(verb, ()) if verb != word else ()))


@lru_cache(maxsize=1)
def _phrases() -> dict[str, tuple[_Phrase, ...]]:
    """First word -> its phrases, longest first."""
    by_first: dict[str, list[_Phrase]] = {}
    for sign, phrase in leaning_lines():
        words = phrase.lower().split()
        mark = words.pop(0) if words[0] in ("!", "=") else ""
        by_first.setdefault(words[0], []).append(_Phrase(tuple(words), sign, mark))
    return {first: tuple(sorted(found, key=lambda one: -len(one.words))) for first, found in by_first.items()}


def leaning(tokens: Sequence[Token]) -> float:
    """Praising less blaming phrases, at most `_MOST` of each; each word counts once, the longest phrase first."""
    up, down, at = 0, 0, 0
    lowers = [token.lower for token in tokens]
    bases = [base(word) for word in lowers]
    while at < len(tokens):
        phrases = _beginning(lowers[at])
        found = _at(tokens, lowers, bases, at, phrases) if phrases else None
        if found is None:
            at += 1
            continue
        sign, last = found
        up, down = up + (sign > 0), down + (sign < 0)
        at = last
    return min(up, _MOST) - min(down, _MOST)


def _at(
    tokens: Sequence[Token], lowers: Sequence[str], bases: Sequence[str], at: int, phrases: Sequence[_Phrase]
) -> tuple[int, int] | None:
    """The first of the phrases that stands at `at`: (sign, place after it)."""
    for phrase in phrases:
        if not stands(phrase.words, lowers, bases, at):
            continue
        last = at + len(phrase.words)
        denied = phrase.mark != "=" and denial(tokens, at) is not None
        if phrase.mark == "!" and not denied:
            continue
        return (-phrase.sign if denied and not phrase.mark else phrase.sign), last
    return None


def stands(words: Sequence[str], lowers: Sequence[str], bases: Sequence[str], at: int) -> bool:
    """Whether a phrase whose first word is known to stand at `at` goes on there, each word as it is or in its base form; "_" is any word."""
    if at + len(words) > len(lowers):
        return False
    for place in range(1, len(words)):  # a plain loop: it runs for a hundred phrases a sentence, and mostly ends at once
        word = words[place]
        if word != lowers[at + place] and word != bases[at + place] and word != "_":
            return False
    return True
