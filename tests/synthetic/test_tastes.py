"""The purchase model: each stated property, measured on generated users."""

import dataclasses
from collections import Counter

import numpy as np
import pytest
from tolerances import chance

from rdrec.synthetic.tastes import Shop


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
    """Purchases by taste match it better than whims and average products."""

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
    turned = [shopper for shopper in shoppers if shopper.drift_at is not None]
    assert len(turned) / len(shoppers) == pytest.approx(toys.numbers["drift"], abs=chance(toys.numbers["drift"], len(shoppers)))
    steady = [place for place, name in enumerate(toys.value_names) if not name.startswith(("theme=", "play="))]
    for shopper in turned:
        own = [purchase for purchase in shopper.purchases if purchase.cause != "gift"]
        for purchase in own[1:]:
            assert np.array_equal(purchase.taste.values[steady], own[0].taste.values[steady])


def test_motives_are_likes_that_stand_out_and_stay(toys, shop, shoppers):
    for shopper in shoppers:
        assert len(shopper.motives) == 3 == len(set(shopper.motives))
        assert all(shopper.taste.values[list(shopper.motives)] > 0) and all(toys.motive_values[list(shopper.motives)])
        assert shopper.drifted_taste.motives == shopper.motives and shopper.gift_taste.motives == ()
        weights = shop.weights(shopper.drifted_taste)
        assert min(weights[list(shopper.motives)]) > max(np.delete(np.abs(weights), shopper.motives))


def test_at_drive_0_purchases_are_those_of_shoppers_without_motives(toys):
    without = Shop(dataclasses.replace(toys, numbers=toys.numbers | {"motives": 0}), 0)
    undriven = Shop(toys.with_dials(drive=0), 0)
    for number in range(40):
        one, other = without.shopper(number), undriven.shopper(number)
        assert not one.motives and len(other.motives) == 3
        assert [(p.product, p.second, p.stars) for p in one.purchases] == [
            (p.product, p.second, p.stars) for p in other.purchases
        ]


def test_a_higher_drive_meets_more_motives_and_keeps_the_stars(toys):
    met, stars = [], []
    for drive in (0, 1.5, 2.5, 3.5):
        shop = Shop(toys.with_dials(drive=drive), 0)
        shoppers = [shop.shopper(number) for number in range(150)]
        chosen = [(s, p) for s in shoppers for p in s.purchases if p.cause == "taste"]
        met.append(np.mean([len(set(s.motives) & set(toys.product_values[p.product])) for s, p in chosen]))
        stars.append(np.mean([p.stars for s in shoppers for p in s.purchases]))
    assert met == sorted(met) and met[-1] > 2 * met[0]
    assert max(stars) - min(stars) < 0.25


def test_names_changes_no_purchase_and_purchases_changes_how_many(toys, shop):
    silent, few = Shop(toys.with_dials(names=0), 0), Shop(toys.with_dials(purchases=6), 0)
    assert [silent.shopper(n).purchases[-1].product for n in range(30)] == [
        shop.shopper(n).purchases[-1].product for n in range(30)
    ]
    lengths = [len(few.shopper(n).purchases) for n in range(300)]
    assert min(lengths) == 5 and np.mean(lengths) == pytest.approx(6, abs=0.3)


def test_no_two_purchases_of_a_shopper_share_a_second(toys, shoppers):
    """Even in a shop open for one minute, timestamps alone order the purchases."""
    hurried = dataclasses.replace(toys, days=60 / 86_400)
    rng = np.random.default_rng(0)
    times = [Shop(toys, 0)._times(rng)] + [hurried_shop._times(rng) for hurried_shop in [_opened(hurried)] for _ in range(50)]
    times += [np.array([purchase.second for purchase in shopper.purchases]) for shopper in shoppers]
    assert all((np.diff(seconds) > 0).all() for seconds in times)


def _opened(world):
    shop = Shop.__new__(Shop)
    shop.world, shop.seed = world, 0
    return shop


def test_chances_are_those_by_which_a_purchase_is_drawn(toys, shop):
    """Redraw one purchase 20,000 times, follow-ups included: frequencies equal the stated probabilities."""
    number = next(n for n in range(100) if shop.shopper(n).purchases[-1].cause == "follow")
    shopper = shop.shopper(number)
    place = len(shopper.purchases) - 1
    last, before = shopper.purchases[place], list(shopper.purchases[:place])
    chances = shop.chances(shopper, place)
    assert chances.sum() == pytest.approx(1) and chances[last.product] > 0
    assert not chances[[p.product for p in before]].any() and not chances[shop.released > last.second // 86_400].any()
    rng = np.random.default_rng(5)
    on_sale = shop._on_sale(last.second, before)
    drawn = np.zeros(len(toys.products))
    for _ in range(20_000):
        purchase = shop._purchase(
            rng, last.second, on_sale, shopper.taste_at(place), shopper.gift_taste, None, toys.gifts[0], before
        )
        drawn[purchase.product] += 1 / 20_000
    assert np.abs(drawn - chances).max() < 0.012
    assert np.corrcoef(drawn, chances)[0, 1] > 0.995


def test_stars_fit_the_match(shop, shoppers):
    liked = [(sum(shop.weights(p.taste)[list(p.drivers)]), p.stars) for s in shoppers for p in s.purchases if p.cause != "gift"]
    match, stars = np.array(liked).T
    assert np.corrcoef(match, stars)[0, 1] > 0.2
    assert set(stars) == {1, 2, 3, 4, 5} and 3.6 < stars.mean() < 4.4


def test_popularity_has_a_long_tail_in_the_set_that_ships_and_in_small_ones(shop):
    bought: Counter[int] = Counter()
    for number in range(3600):
        bought.update(p.product for p in shop.shopper(number).purchases)
        if number + 1 in (1000, 3600):
            counts = sorted(bought.values(), reverse=True)
            assert len(counts) >= 400, "sold at all"
            assert sum(count < 10 for count in counts) >= len(counts) / 4
            assert sum(counts[: len(counts) // 5]) > 0.5 * sum(counts), "a fifth of the products sells more than half"
