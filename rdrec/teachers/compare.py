"""Compare two teachers on the same reviews: how often each answers, how much they agree, and where they differ most."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from rdrec.core.home import Home
from rdrec.core.records import Claim, InputError, Rationale, Review
from rdrec.core.settings import integer
from rdrec.data.content_words import content_stems
from rdrec.data.rationales import answer_of, load_rationales
from rdrec.data.store import load_dataset
from rdrec.teachers.base import RULES
from rdrec.teachers.measure import Measured, ReviewedRationale, measure, rounded, with_claims
from rdrec.teachers.run import reviews_by_key

_Key = tuple[int, int]  # user, position


@dataclass(frozen=True)
class Example:
    """A review on which two teachers differ; alike: share of content words that both use."""

    review: Review
    one: Rationale
    other: Rationale
    alike: float


@dataclass(frozen=True)
class Comparison:
    """The comparison of two teachers; shares are None if there is nothing to compare.

    status     number of reviews for each pair of outcomes, such as ("ok", "nothing"); "unread" if a teacher has no row
    agree      share of the first teacher's claims that the second also makes: a shared content word, same kind and polarity
    opposed    share of the first teacher's claims of which the second says the opposite, without also agreeing
    alike      mean share of content words in common, over the reviews for which both have a rationale
    by_chance  the same between rationales of different reviews, that is, whatever the teachers read
    """

    reviews: int
    status: dict[tuple[str, str], int]
    one: Measured
    other: Measured
    agree: float | None
    opposed: float | None
    alike: float | None
    by_chance: float | None
    examples: tuple[Example, ...]

    def as_json(self) -> dict[str, Any]:
        """The comparison as JSON types, rounded."""
        return {
            "reviews": self.reviews,
            "status": {" / ".join(key): count for key, count in sorted(self.status.items())},
            "measured": [self.one.as_json(), self.other.as_json()],
            **rounded({name: getattr(self, name) for name in ("agree", "opposed", "alike", "by_chance")}),
            "examples": [
                {
                    "user": example.review.user,
                    "position": example.review.position,
                    "alike": round(example.alike, 4),
                    "rationales": [[r.user_preference, r.item_attribution] for r in (example.one, example.other)],
                }
                for example in self.examples
            ],
        }


def compare(home: Home, data: str, one: str, other: str, seed: int = 0) -> Comparison:
    """Compare two teachers.  Raises UnknownNameError for a teacher without rationales, InputError if both are the same."""
    if one == other:
        raise InputError("both names are the same teacher", where=one, todo="name two different teachers")
    reviews = reviews_by_key(load_dataset(home, data).interactions)
    tables = [load_rationales(home, data, name) for name in (one, other)]
    status = [_status(table) for table in tables]
    told = [_told(table, reviews) for table in tables]
    both = sorted(told[0].keys() & told[1].keys())
    pairs = [(reviews[key], told[0][key], told[1][key]) for key in both]
    shares = [_agreement(first, second) for _, first, second in pairs]
    claims = sum(share[2] for share in shares)
    alike = [_alike(first, second) for _, first, second in pairs]
    order = np.random.default_rng([seed, len(pairs)]).permutation(len(pairs))
    chance = [_alike(pairs[i][1], pairs[j][2]) for i, j in zip(order, np.roll(order, 1), strict=True) if i != j]
    return Comparison(
        len(reviews),
        dict(Counter((status[0].get(key, "unread"), status[1].get(key, "unread")) for key in reviews)),
        measure(_pairs(told[0], reviews), seed, one in RULES),
        measure(_pairs(told[1], reviews), seed, other in RULES),
        sum(share[0] for share in shares) / claims if claims else None,
        sum(share[1] for share in shares) / claims if claims else None,
        float(np.mean(alike)) if alike else None,
        float(np.mean(chance)) if chance else None,
        _examples(pairs, alike),
    )


def rationales_of(home: Home, data: str, teacher: str) -> list[ReviewedRationale]:
    """All rationales of a teacher with their reviews, in the order of the data set."""
    reviews = reviews_by_key(load_dataset(home, data).interactions)
    return with_reviews(load_rationales(home, data, teacher), reviews)


def with_reviews(table: pd.DataFrame, reviews: dict[_Key, Review]) -> list[ReviewedRationale]:
    """The rationales of a table with their reviews, in the order of the reviews' keys."""
    return _pairs(_told(table, reviews), reviews)


def _status(table: pd.DataFrame) -> dict[_Key, str]:
    return {(int(u), int(p)): s for u, p, s in zip(table["user"], table["position"], table["status"], strict=True)}


def _told(table: pd.DataFrame, reviews: dict[_Key, Review]) -> dict[_Key, Rationale]:
    found = {}
    for row in table.to_dict("records"):
        key = (int(row["user"]), int(row["position"]))
        answer = answer_of(row)
        if isinstance(answer, Rationale) and key in reviews:
            found[key] = with_claims(reviews[key], answer)
    return found


def _pairs(told: dict[_Key, Rationale], reviews: dict[_Key, Review]) -> list[ReviewedRationale]:
    return [(reviews[key], told[key]) for key in sorted(told)]


def _agreement(one: Rationale, other: Rationale) -> tuple[int, int, int]:
    """(claims that agree, claims that are opposed, claims) of the first rationale against the second."""
    agree = opposed = 0
    for claim in one.claims:
        near = [said for said in other.claims if said.kind == claim.kind and _stems(said) & _stems(claim)]
        if any(said.polarity == claim.polarity for said in near):
            agree += 1
        elif any({said.polarity, claim.polarity} == {"like", "dislike"} for said in near):
            opposed += 1
    return agree, opposed, len(one.claims)


def _stems(claim: Claim) -> set[str]:
    return content_stems(claim.text)


def _alike(one: Rationale, other: Rationale) -> float:
    """Content words in common, of all of both (Jaccard)."""
    words = [set().union(*map(_stems, rationale.claims)) for rationale in (one, other)]
    return len(words[0] & words[1]) / len(words[0] | words[1]) if words[0] | words[1] else 0.0


def _examples(pairs: list[tuple[Review, Rationale, Rationale]], alike: list[float]) -> tuple[Example, ...]:
    """The reviews on which the teachers differ most: fewest words in common first, then longer rationales first."""
    order = sorted(range(len(pairs)), key=lambda i: (alike[i], -len(pairs[i][1].claims) - len(pairs[i][2].claims), i))
    return tuple(Example(*pairs[i], alike[i]) for i in order[: integer("distill.shown_examples")])
