"""Rules for praise and blame by verbs and set phrases: "can't put it down", "gave up after a day", "held up well".

In: the tokens of one sentence and its number.  Out: `Opinion`s, said by the label of the phrase (durability, appeal, ...).
It refuses to know any product: the phrases of `assets/lexicons/idioms.txt` are general English.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from rdrec.language.clauses import make, subject_of
from rdrec.language.leanings import stands
from rdrec.language.lexicons import idiom_lines, word_set, word_tags
from rdrec.language.negation import NEGATORS, denial, unreal
from rdrec.language.opinions import Opinion, Said
from rdrec.language.phrases import base, gerund
from rdrec.language.tokens import Token

# label -> (aspect, said when it is praise, said when it is blame)
IDIOM_LABELS = {
    "durability": ("durability", "durability", "poor durability"),
    "interest": ("lasting appeal", "lasting appeal", "little lasting appeal"),
    "quality": ("overall quality", "good overall quality", "poor overall quality"),
    "value": ("value", "good value for money", "poor value for money"),
}
_NOT_YET = word_set("if unless whether when whenever until")
_WISHED = word_set("would should hoping hope hoped looking supposed")
_FUNCTION_TAGS = ("RB", "WP", "DT", "IN", "TO", "PRP", "MD", "CC", "WDT", "PRP$", "WRB")


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


@lru_cache(maxsize=50_000)
def _beginning(word: str) -> tuple[_Idiom, ...]:
    """The phrases that a word may begin, as it stands before those of its base form; none for most words."""
    known, verb = _idioms(), base(word)
    return (*known.get(word, ()), *(known.get(verb, ()) if verb != word else ()))


def idioms(tokens: Sequence[Token], number: int) -> Iterator[Opinion]:
    """Every set phrase of the list that stands in the sentence, with its sign."""
    free = 0  # the first place that no phrase holds yet: "asked for a refund" is not also "refund"
    lowers = [token.lower for token in tokens]
    bases = [base(word) for word in lowers]
    for index, word in enumerate(lowers):
        if index < free:
            continue
        for idiom in _beginning(word):
            last = index + len(idiom.words)
            if not stands(idiom.words, lowers, bases, index):
                continue
            denied = denial(tokens, index)
            if (idiom.mark == "!" and denied is None) or unreal(
                tokens, index, _NOT_YET if denied is not None else _NOT_YET | _WISHED
            ):
                continue
            if idiom.label == "durability" and idiom.mark == "!" and not subject_of(tokens, index)[0]:
                continue  # "I cannot bend them" is not of the thing
            if (
                idiom.words[0] == "look"
                and base(tokens[index - 1].lower) == "have"
                and tokens[index - 1].lower in ("had", "'d")
            ):
                continue  # "had looked forward to it": no longer
            if idiom.words[0] == "tear" and [t.lower for t in tokens[max(0, index - 2) : index]] == ["wear", "and"]:
                continue
            turned = denied is not None and not idiom.mark
            sign = -idiom.sign if turned else idiom.sign
            aspect, good, bad = IDIOM_LABELS[idiom.label]
            words = _as_said(tokens, index, last, denied is not None)
            said = Said(f"{good if sign > 0 else bad}{f' ({words})' if words else ''}", "mass")
            places, free = list(range(index, last)), last
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


def _as_said(tokens: Sequence[Token], index: int, last: int, denied: bool) -> str:
    """The words of the phrase, its verb as a gerund: "asked for more" is "asking for more", "nothing came loose" is "no coming loose".

    Empty where they say nothing by themselves ("just what"), or are cut off ("looking forward to").
    """
    if tokens[last - 1].lower == "to":
        return ""
    if all(token.tag in _FUNCTION_TAGS or not token.lower.isalpha() for token in tokens[index:last]):
        return ""
    words = [token.lower for token in tokens[index:last]]
    passive = tokens[index].tag in ("VBN", "VBD") and any(
        base(token.lower) == "be" for token in tokens[max(0, index - 3) : index]
    )
    named = index > 0 and (
        tokens[index - 1].tag in ("DT", "JJ") or base(tokens[index - 1].lower) in ("be", "'s")
    )  # "a sucker for", "is spot on"
    verbal = tokens[index].tag.startswith("VB") or (tokens[index].tag.startswith("NN") and last - index > 1)
    verbal = verbal and not (named and word_tags().get(words[0], "NN").startswith("NN"))
    doing = gerund(words[0]) if verbal and not passive and words[0] not in NEGATORS else None
    if doing == "being":  # "could not be happier"
        return ""
    if doing == "keeping" and len(words) > 1 and words[1].endswith("ing"):  # "keep coming back"
        doing, words = words[1], words[1:]
    if doing is not None:
        return " ".join([*(["no"] if denied else []), doing, *words[1:]])
    return " ".join([*(["not"] if denied and words[0] not in NEGATORS else []), *words]).replace(" n't", "n't")
