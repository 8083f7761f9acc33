"""Sentences and words of sloppy reviews, with exact offsets."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdrec.language.tokens import MAX_TOKENS, analyse, sentence_spans


def cut(text):
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It is affordable.I did not know. Fine!", ["It is affordable.", "I did not know.", "Fine!"]),
        ("Well... it works. Great!!!Buy it", ["Well...", "it works.", "Great!!!", "Buy it"]),
        ("The 3.5 mm plug (approx. 2 in.) fits.", ["The 3.5 mm plug (approx. 2 in.) fits."]),
        ("Made in the U.S. by hand, e.g. the neck.", ["Made in the U.S. by hand, e.g. the neck."]),
        ("The SM58.2 is fine", ["The SM58.2 is fine"]),
        ("one\ntwo\r\n\r\nthree", ["one", "two", "three"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_sentences(text, expected):
    assert cut(text) == expected


def test_contractions_are_two_words():
    words = [token.lower for token in analyse("It isn’t bad, don't you think? I've it's")[0].tokens]
    assert words == ["it", "is", "n't", "bad", ",", "do", "n't", "you", "think", "?"]


def test_offsets_survive_emoji_and_accents():
    text = "😀 Très crisp — naïve “sound” 👍🏽."
    for sentence in analyse(text):
        for token in sentence.tokens:
            assert text[token.start : token.end] == token.text


@given(st.text(max_size=300))
def test_any_text(text):
    """Spans are in order, do not overlap, hold every visible character, and tokens lie in their sentence."""
    spans = sentence_spans(text)
    covered = "".join(text[start:end] for start, end in spans)
    assert "".join(covered.split()) == "".join(text.split())
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    for sentence in analyse(text):
        assert len(sentence.tokens) <= MAX_TOKENS
        places = [(token.start, token.end) for token in sentence.tokens]
        assert places == sorted(places) and all(a < b for a, b in places)
        assert sentence.start == places[0][0] and sentence.end == places[-1][1]
