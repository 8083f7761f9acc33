"""The sentence that explains a purchase, and its feature."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdrec.data.explanations import pick_explanation, pick_explanations


@pytest.mark.parametrize(
    ("text", "sentence", "feature"),
    [
        ("I got it on Monday. The clamps are sturdy. It came in a box.", "The clamps are sturdy.", "clamps"),
        ("The price is quite affordable.I did not know that.", "The price is quite affordable.", "price"),
        ("Great! The zipper isn't smooth at all, which I noticed at once.", "The zipper isn't smooth at all, which I noticed at once.", "zipper"),
        ("It has a warm, “great” sound.", "It has a warm, “great” sound.", "sound"),
        ("LOVELY COLOUR!", "LOVELY COLOUR!", "colour"),
    ],
)  # fmt: skip
def test_picks(text, sentence, feature):
    assert pick_explanation(text) == (sentence, feature)


@pytest.mark.parametrize("text", ["", "   ", "I bought it on Monday.", "???", "😀", "Great!", "I love it."])
def test_nothing(text):
    assert pick_explanation(text) == (None, None)


def test_a_short_sentence_goes_before_one_that_a_student_would_cut():
    long = "The sound is great " + "and then we went on and on about what we did " * 3 + "."
    assert pick_explanation(f"{long} The strap is sturdy.") == ("The strap is sturdy.", "strap")


def test_many():
    assert pick_explanations(["The clamps are sturdy.", None, "On Monday."]) == (
        ["The clamps are sturdy.", None, None],
        ["clamps", None, None],
    )


@given(st.text(max_size=300) | st.lists(st.sampled_from(["great", "sound", "The", "is", ".", "\n", "flimsy"])).map(" ".join))
def test_is_the_reviews_own_words(text):
    sentence, feature = pick_explanation(text)
    assert (sentence is None) == (feature is None) and (sentence is None or (sentence in text and feature))


def test_a_long_text_is_read_to_a_bound():
    text = "On Monday we went. " * 50 + "The clamps are sturdy."
    assert pick_explanation(text) == (None, None)
