"""Sentences in which a user names standing motives in reviews, with personal wordings that recur.

They use separate random streams, so that the dial `names` changes nothing else in a review, and a motive named at .3 is named in the same
words at .5.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from rdrec.synthetic.bank import PERSON_SLOTS, Line
from rdrec.synthetic.tastes import Purchase, Shop, Shopper

LACKS = "lacks"  # sign of a sentence about a missing motive: the writer likes the value, but the product does not have it
_OWN = {"+": 3, LACKS: 3}  # personal sentences per user, used in turn
_OWN_TOO = 2
_SECTIONS = {"+": "motive has", LACKS: "motive lacks"}
_WORDINGS = 2  # personal wordings per motive
_USUAL = 0.75  # probability of the first wording
_OPENING = 0.6  # probability that the review opens with the motive, if the product has it


@dataclass(frozen=True)
class Mention:
    """One sentence that names a motive.

    value: index of the value; sign: "+" or LACKS; first: it opens the review; draw: draws the choices in the line.
    """

    value: int
    sign: str
    line: Line
    words: dict[str, str]
    first: bool
    draw: Callable[[int], int]


class MotivePhrasing:
    """The personal sentences and wordings of one user."""

    def __init__(self, shop: Shop, shopper: Shopper) -> None:
        self._shop, self._shopper = shop, shopper
        draw = random.Random(f"{shop.seed} {shopper.number} manner")
        world = shop.world
        alone = not any(purchase.person for purchase in shopper.purchases if purchase.cause != "gift")
        self._own: dict[str, list[Line]] = {}
        self._own_too: dict[str, list[Line]] = {}  # for a second motive with the same sign: "no magnets either"
        for sign, count in _OWN.items():
            fit = [line for line in world.bank[_SECTIONS[sign]] if not (alone and line.slots & PERSON_SLOTS)]
            self._own[sign] = draw.sample(fit, count)
            own_too = world.bank[f"{_SECTIONS[sign]} too"]
            self._own_too[sign] = draw.sample(own_too, min(_OWN_TOO, len(own_too)))
        self._wordings = {
            value: draw.sample(
                [line.render(lambda _: 0, {}) for line in world.bank[f"{world.value_names[value]} motive"]], _WORDINGS
            )
            for value in shopper.motives
        }

    def mentions(self, place: int, purchase: Purchase, salt: int) -> list[Mention]:
        """The motives named in the review of this purchase, usually none; a different `salt` draws other words for the same motives."""
        numbers = self._shop.world.numbers
        draw = random.Random(f"{self._shop.seed} {self._shopper.number} {place} motives")
        chance, second = draw.random(), draw.random()
        if purchase.cause == "gift" or not self._shopper.motives or chance >= numbers["names"]:
            return []
        has = set(self._shop.world.product_values[purchase.product].tolist())
        weights = {value: 1.0 if value in has else numbers["names_lacking"] for value in self._shopper.motives}
        named = []
        for _ in range(2 if second < numbers["names_second"] and self._shopper.voice.most > 2 else 1):
            if any(weights.values()):
                (value,) = draw.choices(list(weights), list(weights.values()))
                named.append(value)
                del weights[value]
        words = random.Random(f"{self._shop.seed} {self._shopper.number} {place} {salt} mentions")
        found: list[Mention] = []
        for value in named:
            sign = "+" if value in has else LACKS
            if found and found[0].sign == sign:
                line = self._own_too[sign][place % len(self._own_too[sign])]
                first = found[0].first
            else:
                line = self._own[sign][place % len(self._own[sign])]
                first = sign == "+" and words.random() < _OPENING
            wording = self._wordings[value][words.random() > _USUAL]
            slots = {"motive": wording, "bare": wording.removeprefix("the ")}
            found.append(Mention(value, sign, line, slots, first, words.randrange))
        return found
