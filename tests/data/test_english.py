"""Words, sentences, stems and judging words of English without a parser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdrec.data.english import gerund, sentence_spans, stem, valence, words_of


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("The clamps are sturdy. It broke!", ["The clamps are sturdy.", "It broke!"]),
        ("Quite affordable.I did not know... really?", ["Quite affordable.", "I did not know...", "really?"]),
        ("It is 3.5 inches, e.g. wide. Dr. Who", ["It is 3.5 inches, e.g. wide.", "Dr. Who"]),
        ("one\ntwo\r\n three ", ["one", "two", "three"]),
        ("", []),
        (" .. ", [".."]),
    ],
)
def test_sentences(text, sentences):
    assert [text[start:end] for start, end in sentence_spans(text)] == sentences


@given(st.text(max_size=200) | st.text(alphabet="ab .!?\n…\"'X", max_size=60))
def test_sentences_hold_every_visible_character(text):
    spans = sentence_spans(text)
    assert "".join("".join(text[start:end].split()) for start, end in spans) == "".join(text.split())
    assert all(text[start:end] == text[start:end].strip() and start < end for start, end in spans)


@pytest.mark.parametrize(
    "forms", ["clamp clamps", "easy easily", "break broke broken breaking", "fit fits fitting", "quick quickly"]
)
def test_forms_of_a_word_have_one_stem(forms):
    assert len({stem(word) for word in forms.split()}) == 1


def test_stems_of_different_words_differ():
    assert len({stem(word) for word in ("sound", "clamp", "sturdy", "easy", "break", "brake", "loud", "lead")}) == 8


def test_words():
    assert words_of("It ISN’T well-made, I'd say.") == ["it", "is", "n't", "well-made", "i'd", "say"]


def test_shoppers_words_judge_as_shoppers_use_them():
    assert valence("sturdy") > 0 > valence("flimsy") and valence("great") > 0 > valence("terrible")
    assert valence("gift") == valence("hand") == valence("play") == valence("strap") == 0


@pytest.mark.parametrize(
    ("verb", "form"), [("break", "breaking"), ("slip", "slipping"), ("make", "making"), ("tie", "tying"), ("fit", "fitting"), ("see", "seeing"), ("open", "opening")]
)  # fmt: skip
def test_ing(verb, form):
    assert gerund(verb) == form
