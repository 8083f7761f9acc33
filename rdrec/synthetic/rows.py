"""One shopper as rows of tables: interactions, truth, answer key.

Rows refer to products by index, because item numbers depend on earlier users.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

import numpy as np

from rdrec.core.records import NothingFound, Rationale
from rdrec.data.rationales import answer_fields
from rdrec.synthetic.rationale import answer_key
from rdrec.synthetic.reviews import Sentence, Writer, Written
from rdrec.synthetic.spec import DETAIL, World
from rdrec.synthetic.tastes import Purchase, Shop, Shopper

NOTHING = "says nothing of the product"
_SPECIFICITY = {"quality": 1, DETAIL: 2}  # 0: a value, such as "theme=space"
_LEAST_WORDS, _MOST_WORDS = 3, 20  # of an explanation; students' targets are cut to 20 tokens
_TRAIN, _VALIDATION = 0.8, 0.9  # the released random 80/10/10 split of reviews


@dataclass(frozen=True)
class ShopperRows:
    """The rows of one user: products (P,) as indices, texts (P,), and the other columns of each table, row by row."""

    number: int
    products: tuple[int, ...]
    texts: tuple[str, ...]
    interactions: tuple[dict[str, Any], ...]
    truth: tuple[dict[str, Any], ...]
    standing: dict[str, Any]
    rationales: tuple[dict[str, Any], ...]


def shopper_rows(shop: Shop, number: int, salts: Mapping[int, int] | None = None) -> ShopperRows:
    """All rows of user `number`; `salts` {position: n} rewrites the review of that purchase."""
    shopper = shop.shopper(number)
    written = Writer(shop, shopper).reviews(salts)
    midnight = int(datetime.combine(shop.world.first_day, time(), UTC).timestamp())
    pairs = list(zip(shopper.purchases, written, strict=True))
    return ShopperRows(
        number,
        tuple(purchase.product for purchase in shopper.purchases),
        tuple(review.text for review in written),
        tuple(_interaction(shop, number, place, midnight, *pair) for place, pair in enumerate(pairs)),
        tuple(_truth(shop, *pair) for pair in pairs),
        _standing(shop, shopper),
        tuple(answer_fields(_answer(shop.world, review)) for review in written),
    )


def _interaction(shop: Shop, number: int, place: int, midnight: int, purchase: Purchase, written: Written) -> dict[str, Any]:
    explanation = _explanation(written)
    drawn = random.Random(f"{shop.seed} {number} {place} split").random()
    return {
        "timestamp": midnight + purchase.second,
        "rating": float(purchase.stars),
        "review": written.text,
        "summary": written.title,
        "explanation": None if explanation is None else written.text[explanation.start : explanation.end],
        "feature": None if explanation is None else feature(str(explanation.aspect)),
        "text_split": "train" if drawn < _TRAIN else "val" if drawn < _VALIDATION else "test",
    }


def feature(aspect: str) -> str:
    """The feature word of an explanation: "space" for "theme=space"."""
    return "details" if aspect == DETAIL else aspect.split("=", 1)[1].replace("-", " ")


def _explanation(written: Written) -> Sentence | None:
    """The statement that explains the purchase, among those of suitable length: praise before complaints; motives before other values,
    then qualities, then small details; the first of equals."""
    fit = [s for s in written.statements if _LEAST_WORDS <= len(written.text[s.start : s.end].split()) <= _MOST_WORDS]
    return min(fit, key=lambda s: (s.sign != "+", not s.motive, _SPECIFICITY.get(_kind(s), 0)), default=None)


def _kind(sentence: Sentence) -> str:
    return str(sentence.aspect).split("=", 1)[0]


def _truth(shop: Shop, purchase: Purchase, written: Written) -> dict[str, Any]:
    names, weights = shop.world.value_names, shop.weights(purchase.taste)
    drivers = [[names[value], round(float(weights[value]), 3)] for value in purchase.drivers]
    return {
        "cause": purchase.cause,
        "recipient": purchase.person.who if purchase.person else None,
        "drivers": json.dumps(drivers),
        "sentences": json.dumps([[s.start, s.end, s.aspect, s.sign] for s in written.sentences]),
        "motives": json.dumps([s.aspect for s in written.sentences if s.motive]),
    }


def _standing(shop: Shop, shopper: Shopper) -> dict[str, Any]:
    """The truth about a user: motives, and the probability of every product at the last purchase."""
    chances = shop.chances(shopper, len(shopper.purchases) - 1)
    return {
        "motives": json.dumps([shop.world.value_names[value] for value in shopper.motives]),
        "chances": chances.astype(np.float32),
    }


def _answer(world: World, written: Written) -> Rationale | NothingFound:
    if not written.statements:
        return NothingFound(NOTHING)
    return answer_key(world, written)
