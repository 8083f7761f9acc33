"""Reference rationales: what the review says, all of it that fits, and nothing else."""

import pytest

from rdrec.world.rationale import MOST_WORDS, reference
from rdrec.world.reviews import Writer
from rdrec.world.spec import DETAIL


@pytest.fixture(scope="module")
def pairs(toys, shop):
    """(product, review, rationale) of 200 shoppers."""
    found = []
    for number in range(200):
        shopper = shop.shopper(number)
        for place, (purchase, review) in enumerate(zip(shopper.purchases, Writer(shop, shopper).reviews(), strict=True)):
            if review.statements:
                product = toys.products[purchase.product]
                found.append((product, review, reference(toys, product, review, f"{number} {place}")))
    return found


def test_sentences_have_the_form_of_the_field_and_fit(pairs):
    for _, _, rationale in pairs:
        assert rationale.user_preference.startswith("The user ") and rationale.user_preference.endswith(".")
        assert rationale.item_attribution.startswith("The item's attributes ")
        assert len(rationale.user_preference.split()) <= MOST_WORDS
        assert len(rationale.item_attribution.split()) <= MOST_WORDS


def test_every_claim_points_at_its_statement_and_agrees_in_sign(pairs):
    for _, review, rationale in pairs:
        statements = {(s.start, s.end): s for s in review.statements}
        for claim in rationale.claims:
            (span,) = claim.spans
            said = statements[span.start, span.end]
            assert claim.polarity == ("like" if said.sign == "+" else "dislike")
            sentence = rationale.user_preference if claim.kind == "user_preference" else rationale.item_attribution
            assert claim.text in sentence


def test_phrases_are_of_the_aspect(toys, pairs):
    for product, review, rationale in pairs:
        statements = {(s.start, s.end): s for s in review.statements}
        for claim in rationale.claims:
            said = statements[claim.spans[0].start, claim.spans[0].end]
            if said.aspect == DETAIL:
                assert any(detail in claim.text for detail in product.details)
            else:
                uses = ("prefers", "avoids", "is", "isnt")
                lines = [line for use in uses for line in toys.bank.get(f"{said.aspect} {use}", ())]
                assert claim.text in {line.say(lambda n: 0, {}) for line in lines}


def test_wording_varies(pairs):
    texts = [rationale.user_preference for _, _, rationale in pairs]
    assert len(set(texts)) > 0.9 * len(texts)
