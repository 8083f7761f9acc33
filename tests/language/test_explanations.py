"""The sentence that explains a purchase."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdrec.language.explanations import pick_explanation


@pytest.mark.parametrize(
    ("text", "sentence", "feature"),
    [
        ("I got it on Monday. The clamps are sturdy. It came in a box.", "The clamps are sturdy.", "clamps"),
        ("The product is quite affordable.I did not know that.", "The product is quite affordable.", "price"),
        (
            "Great! The zipper isn't smooth at all, which I noticed at once.",
            "The zipper isn't smooth at all, which I noticed at once.",
            "zipper",
        ),
    ],
)
def test_picks(text, sentence, feature):
    picked = pick_explanation(text)
    assert picked is not None
    assert (picked.sentence, picked.feature) == (sentence, feature)
    assert text[picked.start : picked.end] == sentence


@pytest.mark.parametrize("text", ["", "   ", "I bought it on Monday.", "???", "😀"])
def test_nothing(text):
    assert pick_explanation(text) is None


@given(st.text(max_size=300))
def test_is_the_reviews_own_words(text):
    picked = pick_explanation(text)
    assert picked is None or (text[picked.start : picked.end] == picked.sentence and picked.feature)
