"""Check a student's sentence about a shopper against the shopper's true motives.

The truth is known only for invented shops: the table `motives` has one row per standing motive of a user, in the wording of the answer key.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

COLUMNS = ("user", "motive", "named")
LEAST_REVIEWS = 2  # training reviews that must mention an attribute of a product, because a single one may be wrong
_FRAME = re.compile(r"^\s*the (?:user|shopper)\s+", re.IGNORECASE)
_VERB = re.compile(r"^(?:and |but )*(prefers|likes|dislikes)\s+", re.IGNORECASE)
_BREAK = re.compile(r",\s*|\s+and\s+|;\s*")


@dataclass(frozen=True, slots=True)
class Motive:
    """A true motive of a shopper of an invented shop; `named`: whether a review in the training data mentions it."""

    text: str
    named: bool


@dataclass(frozen=True, slots=True)
class SaidPhrase:
    """One like or dislike in a sentence about a shopper; `true`: None if the truth is unknown."""

    text: str
    dislikes: bool
    true: bool | None


def phrases(sentence: str, motives: Collection[Motive] | None) -> tuple[SaidPhrase, ...]:
    """Parse "The user prefers a, b and c, and dislikes d." into unique phrases and compare them with the motives, if known."""
    known = None if motives is None else {motive.text.casefold() for motive in motives}
    found: dict[str, SaidPhrase] = {}
    dislikes = False
    for part in _BREAK.split(_FRAME.sub("", sentence).strip().rstrip(".")):
        verb = _VERB.match(part)
        dislikes = verb[1].lower() == "dislikes" if verb else dislikes
        text = part[verb.end() :].strip() if verb else part.strip()
        negated = text.lower().startswith("not ")
        text = text[4:] if negated else text
        if text:
            true = None if known is None else text.casefold() in known and not (dislikes or negated)
            found.setdefault(text.casefold(), SaidPhrase(text, dislikes or negated, true))
    return tuple(found.values())
