"""Marked words of a review: overlapping spans, unsupported claims, texts that add up."""

from hypothesis import given
from hypothesis import strategies as st

from rdrec.core.records import Claim, Span
from rdrec.explorer.answers import Distilled
from rdrec.explorer.highlights import NO_EVIDENCE, pieces, why_not


def claim(*spans, polarity="like"):
    return Claim("user_preference", "something", polarity, tuple(Span(*span) for span in spans))


def test_overlapping_spans_become_pieces_that_know_both_claims():
    found = pieces("abcdefgh", [claim((1, 5)), claim((3, 7), polarity="dislike")])
    assert [(piece.text, piece.claims, piece.starts) for piece in found] == [
        ("a", (), ()),
        ("bc", (0,), (0,)),
        ("de", (0, 1), (1,)),
        ("fg", (1,), ()),
        ("h", (), ()),
    ]


def test_a_claim_is_numbered_once_at_its_first_words():
    found = pieces("one two three", [claim((8, 13), (0, 3))])
    assert [piece.starts for piece in found if piece.claims] == [(0,), ()]


def test_spans_beyond_the_text_are_no_support():
    claims = (claim((2, 9)), claim(), claim((0, 5)))
    unchecked = Distilled(0, 1, "ok", None, "x", None, claims, "offline")
    assert [why_not(unchecked, index, "short") for index in range(3)] == [NO_EVIDENCE, NO_EVIDENCE, None]
    assert [piece.claims for piece in pieces("short", [claim((2, 9))])] == [()]


def test_a_check_that_was_kept_is_believed():
    checked = Distilled(0, 1, "ok", None, "x", None, (claim((0, 5)), claim()), "offline", ("from the examples", None))
    assert [why_not(checked, index, "short") for index in range(2)] == ["from the examples", None]


@given(st.text(max_size=30), st.lists(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 10)), max_size=3), max_size=5))
def test_pieces_always_add_up_to_the_text(text, claims):
    found = pieces(text, [claim(*((start, start + length) for start, length in spans)) for spans in claims])
    assert "".join(piece.text for piece in found) == text
