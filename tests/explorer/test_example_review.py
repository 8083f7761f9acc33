"""Which review the strip follows, and the words it quotes."""

from types import SimpleNamespace

import pytest

from rdrec.core.records import Claim, Span
from rdrec.explorer.answers import Distilled, Purchase
from rdrec.explorer.example_review import RECENT, example

REVIEWS = (
    "We love puzzles of every kind, all winter long. Cheap wood, sadly!",
    "Wonderful box, it came early\nAs always, I bought it for the plain wood. My son agrees.",
    "Nice colours. Not a word more.",
)
BOX = "Wonderful box, it came early"
WOOD = "As always, I bought it for the plain wood."


def purchase(position, split="train", review=None):
    return Purchase(
        position, SimpleNamespace(item=position), split, 1, 5.0, REVIEWS[position] if review is None else review, None
    )


def noted(position, *claims, why_not=None):
    """A rationale with claims: text, evidence ("" for none), and kind and polarity where it is not a liking."""
    found = tuple(claim(REVIEWS[position], *one) for one in claims)
    return Distilled(position, position, "ok", None, "x", "y", found, "model", why_not or (None,) * len(found))


def claim(review, text, evidence, kind="user_preference", polarity="like"):
    start = review.index(evidence)
    return Claim(kind, text, polarity, (Span(start, start + len(evidence)),) if evidence else ())


BOUGHT = [purchase(0), purchase(1), purchase(2)]
SHOWN = {
    0: noted(0, ("puzzles", "puzzles")),
    1: noted(1, ("nice box", "Wonderful box"), ("real Wood", "for the plain wood")),
    2: noted(2, ("colours", "Nice colours")),
}


def test_the_newest_review_in_which_both_teachers_note_the_same_liking_is_quoted_in_whole_sentences():
    learned = {0: noted(0, ("puzzles", "puzzles")), 1: noted(1, ("wood", "wood")), 2: noted(2, ("brief", "Not a word"))}
    found = example(BOUGHT, SHOWN, learned)
    assert (found.purchase.position, found.quote) == (1, WOOD)
    assert example(BOUGHT[:1], SHOWN, learned).quote == "We love puzzles of every kind, all winter long."
    more = {1: noted(1, ("wood that is real", "wood"))}
    assert example(BOUGHT, SHOWN, more).quote == WOOD, "one liking may be the more detailed"
    last = {1: noted(1, ("son agrees", "son"))}
    assert example(BOUGHT[:2], last, last).quote == "My son agrees."


def test_a_sentence_that_makes_sense_by_itself_is_preferred():
    both = {place: SHOWN[place] for place in (1, 2)}
    assert example(BOUGHT, SHOWN, both).quote == WOOD, "“Nice colours.” is newer, but short"
    assert example(BOUGHT, SHOWN, {2: SHOWN[2]}).quote == "Nice colours."
    asked = purchase(2, review="Who would not want to have it in all of these colours? It is blue.")
    question = Distilled(2, 2, "ok", None, "x", "y", (claim(asked.review, "colours", "colours"),), "model")
    assert example([*BOUGHT[:2], asked], SHOWN | {2: question}, {1: SHOWN[1], 2: question}).quote == WOOD


@pytest.mark.parametrize(
    "other",
    [
        ("wood", "wood", "user_preference", "dislike"),  # the other teacher says the opposite
        ("wood", "wood", "item_attribution", "like"),  # about the product
        ("wooden", "wood"),  # another word
        ("old wood", "wood"),  # another wood
    ],
)
def test_with_nothing_in_common_the_newest_is_taken_and_its_first_evidence_quoted(other):
    found = example(BOUGHT, SHOWN, {1: noted(1, other)})
    assert (found.purchase.position, found.quote) == (2, "Nice colours.")


def test_a_liking_counts_only_if_the_quoted_words_name_it():
    wrong = {1: noted(1, ("real wood", "Wonderful box"))}
    wood = {1: noted(1, ("wood", "wood"))}
    assert example(BOUGHT[:2], wrong, wood).quote == BOX
    newer = example(BOUGHT, wrong | {2: SHOWN[2]}, wood)
    assert newer.purchase.position == 2, "another sentence is no evidence of a common liking"
    without = {1: noted(1, ("real wood", ""))}
    assert example(BOUGHT[:2], without, wood).quote == " ".join(REVIEWS[1].split())


def test_unsupported_claims_are_not_followed():
    denied = {
        1: noted(1, ("real wood", "for the plain wood"), ("box", "Wonderful box"), why_not=("the evidence denies it", None))
    }
    wood = {1: noted(1, ("wood", "wood"))}
    assert example(BOUGHT[:2], denied, wood).quote == BOX
    denied_too = {1: noted(1, ("wood", "wood"), why_not=("the evidence denies it",))}
    assert example(BOUGHT[:2], SHOWN, denied_too).quote == BOX


def test_spans_outside_the_review_are_ignored_and_those_of_a_claim_may_be_in_any_order():
    text = REVIEWS[1]
    wood, box = text.index("wood"), text.index("box")
    beyond = Claim("user_preference", "wood", "like", (Span(900, 910), Span(wood, 900)))
    spread = Claim("user_preference", "wood and box", "like", (Span(wood, wood + 4), Span(box, box + 4)))
    for claims, quote in (((beyond,), " ".join(text.split())), ((spread,), f"{BOX} {WOOD}")):
        shown = {1: Distilled(1, 1, "ok", None, "x", "y", claims, "model", (None,))}
        assert example([purchase(1)], shown, {}).quote == quote
    padded = Claim("user_preference", "wood", "like", (Span(wood, wood + 6),))
    shown = {1: Distilled(1, 1, "ok", None, "x", "y", (padded,), "model", (None,))}
    assert example([purchase(1)], shown, shown).quote == WOOD, "a space at the end does not add a sentence"


def test_held_out_purchases_and_reviews_without_words_or_claims_are_never_the_example():
    assert example([purchase(0, "test"), purchase(1, "val")], SHOWN, SHOWN) is None
    assert example([purchase(2, review=" \n")], SHOWN, SHOWN) is None
    assert example(BOUGHT, {2: noted(2)}, SHOWN) is None and example([], SHOWN, SHOWN) is None


def test_a_common_liking_is_sought_only_among_the_newest_purchases():
    later = [purchase(2, "val") for _ in range(RECENT)]
    learned = {1: noted(1, ("wood", "wood"))}
    assert example([*BOUGHT, *later[1:]], SHOWN, learned).quote == "Nice colours."
    assert example([*BOUGHT[:2], *later[1:]], SHOWN, learned).quote == WOOD
    assert example([*BOUGHT[:2], *later[1:], purchase(0, "test")], SHOWN, learned).quote == WOOD
