"""The review whose way into a ranking the first view shows: the shopper's words, and what a teacher made of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rdrec.core.records import Claim
from rdrec.explorer.answers import Distilled, Purchase

_WORD = re.compile(r"\w+")
_END = re.compile(r"[.!?\n]+\s+")


@dataclass(frozen=True)
class Example:
    """A training purchase whose review has a rationale; `quote`: the words of the review to show, on one line."""

    purchase: Purchase
    distilled: Distilled
    quote: str


def example(history: Sequence[Purchase], shown: Mapping[int, Distilled], learned: Mapping[int, Distilled]) -> Example | None:
    """The newest training purchase where both teachers note the same liking, or else the newest with claims; None without any.

    shown    the rationales on the page, by position
    learned  those that the students learned from, often of another teacher
    With a common liking, the quote is the sentence that states it; otherwise the evidence for the first claim, or the review.
    """
    newest: Example | None = None
    for purchase in reversed(history):
        distilled = shown.get(purchase.position)
        if purchase.split != "train" or not purchase.review or distilled is None or not distilled.claims:
            continue
        if newest is None:
            newest = Example(purchase, distilled, _evidence(purchase.review, distilled.claims))
        other = learned.get(purchase.position)
        if other is not None and (quote := _common_liking(purchase.review, distilled.claims, other.claims)):
            return Example(purchase, distilled, quote)
    return newest


def _common_liking(review: str, claims: Sequence[Claim], others: Sequence[Claim]) -> str | None:
    """The sentences that give evidence for the first liking in both lists, if they name it in words of the review; else None."""
    known = [_words(other.text) for other in others if _is_liking(other)]
    for claim in filter(_is_liking, claims):
        words = _words(claim.text)
        same = [both for both in (words & other for other in known if words <= other or words >= other) if both]
        if same and claim.spans:
            quote = _sentences(review, claim.spans[0].start, claim.spans[-1].end)
            if any(both & _words(quote) for both in same):
                return quote
    return None


def _is_liking(claim: Claim) -> bool:
    return claim.kind == "user_preference" and claim.polarity == "like"


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


def _sentences(text: str, start: int, end: int) -> str:
    """The whole sentences that contain `text[start:end]`, on one line."""
    begin = max((found.end() for found in _END.finditer(text, 0, start)), default=0)
    last = _END.search(text, max(start, end - 1))
    return _on_one_line(text[begin : last.end() if last else len(text)])


def _evidence(review: str, claims: Sequence[Claim]) -> str:
    claim = next((claim for claim in claims if claim.spans), None)
    return _on_one_line(review[claim.spans[0].start : claim.spans[-1].end] if claim else review)


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
