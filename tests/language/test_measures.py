"""Measures of a product: dimensions, durations, ages and people; each rule with a sentence that it must leave alone."""

import pytest

from rdrec.language.measures import measures
from rdrec.language.tokens import analyse


def said(text):
    return {told.said.text for told in measures(analyse(text)[0].tokens)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It is heavier.", "heavier weight"),
        ("It is not loud.", "sound that is not loud"),
        ("It takes twenty minutes.", "twenty minutes of use"),
        ("We play for hours.", "hours of use"),
        ("It is right for a four-year-old.", "suitability for four-year-olds"),
        ("It is right at that age.", "suitability for that age"),
        ("She is too young.", "suitability for those who are too young"),
        ("Great for beginners.", "suitability for beginners"),
        ("Four people sit around it.", "use by four people"),
        ("It keeps the two of us busy.", "use by two of us"),
        ("He does it on his own.", "use on one's own"),
        ("She does it by herself.", "use by herself"),
        ("I use it alone.", "use alone"),
        ("It is too heavy.", "weight that is too heavy"),
        ("It isn't long enough.", "size that is not long enough"),
        ("Pleasantly tricky.", "pleasantly tricky design"),
        ("Something silent at last.", "something silent"),
        ("A proper beginner machine.", "suitability for beginners"),
        ("It's a family device.", "suitability for families"),
        ("It looks like an old map.", "look like an old map"),
        ("The horn doesn't sound like a real trumpet.", "no sound like a real trumpet"),
        ("Ten minutes each time.", "ten minutes of use"),
    ],
)
def test_a_measure(text, expected):
    assert expected in said(text)


@pytest.mark.parametrize(
    "text",
    [
        "A heavy lid.",  # of a noun
        "It works as long as you charge it.",
        "I wonder how long it lasts.",
        "In short it failed.",
        "I am pretty happy.",  # no adjective here
        "I have very small hands.",  # of the shopper
        "I have had it for two years.",  # how long one has it
        "A minute later it fell.",
        "It is old.",
        "I feel like a new man.",  # of the shopper
        "The family next door left.",
        "My kids sat near.",  # whose, not for whom
        "Some of us left.",
        "It has a life of its own.",
        "It stands by itself.",
    ],
)
def test_no_measure(text):
    assert said(text) == set()


def test_places_point_at_the_words():
    tokens = analyse("It takes twenty minutes.")[0].tokens
    told = next(iter(measures(tokens)))
    assert [tokens[place].lower for place in told.places] == ["takes", "twenty", "minutes"]
