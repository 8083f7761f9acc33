"""Rules for praise and blame by verbs and set phrases: "can't put it down", "gave up after a day", "held up well".

In: the tokens of one sentence and its number.  Out: `Opinion`s, said by the label of the phrase (durability, appeal, ...).
It refuses to know any product: the phrases of `assets/lexicons/idioms.txt` are general English.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from rdrec.language.clauses import make
from rdrec.language.lexicons import idiom_lines, word_set
from rdrec.language.negation import denial, unreal
from rdrec.language.opinions import Opinion, Said
from rdrec.language.phrases import base
from rdrec.language.tokens import Token

# label -> (aspect, said when it is praise, said when it is blame)
IDIOM_LABELS = {
    "durability": ("durability", "durability", "poor durability"),
    "interest": ("lasting appeal", "lasting appeal", "little lasting appeal"),
    "quality": ("overall quality", "good overall quality", "poor overall quality"),
    "value": ("value", "good value for money", "poor value for money"),
}
_NOT_YET = word_set("if unless whether when whenever until")


class _Idiom(NamedTuple):
    words: tuple[str, ...]
    label: str
    sign: int
    mark: str


@lru_cache(maxsize=1)
def _idioms() -> dict[str, tuple[_Idiom, ...]]:
    """First word -> its phrases, longest first."""
    by_first: dict[str, list[_Idiom]] = {}
    for label, sign, phrase in idiom_lines():
        words = phrase.split()
        mark = words.pop(0) if words[0] in ("!", "=") else ""
        by_first.setdefault(words[0].lower(), []).append(_Idiom(tuple(w.lower() for w in words), label, sign, mark))
    return {first: tuple(sorted(found, key=lambda idiom: -len(idiom.words))) for first, found in by_first.items()}


def idioms(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """Every set phrase of the list that stands in the sentence, with its sign."""
    known = _idioms()
    for index, token in enumerate(tokens):
        for idiom in (
            *known.get(token.lower, ()),
            *(known.get(base(token.lower), ()) if base(token.lower) != token.lower else ()),
        ):
            last = index + len(idiom.words)
            if last > len(tokens) or not _matches(tokens, index, idiom.words):
                continue
            denied = denial(tokens, index)
            if (idiom.mark == "!" and denied is None) or unreal(tokens, index, _NOT_YET):
                continue
            turned = denied is not None and not idiom.mark
            sign = -idiom.sign if turned else idiom.sign
            aspect, good, bad = IDIOM_LABELS[idiom.label]
            said = Said(good if sign > 0 else bad, "mass")
            places = list(range(index, last))
            yield make(
                "idiom",
                sign,
                aspect,
                aspect,
                said,
                said,
                tokens,
                places,
                denied if turned or idiom.mark == "!" else None,
                index,
                number,
                False,
            )
            break


def _matches(tokens: Sequence[Token], index: int, words: tuple[str, ...]) -> bool:
    return all(
        word == "_" or word in (tokens[index + at].lower, base(tokens[index + at].lower)) for at, word in enumerate(words)
    )
