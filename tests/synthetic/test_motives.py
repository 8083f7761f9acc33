"""Standing motives in reviews: as frequent as the dial says, in recurring wordings, also where the product lacks them."""

import re
from collections import Counter

import pytest

from rdrec.synthetic.motives import LACKS
from rdrec.synthetic.reviews import Writer
from rdrec.synthetic.tastes import Shop

SHOPPERS = 150


def written(world):
    """(shopper, purchase, review) at the dials of a world."""
    shop = Shop(world, 0)
    shoppers = [shop.shopper(number) for number in range(SHOPPERS)]
    return [(s, p, r) for s in shoppers for p, r in zip(s.purchases, Writer(shop, s).reviews(), strict=True)]


@pytest.fixture(scope="module")
def reviews(toys):
    return written(toys)


@pytest.fixture(scope="module")
def reviews_at_30(toys):
    return written(toys.with_dials(names=0.3))


def named(review):
    return [said for said in review.sentences if said.motive]


def test_a_review_names_motives_as_often_as_the_dial_says(toys, reviews, reviews_at_30):
    for found, chance in ((reviews, toys.numbers["names"]), (reviews_at_30, 0.3)):
        own = [bool(named(review)) for _, purchase, review in found if purchase.cause != "gift"]
        assert sum(own) / len(own) == pytest.approx(chance, abs=0.05)
    assert not any(named(review) for _, purchase, review in reviews if purchase.cause == "gift")


def test_at_0_no_sentence_is_about_a_motive(toys):
    for shopper, purchase, review in written(toys.with_dials(names=0)):
        motives = {toys.value_names[value] for value in shopper.motives}
        assert not named(review)
        assert purchase.cause == "gift" or not motives & {said.aspect for said in review.statements}


def test_what_is_named_at_30_is_named_at_70_in_the_same_words(reviews, reviews_at_30):
    for (_, purchase, more), (_, same, fewer) in zip(reviews, reviews_at_30, strict=True):
        assert purchase.product == same.product
        if named(fewer):
            texts = [
                [(one.aspect, one.sign, review.text[one.start : one.end].rstrip(".!")) for one in named(review)]
                for review in (fewer, more)
            ]
            assert texts[0] == texts[1]


def test_a_sentence_is_about_a_motive_of_its_writer_and_true_of_the_product(toys, reviews):
    wordings = {
        name: [line.render(lambda n: 0, {}) for line in toys.bank.get(f"{name} motive", ())] for name in toys.value_names
    }
    signs = Counter()
    for shopper, purchase, review in reviews:
        said = named(review)
        assert len({one.aspect for one in said}) == len(said) <= 2
        for one in said:
            value = toys.value_names.index(one.aspect)
            assert value in shopper.motives
            assert one.sign == ("+" if value in toys.product_values[purchase.product] else LACKS)
            text = review.text[one.start : one.end].lower().replace("'", "")
            assert any(wording.removeprefix("the ").lower() in text for wording in wordings[one.aspect])
            signs[one.sign] += 1
    assert min(signs.values()) > 0.25 * signs.total(), "both kinds are common"


def test_wordings_are_the_shoppers_own_and_recur(toys, shop):
    """A user uses few of all motive sentences, and different users use different ones."""
    frames = [line.parts for line in toys.bank["motive has"]]
    patterns = [
        re.compile(
            "".join(
                re.sub(r"\\\{\w+\\\}", ".+", re.escape(part))
                if isinstance(part, str)
                else f"(?:{'|'.join(map(re.escape, part))})"
                for part in parts
            ),
            re.I,
        )
        for parts in frames
    ]
    sets = []
    for number in range(300):
        shopper = shop.shopper(number)
        if shopper.habits:
            continue
        reviews = Writer(shop, shopper).reviews()
        said = [r.text[one.start : one.end] for r in reviews for one in named(r) if one.sign == "+"]
        used = {place for text in said for place, pattern in enumerate(patterns) if pattern.fullmatch(text)}
        if len(said) >= 6:
            sets.append(frozenset(used))
            assert 1 <= len(used) <= 4, said
    assert len(set(sets)) > 0.8 * len(sets) > 10
