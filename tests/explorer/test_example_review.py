"""Which review the first view follows, and the words it quotes."""

from types import SimpleNamespace

import pytest

from rdrec.core.records import Claim, Span
from rdrec.explorer.answers import Distilled, Purchase
from rdrec.explorer.example_review import example

REVIEWS = (
    "We love puzzles. Cheap wood, sadly! It came late.",
    "Wonderful box.\nAs always, I bought it for the wood. My son agrees.",
    "Nice colours. Not a word more.",
)


def purchase(position, split="train"):
    return Purchase(position, SimpleNamespace(item=position), split, 1, 5.0, REVIEWS[position], None)


def noted(position, *claims):
    """A rationale with claims: text, evidence ("" for none), and kind and polarity where it is not a liking."""
    found = tuple(claim(REVIEWS[position], *one) for one in claims)
    return Distilled(position, position, "ok", None, "x", "y", found, "model")


def claim(review, text, evidence, kind="user_preference", polarity="like"):
    start = review.index(evidence)
    return Claim(kind, text, polarity, (Span(start, start + len(evidence)),) if evidence else ())


BOUGHT = [purchase(0), purchase(1), purchase(2)]
SHOWN = {
    0: noted(0, ("puzzles", "puzzles")),
    1: noted(1, ("nice box", "Wonderful box."), ("real wood", "for the wood")),
    2: noted(2, ("colours", "Nice colours")),
}


def test_the_newest_review_in_which_both_teachers_note_the_same_liking_is_quoted_in_whole_sentences():
    learned = {0: noted(0, ("puzzles", "puzzles")), 1: noted(1, ("wood", "wood")), 2: noted(2, ("brief", "Not a word"))}
    found = example(BOUGHT, SHOWN, learned)
    assert (found.purchase.position, found.quote) == (1, "As always, I bought it for the wood.")
    assert example(BOUGHT[:1], SHOWN, learned).quote == "We love puzzles."
    same = example(BOUGHT, SHOWN, SHOWN)
    assert (same.purchase.position, same.quote) == (2, "Nice colours."), "of one and the same teacher: the newest"


@pytest.mark.parametrize(
    "other",
    [
        ("wood", "wood", "user_preference", "dislike"),  # the other teacher says the opposite
        ("wood", "wood", "item_attribution", "like"),  # about the product
        ("wooden", "wood"),  # another word
    ],
)
def test_with_nothing_in_common_the_newest_is_taken_and_its_first_evidence_quoted(other):
    found = example(BOUGHT, SHOWN, {1: noted(1, other)})
    assert (found.purchase.position, found.quote) == (2, "Nice colours")


def test_a_liking_counts_only_if_the_quoted_words_name_it():
    wrong = {1: noted(1, ("real wood", "Wonderful box."))}
    found = example(BOUGHT[:2], wrong, {1: noted(1, ("wood", "wood"))})
    assert found.quote == "Wonderful box.", "wrong evidence is no common liking"
    without = {1: noted(1, ("real wood", ""))}
    assert example(BOUGHT[:2], without, {1: noted(1, ("wood", "wood"))}).quote == " ".join(REVIEWS[1].split())


def test_held_out_purchases_and_reviews_without_claims_are_never_the_example():
    assert example([purchase(0, "test"), purchase(1, "val")], SHOWN, SHOWN) is None
    assert example(BOUGHT, {2: noted(2)}, SHOWN) is None and example([], SHOWN, SHOWN) is None
