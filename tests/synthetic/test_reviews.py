"""Reviews agree with the truth about them and follow the writer's typing habits."""

import re
from collections import Counter

import pytest

from rdrec.synthetic.bank import PERSON_SLOTS, Line
from rdrec.synthetic.reviews import Writer
from rdrec.synthetic.spec import DETAIL


@pytest.fixture(scope="module")
def written(shop):
    """(shopper, purchase, review) of 300 shoppers."""
    found = []
    for number in range(300):
        shopper = shop.shopper(number)
        found += [(shopper, p, w) for p, w in zip(shopper.purchases, Writer(shop, shopper).reviews(), strict=True)]
    return found


def test_sentences_cover_the_text_in_order(written):
    for _, _, review in written:
        at = 0
        for sentence in review.sentences:
            assert review.text[at : sentence.start].strip() == ""
            at = sentence.end
        assert at == len(review.text)


def test_statements_are_of_the_product_and_of_a_fitting_sign(toys, shop, written):
    for _, purchase, review in written:
        product = toys.products[purchase.product]
        values = {f"{a.name}={v}" for a, v in zip(toys.attributes, product.values, strict=True)}
        judged = dict(zip(toys.qualities, shop.qualities[purchase.product], strict=True))
        aspects = [s.aspect for s in review.statements]
        assert len(set(aspects)) == len(aspects), "an aspect is spoken of once"
        for said in review.statements:
            if said.motive:
                continue
            if said.aspect == DETAIL:
                text = review.text[said.start : said.end].lower().replace("'", "")
                assert any(detail.lower().replace("'", "") in text for detail in product.details)
            elif said.aspect.startswith("quality="):
                assert judged[said.aspect.removeprefix("quality=")] == (1 if said.sign == "+" else -1)
            else:
                assert said.aspect in values
                felt = purchase.taste.values[toys.value_names.index(said.aspect)]
                assert felt >= 0 if said.sign == "+" else felt < 0


def test_stars_fit_the_words(written):
    happy = {stars: [] for stars in range(1, 6)}
    for _, purchase, review in written:
        happy[purchase.stars] += [said.sign == "+" for said in review.statements if not said.motive]
    shares = [sum(values) / len(values) for stars, values in sorted(happy.items())]
    assert shares == sorted(shares) and shares[0] < 0.15 and shares[-1] > 0.95


def test_no_slot_and_no_bracket_is_left(written):
    for _, _, review in written:
        assert not re.search(r"[{}\[\]|]|  ", f"{review.text} {review.title}")


def test_a_pronoun_is_never_the_first_to_name_the_person(shop, monkeypatch):
    """A line that refers to the person follows one that introduces them."""
    said, say = [], Line.render

    def spy(line, draw, words):
        said.append(line)
        return say(line, draw, words)

    monkeypatch.setattr(Line, "render", spy)
    referring = 0
    for number in range(120):
        shopper = shop.shopper(number)
        writer = Writer(shop, shopper)
        writer.reviews()
        for place, purchase in enumerate(shopper.purchases):
            said.clear()
            writer._review(place, purchase, 0)
            introduced = False
            for line in said:
                assert introduced or not line.refers, line.where
                assert purchase.person is not None or not line.slots & PERSON_SLOTS, line.where
                introduced |= line.introduces
                referring += line.refers
    assert referring > 50, "lines that refer back are said at all"


def test_a_shopper_does_not_repeat_lines(shop):
    for number in range(60):
        shopper = shop.shopper(number)
        reviews = Writer(shop, shopper).reviews()
        said = Counter(r.text[s.start : s.end].lower() for r in reviews for s in r.statements if not s.motive)
        repeated = sum(count - 1 for count in said.values())
        assert repeated <= 0.05 * said.total(), number


def test_habits_show(written):
    for shopper, _, review in written:
        if "lower_case" in shopper.habits:
            assert review.text == review.text.lower()
        if "no_apostrophes" in shopper.habits:
            assert "'" not in review.text


def test_a_salt_writes_one_review_another_way(shop):
    shopper = shop.shopper(3)
    plain, salted = Writer(shop, shopper).reviews(), Writer(shop, shopper).reviews({2: 1})
    assert [review.text for review in plain[:2]] == [review.text for review in salted[:2]]
    assert plain[2].text != salted[2].text
    assert [review.text for review in Writer(shop, shopper).reviews()] == [review.text for review in plain]
