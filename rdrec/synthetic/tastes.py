"""The latent model of a world: who buys what, and why.

A user depends only on (seed, number), so any part of a world can be generated independently.

    taste      each user likes (+1) and dislikes (-1) some values of each attribute, times a personal weight of the attribute;
               likewise for categories.  match(item) is the weighted sum over the item's values.
    motives    a few liked values stand out: each adds `drive` to the match of an item that has it, and all other feelings
               count less.  They survive a drift.  Gifts follow the taste of the receiver, who has no motives.
    purchase   a follow-up of something bought, a gift (by another taste), a bestseller, a whim, or by taste:
               log-odds = sharpness x match + log popularity of the products on sale that day; nothing is bought twice; niche
               products are on few shelves, which lowers their odds for every cause except follow-ups
    drift      for some users the liked and disliked values of theme and play, and the categories, change at some point
    stars      middle + match + the product's own quality + noise, rounded to 1..5
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from rdrec.synthetic.spec import Person, Voice, World

Cause = Literal["taste", "follow", "gift", "popular", "whim"]
_SHOP, _SHOPPER, _MOTIVES = 11, 12, 13  # random streams
_DRIFTING = ("theme", "play")
_DAY = 86_400
_RELEASED_LATER = 0.45  # share of products released after the first day


@dataclass(frozen=True)
class Taste:
    """A user's taste.  values (V,), categories (C,): likes (+) and dislikes (-) times their weights; motives: indices of standing motives."""

    values: np.ndarray
    categories: np.ndarray
    motives: tuple[int, ...] = ()


@dataclass(frozen=True)
class Purchase:
    """A purchase.  drivers: indices of the item's values about which the buyer's (or receiver's) taste has an opinion, strongest first;
    base: the product that a follow-up continues."""

    product: int
    second: int
    cause: Cause
    stars: int
    taste: Taste
    drivers: tuple[int, ...]
    person: Person | None
    base: int | None


@dataclass(frozen=True)
class Shopper:
    """`taste` applies before position `drift_at`, `drifted_taste` from there on; `gift_taste`: the taste by which gifts are chosen."""

    number: int
    voice: Voice
    habits: frozenset[str]
    drift_at: int | None
    taste: Taste
    drifted_taste: Taste
    gift_taste: Taste
    purchases: tuple[Purchase, ...]

    @property
    def motives(self) -> tuple[int, ...]:
        """The motives before any drift."""
        return self.taste.motives

    def taste_at(self, place: int) -> Taste:
        """The taste at the purchase with this number, from 0."""
        return self.drifted_taste if self.drift_at is not None and place >= self.drift_at else self.taste


