"""Word forms that rationales are made of, on single words and over all real reviews."""

import html

import pytest
from word_forms import broken_gerunds

from rdrec.distill.offline import OfflineTeacher
from rdrec.language.phrases import base_verb, gerund, verb_of
from rdrec.records import Rationale, Review


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("went", "going"),
        ("fizzes", "fizzing"),
        ("quit", "quitting"),
        ("began", "beginning"),
        ("preferred", "preferring"),
        ("suited", "suiting"),
        ("filled", "filling"),
        ("lies", "lying"),
        ("set", "setting"),
        ("clamped", "clamping"),
        ("dont", None),
        ("wanna", None),
        ("nobody", None),
        ("guitars", None),
        ("plenty", None),
        ("that", None),
    ],
)
def test_gerunds_are_made_of_verbs_only(word, expected):
    assert gerund(word) == expected


def test_base_forms():
    assert [verb_of(word) for word in ("stuck", "drew", "tuned", "tidies", "isnt")] == ["stick", "draw", "tune", "tidy", None]
    assert [base_verb(word) for word in ("suiting", "filling", "hoping", "leaving", "discuss")] == [
        "suit",
        "fill",
        "hope",
        "leave",
        "discuss",
    ]


@pytest.mark.parametrize("text", ["It wenting well.", "donting", "fizzesing"])
def test_the_check_can_fail(text):
    broken = text.split()[1] if " " in text else text
    assert broken_gerunds("It went well. I dont mind. It fizzes.", Rationale(f"The user prefers good {broken}.", None)) == [
        broken
    ]


@pytest.mark.slow
def test_no_broken_gerund_over_all_real_reviews(instrument_reviews):
    teacher, broken = OfflineTeacher(), {}
    texts = instrument_reviews["reviewText"].map(html.unescape)
    for text, stars in zip(texts, instrument_reviews["overall"], strict=True):
        answer = teacher.answer(Review(1, 0, 1, text, rating=float(stars)))
        if isinstance(answer, Rationale):
            broken |= dict.fromkeys(broken_gerunds(text, answer), text)
    assert broken == {}
