"""Mark the words of a review that support claims: overlapping spans become pieces, each with all its claims.

The texts of the pieces, in order, add up to the review.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rdrec.core.records import Claim
from rdrec.explorer.answers import Distilled

NO_EVIDENCE = "no evidence given"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the text with the same claims throughout (indices into the review's claims); `starts`: claims that begin here."""

    text: str
    claims: tuple[int, ...]
    starts: tuple[int, ...]


def why_not(distilled: Distilled, index: int, text: str) -> str | None:
    """Why a claim is unsupported, or None if it is supported.  In older sets without stored checks, a claim needs a span in the text."""
    if distilled.why_not is not None:
        return distilled.why_not[index]
    return None if any(span.end <= len(text) for span in distilled.claims[index].spans) else NO_EVIDENCE


def pieces(text: str, claims: Sequence[Claim]) -> list[Piece]:
    """Cut `text` at every border of a span.  Spans that reach beyond the text are invalid and are ignored."""
    spans = [
        (span.start, span.end, index) for index, claim in enumerate(claims) for span in claim.spans if span.end <= len(text)
    ]
    first = {index: min(start for start, _, other in spans if other == index) for _, _, index in spans}
    borders = sorted({0, len(text), *(start for start, _, _ in spans), *(end for _, end, _ in spans)})
    answer = []
    for start, end in pairwise(borders):
        inside = tuple(sorted({index for s, e, index in spans if s <= start and end <= e}))
        answer.append(Piece(text[start:end], inside, tuple(index for index in inside if first[index] == start)))
    return answer
