"""A shopper's likes and dislikes, from claims about training purchases (split "train"), never from held-out ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rdrec.explorer.answers import Distilled, Purchase
from rdrec.explorer.highlights import why_not


@dataclass(frozen=True)
class Profile:
    """Claims with their counts, most frequent first; `reviews`: number of reviews with claims."""

    likes: tuple[tuple[str, int], ...]
    dislikes: tuple[tuple[str, int], ...]
    attributes: tuple[tuple[str, int], ...]
    reviews: int


def profile(history: Sequence[Purchase], rationales: Mapping[int, Distilled]) -> Profile:
    """Count the claims about training purchases, without unsupported ones."""
    counts: dict[str, Counter[str]] = {"like": Counter(), "dislike": Counter(), "attributes": Counter()}
    reviews = 0
    for purchase in history:
        distilled = rationales.get(purchase.position)
        if purchase.split != "train" or distilled is None or not distilled.claims:
            continue
        reviews += 1
        for index, claim in enumerate(distilled.claims):
            if why_not(distilled, index, purchase.review or ""):
                continue
            if claim.kind == "item_attribution":
                counts["attributes"][claim.text.strip()] += 1
            elif claim.polarity in counts:
                counts[claim.polarity][claim.text.strip()] += 1
    likes, dislikes, attributes = (tuple(counts[key].most_common()) for key in ("like", "dislike", "attributes"))
    return Profile(likes, dislikes, attributes, reviews)
