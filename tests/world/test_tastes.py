"""Who buys what: each stated property of the model, measured on the shoppers that it makes."""

from collections import Counter

import numpy as np
import pytest
from tolerances import chance

from rdrec.world.tastes import Shop


@pytest.fixture(scope="module")
def shoppers(shop):
    return [shop.shopper(number) for number in range(600)]


def test_a_shopper_depends_on_seed_and_number_alone(toys, shop):
    again = Shop(toys, 0)
    one, other = shop.shopper(17), again.shopper(17)
    assert [p.product for p in one.purchases] == [p.product for p in other.purchases]
    assert [p.second for p in one.purchases] == [p.second for p in other.purchases]
    assert [p.product for p in Shop(toys, 1).shopper(17).purchases] != [p.product for p in one.purchases]


def test_histories_are_of_the_stated_length_and_order(toys, shoppers):
    lengths = [len(shopper.purchases) for shopper in shoppers]
    assert (
        min(lengths) == 5
        and max(lengths) <= 40
        and np.mean(lengths) == pytest.approx(9.2, abs=4 * np.std(lengths) / len(lengths) ** 0.5)
    )
    for shopper in shoppers:
        seconds = [purchase.second for purchase in shopper.purchases]
        assert seconds == sorted(seconds) and seconds[0] >= 0 and seconds[-1] < toys.days * 86_400
        products = [purchase.product for purchase in shopper.purchases]
        assert len(set(products)) == len(products), "nothing is bought twice"


def test_nothing_is_bought_before_its_release(shop, shoppers):
    for shopper in shoppers:
        for purchase in shopper.purchases:
            assert shop.released[purchase.product] <= purchase.second // 86_400


def test_causes_have_their_stated_shares(toys, shoppers):
    causes = Counter(purchase.cause for shopper in shoppers for purchase in shopper.purchases)
    total = causes.total()
    for cause in ("gift", "popular", "whim"):
        free = 1 - causes["follow"] / total  # the shares are of the purchases that are no follow-up
        assert causes[cause] / total == pytest.approx(toys.numbers[cause] * free, abs=chance(toys.numbers[cause], total)), cause
    assert causes["follow"] / total > 0.03


def test_taste_decides(shop, shoppers):
    """What is bought by taste matches it better than what is on a whim, and better than the average product."""

    def standing(purchase):
        matches = shop.match(purchase.taste)
        return float((matches < matches[purchase.product]).mean())

    by = {
        cause: [standing(p) for s in shoppers for p in s.purchases if p.cause == cause] for cause in ("taste", "gift", "whim")
    }
    assert np.mean(by["taste"]) > 0.8 and np.mean(by["gift"]) > 0.8
    assert np.mean(by["whim"]) == pytest.approx(0.5, abs=4 * 12**-0.5 / len(by["whim"]) ** 0.5)  # uniform: a variance of 1/12


def test_follow_ups_follow_what_was_liked(toys, shoppers):
    for shopper in shoppers:
        for place, purchase in enumerate(shopper.purchases):
            if purchase.cause == "follow":
                assert toys.products[purchase.product].follows == purchase.base
                assert any(p.product == purchase.base and p.stars >= 4 for p in shopper.purchases[:place])


def test_drift_turns_themes_and_ways_of_playing_only(toys, shop, shoppers):
    turned = [shopper for shopper in shoppers if shopper.turn is not None]
    assert len(turned) / len(shoppers) == pytest.approx(toys.numbers["drift"], abs=chance(toys.numbers["drift"], len(shoppers)))
    steady = [place for place, name in enumerate(toys.value_names) if not name.startswith(("theme=", "play="))]
    for shopper in turned:
        own = [purchase for purchase in shopper.purchases if purchase.cause != "gift"]
        for purchase in own[1:]:
            assert np.array_equal(purchase.taste.values[steady], own[0].taste.values[steady])


def test_stars_fit_the_match(shoppers):
    liked = [(sum(p.taste.values[list(p.drivers)]), p.stars) for s in shoppers for p in s.purchases]
    match, stars = np.array(liked).T
    assert np.corrcoef(match, stars)[0, 1] > 0.25
    assert set(stars) == {1, 2, 3, 4, 5} and 3.6 < stars.mean() < 4.4


def test_popularity_has_a_long_tail_in_the_set_that_ships_and_in_small_ones(shop):
    bought: Counter[int] = Counter()
    for number in range(3600):
        bought.update(p.product for p in shop.shopper(number).purchases)
        if number + 1 in (1000, 3600):
            counts = sorted(bought.values(), reverse=True)
            assert len(counts) >= 400, "sold at all"
            assert sum(count < 10 for count in counts) >= len(counts) / 3
            assert sum(counts[: len(counts) // 5]) > 0.5 * sum(counts), "a fifth of the products sells more than half"
