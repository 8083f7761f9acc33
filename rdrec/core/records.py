"""Typed records that pass between stages, and the base class of errors.

The records are frozen dataclasses whose constructors refuse impossible values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import pandas as pd

K = TypeVar("K")
V = TypeVar("V")
ClaimKind = Literal["user_preference", "item_attribution"]
Polarity = Literal["like", "dislike", "neutral"]

CLAIM_KINDS: tuple[ClaimKind, ...] = ("user_preference", "item_attribution")
POLARITIES: tuple[Polarity, ...] = ("like", "dislike", "neutral")


class RDRecError(Exception):
    """Bad input or a broken artefact; the message says what, where, and what to do.

    Programming mistakes are not RDRecErrors; they fail an `assert`.
    """

    def __init__(self, what: str, *, where: object = None, todo: str | None = None) -> None:
        self.what, self.where, self.todo = what, None if where is None else str(where), todo
        text = what if where is None else f"{where}: {what}"
        super().__init__(text if todo is None else f"{text} - {todo}")


class InputError(RDRecError):
    """A file, option or identifier from outside is invalid."""


class UnknownNameError(RDRecError):
    """A data set, user, item, teacher or student that does not exist."""


class ArtefactError(RDRecError):
    """A file written by this program is missing, was altered or belongs elsewhere."""


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of characters of one review's text."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise InputError(f"a span needs 0 <= start < end, not [{self.start}, {self.end})")


@dataclass(frozen=True, slots=True)
class Review:
    """One purchase with its review, as a teacher sees it.

    `position` counts from 0 in the user's history, oldest first; (user, position) is unique in a data set.
    """

    user: int
    position: int
    item: int
    text: str
    summary: str | None = None
    rating: float | None = None
    sentence: str | None = None  # the sentence that represents the review in explanation.json, if any

    @property
    def key(self) -> tuple[int, int]:
        """User and position."""
        return self.user, self.position


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement of a rationale, and the words of the review that support it.

    `text` is the claim in the teacher's words ("sturdy clamps").  `spans` point into `Review.text`; they are empty if the teacher gave no
    evidence, and the page then flags the claim as unsupported.  `leaked`: the claim was copied from the examples in the teacher's prompt.
    """

    kind: ClaimKind
    text: str
    polarity: Polarity
    spans: tuple[Span, ...] = ()
    leaked: bool = False

    def __post_init__(self) -> None:
        if self.kind not in CLAIM_KINDS or self.polarity not in POLARITIES or not self.text.strip():
            raise InputError(f"not a claim: kind {self.kind!r}, polarity {self.polarity!r}, text {self.text!r}")


@dataclass(frozen=True, slots=True)
class Rationale:
    """A teacher's reasons for a purchase: at least one of the two sentences (RDRec, section 3.1)."""

    user_preference: str | None
    item_attribution: str | None
    claims: tuple[Claim, ...] = ()

    def __post_init__(self) -> None:
        if not (self.user_preference or self.item_attribution):
            raise InputError("a rationale needs a preference or an attribution; use NothingFound otherwise")


@dataclass(frozen=True, slots=True)
class NothingFound:
    """A teacher found no reason in the review; `reason` is a short fixed phrase that is counted."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A teacher gave no usable answer, so the rationale is missing; `reason` is a short fixed phrase that is counted."""

    reason: str


TeacherAnswer = Rationale | NothingFound | Failed


@dataclass(frozen=True)
class Dataset:
    """One data set, in the form that all stages after `data` read.

    users         user int64 (1..U, dense), user_key str
    items         item int64 (1..I, dense), item_key str, title, brand, categories (str or None), price (float or NaN)
    interactions  user, position (0.. per user, oldest first), item int64; timestamp Int64 (Unix seconds), rating Float64,
                  review, summary, explanation, feature (str or None), text_split ("train" | "val" | "test" | None);
                  sorted by (user, position)
    negatives     None, or user int64 and negatives list[int64]: the released 99 of each user
    meta          how it was made: source, options, and counts of dropped lines by reason

    Items are numbered in order of first appearance over the users' whole histories, as in the released files.  This is the ID leak
    of the `published` protocol; `data.splits` permutes the numbers for the others.
    """

    name: str
    users: pd.DataFrame
    items: pd.DataFrame
    interactions: pd.DataFrame
    negatives: pd.DataFrame | None
    meta: dict[str, object]

    @property
    def n_users(self) -> int:
        """Number of users; their IDs are 1 to this."""
        return len(self.users)

    @property
    def n_items(self) -> int:
        """Number of items; their IDs are 1 to this."""
        return len(self.items)


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """'1 user', '2 users', '3 entries'."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def joined(words: Sequence[str]) -> str:
    """'a, b and c'; at least one word."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def first_few(values: Sequence[object], limit: int = 5) -> str:
    """'a, b, c and 4 more', for error messages."""
    shown = ", ".join(str(value) for value in values[:limit])
    return shown if len(values) <= limit else f"{shown} and {len(values) - limit:,} more"


def grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    """key -> its values; both in the order in which they came."""
    found: dict[K, list[V]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found