class Shop:
    """What all users share, drawn from the seed: popularity, shelves, release days and the quality of each product."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.seed = world, seed
        rng = np.random.default_rng([seed, _SHOP])
        count = len(world.products)
        rank = rng.permutation(count) + 1
        self.log_popularity = -world.numbers["popularity"] * np.log(rank + 4.0)  # the offset flattens the top of the ranking
        later = rng.random(count) < _RELEASED_LATER
        self.released = np.where(later, rng.integers(0, int(world.days * 0.7), count), 0)
        for number, product in enumerate(world.products):
            if product.follows is not None:
                after = self.released[product.follows] + int(rng.integers(40, 240))
                self.released[number] = min(after, int(world.days * 0.75))
        chance = rng.random((count, len(world.qualities)))
        good, bad = world.numbers["quality_good"], world.numbers["quality_bad"]
        self.qualities = np.where(chance < good, 1, np.where(chance > 1 - bad, -1, 0))  # (products, qualities)
        niche = rng.random(count) < world.numbers["niche"]
        scarcity = rng.uniform(world.numbers["niche_least"], world.numbers["niche_most"], count)
        self.log_shelves = np.where(niche, -scarcity, 0.0)
        self.quality = self.qualities.sum(1) / np.sqrt(max(len(world.qualities) * (good + bad), 1e-9))

    @cached_property
    def followers(self) -> dict[int, list[int]]:
        """{product: products that continue it}."""
        found: dict[int, list[int]] = {}
        for number, product in enumerate(self.world.products):
            if product.follows is not None:
                found.setdefault(product.follows, []).append(number)
        return found

    @cached_property
    def _value_attribute(self) -> np.ndarray:
        """(V,): the attribute of each value."""
        return np.repeat(np.arange(len(self.world.attributes)), [len(a.values) for a in self.world.attributes])

    def shopper(self, number: int) -> Shopper:
        """User `number` (from 0) with all purchases."""
        rng = np.random.default_rng([self.seed, _SHOPPER, number])
        numbers = self.world.numbers
        voices = self.world.voices
        shares = np.cumsum([voice.share for voice in voices])
        voice = voices[int(np.searchsorted(shares, rng.random() * shares[-1]))]
        habits = frozenset(
            name
            for name in ("lower_case", "no_apostrophes", "exclaims", "trails_off", "paragraphs")
            if rng.random() < numbers[name]
        )
        people = self.world.people
        person = None if rng.random() < numbers["for_oneself"] else people[int(rng.integers(len(people)))]
        seconds = self._times(rng)
        liked, other = self._taste(rng), self._taste(rng)
        taste = Taste(liked.values, liked.categories, self._motives(liked, number))
        drift_at = int(rng.integers(2, max(3, len(seconds)))) if rng.random() < numbers["drift"] else None
        drifted = self._drifted(rng, taste) if drift_at is not None else taste
        friend = self.world.gifts[int(rng.integers(len(self.world.gifts)))]
        shopper = Shopper(number, voice, habits, drift_at, taste, drifted, other, ())
        purchases: list[Purchase] = []
        for place, second in enumerate(seconds):
            on_sale = self._on_sale(int(second), purchases)
            current = shopper.taste_at(place)
            purchases.append(self._purchase(rng, int(second), on_sale, current, other, person, friend, purchases))
        return replace(shopper, purchases=tuple(purchases))

    def chances(self, shopper: Shopper, place: int) -> np.ndarray:
        """(products,): the probability of each product as the purchase at `place`; sums to 1.

        Conditions on all tastes and on all earlier purchases with their stars, but not on the cause of this purchase.
        """
        purchase, before = shopper.purchases[place], shopper.purchases[:place]
        on_sale = self._on_sale(purchase.second, before)
        numbers = self.world.numbers
        shares: dict[Cause, float] = {"gift": numbers["gift"], "popular": numbers["popular"], "whim": numbers["whim"]}
        shares["taste"] = 1 - sum(shares.values())
        found = np.zeros(len(self.world.products))
        for cause, share in shares.items():
            odds = self._log_odds(cause, shopper.gift_taste if cause == "gift" else shopper.taste_at(place))
            weight = np.where(on_sale, np.exp(odds - odds[on_sale].max()), 0.0)
            found += share * weight / weight.sum()
        waiting = self._follow_ups(on_sale, before)
        if waiting:
            found *= 1 - numbers["follow"]
            for product, _ in waiting:
                found[product] += numbers["follow"] / len(waiting)
        return found

    def _on_sale(self, second: int, before: Sequence[Purchase]) -> np.ndarray:
        """(products,) bool: released by then and not yet bought."""
        on_sale: np.ndarray = self.released <= second // _DAY
        on_sale[[purchase.product for purchase in before]] = False
        return on_sale

    def _follow_ups(self, on_sale: np.ndarray, before: Sequence[Purchase]) -> list[tuple[int, int]]:
        """(follow-up, product it continues) for everything bought and liked."""
        return [(f, p.product) for p in before if p.stars >= 4 for f in self.followers.get(p.product, ()) if on_sale[f]]

    def _log_odds(self, cause: Cause, taste: Taste) -> np.ndarray:
        """(products,): log-odds of a purchase that is not a follow-up, up to a constant."""
        odds = self.log_shelves.copy()
        if cause != "whim":
            odds += self.log_popularity
        if cause in ("taste", "gift"):
            odds += self.world.numbers["sharpness"] * self.match(taste)
        return odds

    def _motives(self, taste: Taste, number: int) -> tuple[int, ...]:
        """Draw the motives from a separate stream, so that purchases at drive 0 equal those of users without motives."""
        liked = np.flatnonzero((taste.values > 0) & self.world.motive_values)
        rng = np.random.default_rng([self.seed, _MOTIVES, number])
        return tuple(sorted(rng.permutation(liked)[: int(self.world.numbers["motives"])].tolist()))

    def _times(self, rng: np.random.Generator) -> np.ndarray:
        """Ascending seconds since the first day; also draws the number of purchases."""
        least, most = int(self.world.numbers["purchases_least"]), int(self.world.numbers["purchases_most"])
        more = self.world.numbers["purchases_mean"] - least
        count = min(most, least + int(rng.geometric(1 / (1 + more))) - 1)
        end = self.world.days * _DAY
        begin = int(rng.random() * 0.6 * end)
        seconds = np.sort(rng.integers(begin, end, count))
        apart = np.arange(count)  # no two purchases of a shopper share a second
        return np.maximum.accumulate(seconds - apart) + apart

    def _taste(self, rng: np.random.Generator) -> Taste:
        values = np.zeros(len(self.world.value_names))
        at = 0
        for attribute in self.world.attributes:
            count = len(attribute.values)
            weight = attribute.weight * rng.gamma(4.0, 0.25)
            order = rng.permutation(count)
            values[at + order[: attribute.likes]] = weight
            values[at + order[count - attribute.dislikes :]] = -weight
            at += count
        categories = np.zeros(len(self.world.categories))
        liked = int(self.world.numbers["categories_liked"])
        categories[rng.permutation(len(categories))[:liked]] = self.world.numbers["category_weight"] * rng.gamma(4.0, 0.25)
        return Taste(values, categories)

    def _drifted(self, rng: np.random.Generator, taste: Taste) -> Taste:
        fresh = self._taste(rng)
        names = [attribute.name for attribute in self.world.attributes]
        drifting = np.isin(self._value_attribute, [names.index(name) for name in _DRIFTING])
        return Taste(np.where(drifting, fresh.values, taste.values), fresh.categories, taste.motives)

    def _other_weight(self, taste: Taste) -> float:
        """The factor on feelings that are not motives; below 1 if there are motives."""
        return self.world.other_weight if taste.motives else 1.0

    def weights(self, taste: Taste) -> np.ndarray:
        """(V,): what each value adds to the match, with `drive` added for motives."""
        found = self._other_weight(taste) * taste.values
        found[list(taste.motives)] += self.world.numbers["drive"]
        return found

    def match(self, taste: Taste) -> np.ndarray:
        """(products,): how well each product matches a taste."""
        of_values: np.ndarray = self.weights(taste)[self.world.product_values].sum(1)
        return of_values + self._other_weight(taste) * taste.categories[self.world.product_categories]

    def _purchase(
        self,
        rng: np.random.Generator,
        second: int,
        on_sale: np.ndarray,
        taste: Taste,
        other: Taste,
        person: Person | None,
        friend: Person,
        before: list[Purchase],
    ) -> Purchase:
        numbers = self.world.numbers
        cause: Cause = "taste"
        base = None
        waiting = self._follow_ups(on_sale, before)
        draw = rng.random()
        if waiting and rng.random() < numbers["follow"]:
            cause = "follow"
            product, base = waiting[int(rng.integers(len(waiting)))]
        else:
            limits = np.cumsum([numbers["gift"], numbers["popular"], numbers["whim"]])
            choices: tuple[Cause, ...] = ("gift", "popular", "whim", "taste")
            cause = choices[int(np.searchsorted(limits, draw, side="right"))]
            odds = self._log_odds(cause, other if cause == "gift" else taste)
            odds += rng.gumbel(size=len(odds))  # Gumbel-max trick: the argmax is a draw with these odds
            product = int(np.argmax(np.where(on_sale, odds, -np.inf)))
        decisive, receiver = (other, friend) if cause == "gift" else (taste, person)
        stars, drivers = self._judged(rng, product, decisive)
        return Purchase(product, second, cause, stars, decisive, drivers, receiver, base)

    def _judged(self, rng: np.random.Generator, product: int, taste: Taste) -> tuple[int, tuple[int, ...]]:
        """The stars that a taste gives, and the values about which it has an opinion, strongest first."""
        numbers, values = self.world.numbers, self.world.product_values[product]
        own = self.weights(taste)[values]
        # Rescaled so that the mean and spread of stars do not depend on the drive.
        scale = np.sqrt(sum(a.weight**2 for a in self.world.attributes) / 2) / self._other_weight(taste)
        stars = numbers["stars_middle"] + numbers["stars_match"] * own.sum() / scale
        stars += numbers["stars_quality"] * self.quality[product] + numbers["stars_noise"] * rng.normal()
        order = np.argsort(-np.abs(own), kind="stable")
        return int(np.clip(round(stars), 1, 5)), tuple(int(values[place]) for place in order if own[place])
