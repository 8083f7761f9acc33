"""Doings: what a thing does or is done with it, said as a noun phrase; each rule with a sentence that it must leave alone."""

import pytest

from rdrec.language.doings import doings
from rdrec.language.tokens import analyse


def said(text, avoid=frozenset()):
    return {told.said.text for told in doings(analyse(text)[0].tokens, avoid)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The lid fell off.", "the lid that fell off"),
        ("The lid can't leak.", "the lid that can't leak"),
        ("It fits in a bag.", "fitting in a bag"),
        ("She carries it to the garden.", "carrying to the garden"),
        ("It clips on.", "clipping on"),
        ("It never scratches the wall.", "not scratching the wall"),
        ("My oldest tidies it away.", "tidying away"),
    ],
)
def test_a_part_keeps_its_verb_and_the_product_gets_a_gerund(text, expected):
    assert expected in said(text)


@pytest.mark.parametrize(
    "text",
    [
        "If it leaks we return it.",  # not real
        "It would fit in a bag.",
        "It is good.",  # verbs that tell nothing
        "It serves.",
        "I bought it on Monday.",
        "My brother's lamps and chairs leaked.",  # what somebody owns
        "The bag to tune it up.",  # an infinitive is no clause of the noun
        "The shine fade quickly.",  # a verb that does not agree was no verb, or is bad English
        "It dont leak.",  # no form of a known verb
        "Installed on two walls.",  # the shopper's doing, without "I"
        "See my other note on the lid.",  # an order
        "It replenished three of them.",  # an object that is not told
    ],
)
def test_what_is_not_told(text):
    assert said(text) == set()


def test_the_product_by_its_own_name_is_no_part():
    assert said("The kettle never leaked.") == {"the kettle that never leaked"}
    assert said("The kettle never leaked.", frozenset({"kettle"})) == {"not leaking"}


def test_a_helper_between_part_and_verb_stays():
    assert said("The lid never leaked.") == {"the lid that never leaked"}


def test_places_point_at_the_words_and_the_negation():
    tokens = analyse("It never scratches the wall.")[0].tokens
    told = next(iter(doings(tokens, frozenset())))
    assert [tokens[place].lower for place in told.places] == ["scratches", "the", "wall"]
    assert told.denied is not None and tokens[told.denied].lower == "never"
