"""Build RDRec's two sentences from short phrases: "The user prefers ..., and dislikes ...", "The item's attributes are ..."."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rdrec.core.records import Claim, ClaimKind, joined
from rdrec.core.settings import integer

MOST_WORDS = 20  # students' targets are cut to about this many tokens


def sentence_of(kind: ClaimKind, claims: Iterable[Claim]) -> str | None:
    """A sentence of at most `MOST_WORDS` words, made of the claims of one kind in their own words; None if there are none.

    Praise and what is neutral come first, then criticism.  While the phrases do not fit, the side with more of them loses its last one.
    """
    of_kind = [claim for claim in claims if claim.kind == kind]
    good = list(dict.fromkeys(claim.text for claim in of_kind if claim.polarity != "dislike"))
    bad = list(dict.fromkeys(claim.text for claim in of_kind if claim.polarity == "dislike" and claim.text not in good))
    say = _attributes if kind == "item_attribution" else _preference
    while len(good) + len(bad) > 1 and not _fits(say(good, bad)):
        max((good, bad), key=lambda phrases: (len(phrases), len(" ".join(phrases).split()))).pop()
    return say(good, bad) if good or bad else None


def _preference(likes: Sequence[str], dislikes: Sequence[str]) -> str:
    if likes and dislikes:
        return f"The user prefers {joined(likes)}, and dislikes {joined(dislikes)}."
    return f"The user prefers {joined(likes)}." if likes else f"The user dislikes {joined(dislikes)}."


def _attributes(good: Sequence[str], bad: Sequence[str]) -> str:
    return f"The item's attributes are {joined([*good, *bad])}."


def _fits(sentence: str) -> bool:
    return len(sentence.split()) <= MOST_WORDS and len(sentence) <= integer("distill.max_sentence_chars")
