"""Which words of a student's sentence about a shopper are true, and which products have what a shopper likes.

The truth is known of invented shops alone: table `motives`, one row a standing motive of a user, in the answer key's words.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

COLUMNS = ("user", "motive", "named")
LEAST_REVIEWS = 2  # training reviews that must credit a product with an attribute: one may be a slip
_FRAME = re.compile(r"^\s*the (?:user|shopper)\s+", re.IGNORECASE)
_VERB = re.compile(r"^(?:and |but )*(prefers|likes|dislikes)\s+", re.IGNORECASE)
_BREAK = re.compile(r",\s*|\s+and\s+|;\s*")


@dataclass(frozen=True, slots=True)
class Motive:
    """What really moves a shopper of an invented shop; `named`: whether a review that students may learn from names it."""

    text: str
    named: bool


@dataclass(frozen=True, slots=True)
class SaidPhrase:
    """One thing that a sentence says a shopper likes or dislikes; `true`: None where the truth is unknown."""

    text: str
    dislikes: bool
    true: bool | None


def phrases(sentence: str, motives: Collection[Motive] | None) -> tuple[SaidPhrase, ...]:
    """What "The user prefers a, b and c, and dislikes d." says, each phrase once, held against the motives where they are known."""
    true = None if motives is None else {motive.text.casefold() for motive in motives}
    found: dict[str, SaidPhrase] = {}
    dislikes = False
    for part in _BREAK.split(_FRAME.sub("", sentence).strip().rstrip(".")):
        verb = _VERB.match(part)
        dislikes = verb[1].lower() == "dislikes" if verb else dislikes
        text = part[verb.end() :].strip() if verb else part.strip()
        denied = text.lower().startswith("not ")
        text = text[4:] if denied else text
        if text:
            right = None if true is None else text.casefold() in true and not (dislikes or denied)
            found.setdefault(text.casefold(), SaidPhrase(text, dislikes or denied, right))
    return tuple(found.values())
