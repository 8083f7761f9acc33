"""Choose the review that the strip at the top of the page follows, and the words of it to quote."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rdrec.core.records import Claim
from rdrec.explorer.answers import Distilled, Purchase
from rdrec.explorer.highlights import why_not

RECENT = 3  # the newest purchases, which the page shows beside the strip
_SPEAKS = 40  # characters from which a quote usually makes sense by itself
_WORD = re.compile(r"\w+")
_END = re.compile(r"[.!?]+\s+|\s*\n\s*")


@dataclass(frozen=True)
class Example:
    """A training purchase whose review has a rationale; `quote`: the words of the review to show, on one line."""

    purchase: Purchase
    distilled: Distilled
    quote: str


def example(history: Sequence[Purchase], shown: Mapping[int, Distilled], learned: Mapping[int, Distilled]) -> Example | None:
    """One of the newest purchases where two teachers note the same liking, or else the newest with claims; None without any.

    shown    the rationales on the page, by position
    learned  those that the student with rationales learned from, often of another teacher
    The quote is the sentence that states the common liking, preferably one that makes sense by itself, or else the evidence for the
    first claim.  Claims that the review does not support are ignored, and held-out purchases are never an example.
    """
    known = [purchase for purchase in history if purchase.split != "test"]
    alike = [
        Example(purchase, shown[purchase.position], quote)
        for purchase in reversed(known[-RECENT:])
        for quote in _common_likings(purchase, shown.get(purchase.position), learned.get(purchase.position))
    ]
    if alike:
        return next((found for found in alike if _speaks(found.quote)), alike[0])
    for purchase in reversed(known):
        distilled = shown.get(purchase.position)
        if _can_be_shown(purchase) and distilled is not None and distilled.claims:
            return Example(purchase, distilled, _evidence(purchase.review or "", _supported(purchase, distilled)))
    return None


def _common_likings(purchase: Purchase, one: Distilled | None, other: Distilled | None) -> Iterator[str]:
    """The sentences that state each liking in the claims of both, if they name it."""
    if one is None or other is None or not _can_be_shown(purchase):
        return
    review = purchase.review or ""
    known = [_words(claim.text) for claim in _likings(purchase, other)]
    for claim in _likings(purchase, one):
        words, where = _words(claim.text), _place(review, claim)
        same = [words & others for others in known if words <= others or words >= others]
        if where is not None:
            quote = _sentences(review, *where)
            if any(both & _words(quote) for both in same):
                yield quote


def _can_be_shown(purchase: Purchase) -> bool:
    return purchase.split == "train" and bool((purchase.review or "").strip())


def _likings(purchase: Purchase, distilled: Distilled) -> list[Claim]:
    found = _supported(purchase, distilled)
    return [claim for claim in found if claim.kind == "user_preference" and claim.polarity == "like"]


def _supported(purchase: Purchase, distilled: Distilled) -> list[Claim]:
    review = purchase.review or ""
    return [claim for index, claim in enumerate(distilled.claims) if not why_not(distilled, index, review)]


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


def _place(review: str, claim: Claim) -> tuple[int, int] | None:
    """Start and end of the evidence for a claim, without white space; None if there is none within the review."""
    spans = [span for span in claim.spans if span.end <= len(review) and review[span.start : span.end].strip()]
    if not spans:
        return None
    start, end = min(span.start for span in spans), max(span.end for span in spans)
    return start, start + len(review[start:end].rstrip())


def _sentences(review: str, start: int, end: int) -> str:
    """The whole sentences that contain `review[start:end]`, on one line."""
    begin = max((found.end() for found in _END.finditer(review, 0, start)), default=0)
    last = _END.search(review, end - 1)
    return _on_one_line(review[begin : last.end() if last else len(review)])


def _evidence(review: str, claims: Sequence[Claim]) -> str:
    """The sentences that give evidence for the first claim that has any, or else the review."""
    where = next((found for claim in claims if (found := _place(review, claim))), None)
    return _sentences(review, *where) if where else _on_one_line(review)


def _speaks(quote: str) -> bool:
    return len(quote) >= _SPEAKS and not quote.endswith("?")


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
