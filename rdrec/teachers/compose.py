"""Build RDRec's two sentences from short phrases: "The user prefers ..., and dislikes ...", "The item's attributes are ..."."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rdrec.core.records import Claim, ClaimKind, joined
from rdrec.core.settings import integer

MOST_WORDS = 20  # students' targets are cut to about this many tokens

_Say = Callable[[Sequence[str], Sequence[str]], str]


def preference_sentence(likes: Sequence[str], dislikes: Sequence[str]) -> str | None:
    """A sentence of at most `MOST_WORDS` words; None if both lists are empty.  The last phrases are dropped if they do not fit."""
    return _fitted(likes, dislikes, _preference)


def attribute_sentence(phrases: Sequence[str], complaints: Sequence[str] = ()) -> str | None:
    """A sentence of at most `MOST_WORDS` words; None without phrases."""
    return _fitted(phrases, complaints, lambda good, bad: f"The item's attributes are {joined([*good, *bad])}.")


def sentence_of(kind: ClaimKind, claims: Iterable[Claim]) -> str | None:
    """The sentence made of the claims of one kind, in their own words; None if there are none."""
    return (attribute_sentence if kind == "item_attribution" else preference_sentence)(*_sides(claims, kind))


def _sides(claims: Iterable[Claim], kind: ClaimKind) -> tuple[list[str], list[str]]:
    """The phrases of all claims of one kind: those that praise or are neutral, and those that criticise."""
    of_kind = [claim for claim in claims if claim.kind == kind]
    good = [claim.text for claim in of_kind if claim.polarity != "dislike"]
    return good, [claim.text for claim in of_kind if claim.polarity == "dislike"]


def _preference(likes: Sequence[str], dislikes: Sequence[str]) -> str:
    if likes and dislikes:
        return f"The user prefers {joined(likes)}, and dislikes {joined(dislikes)}."
    return f"The user prefers {joined(likes)}." if likes else f"The user dislikes {joined(dislikes)}."


def _fitted(first: Sequence[str], second: Sequence[str], say: _Say) -> str | None:
    """The sentence with as many phrases as fit; each side keeps one while that can be, then the longer side goes."""
    one, two = list(dict.fromkeys(first)), list(dict.fromkeys(second))
    two = [phrase for phrase in two if phrase not in one]
    while len(one) + len(two) > 1 and not _fits(say(one, two)):
        side = max((one, two), key=lambda phrases: (len(phrases), _words(phrases)))
        side.pop()
    return say(one, two) if one or two else None


def _fits(sentence: str) -> bool:
    return len(sentence.split()) <= MOST_WORDS and len(sentence) <= integer("distill.max_sentence_chars")


def _words(phrases: Sequence[str]) -> int:
    return sum(len(phrase.split()) for phrase in phrases)
