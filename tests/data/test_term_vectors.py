"""Words of rationales as vectors: what is denied or disliked counts below 0, and what everybody says weighs nothing."""

import math

import pytest

from rdrec.data.term_vectors import TermVectors, signed_words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The user prefers quiet play, not solo play.", {"quiet": 1, "solo": -1}),
        ("The user prefers stories, and dislikes noise and glitter.", {"stories": 1, "noise": -1, "glitter": -1}),
        ("The item has no magnets and good packing.", {"magnets": -1, "good": 1, "packing": 1}),
        ("The user prefers sea life, not racing.", {"sea": 1, "life": 1, "racing": -1}),
        ("The user dislikes robots and racing.", {"robots": -1, "racing": -1}),
        ("The user dislikes no batteries, lack of soft rubber and glitter.", {"batteries": 1, "rubber": 1, "glitter": -1}),
        ("The user prefers red, and dislikes isn’t easy and doesn't roll far.", {"red": 1, "easy": 1, "roll": 1, "far": 1}),
        (
            "The item's attributes are never breaks, missing screws and not without charm.",
            {"breaks": -1, "screws": -1, "charm": 1},
        ),
        (
            "The item lacks charm, has class lacking style, none of it and nothing special.",
            {"charm": -1, "style": -1, "of": -1, "special": -1},
        ),
    ],
)
def test_signs_of_words(text, found):
    signs = dict(signed_words(text))
    assert {word: signs[word] for word in found} == found


def test_tf_idf_by_hand():
    """Three bags; "a" is in two of them, "b" and "c" in one each; a denied word counts below 0."""
    bags = [{"a": 2, "b": 1}, {"a": 1, "c": -1}, {}]
    vectors = TermVectors(bags)
    a, b = math.log(3 / 3), math.log(3 / 2)
    rows = vectors.rows([*bags, {"b": 3, "unknown": 5}]).toarray()
    assert (a, rows[0].tolist()) == (0, [0, 1, 0]) and b > 0, "what everybody says weighs nothing"
    assert rows[1].tolist() == [0, 0, -1] and rows[2].tolist() == [0, 0, 0] and rows[3].tolist() == [0, 1, 0]
