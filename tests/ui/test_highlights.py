"""Marked words of a review: overlapping spans, unsupported claims, texts that add up."""

from hypothesis import given
from hypothesis import strategies as st

from rdrec.records import Claim, Span
from rdrec.ui.highlights import pieces, supported


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
    assert not supported(claim((2, 9)), "short") and not supported(claim(), "short") and supported(claim((0, 5)), "short")
    assert [piece.claims for piece in pieces("short", [claim((2, 9))])] == [()]


@given(st.text(max_size=30), st.lists(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 10)), max_size=3), max_size=5))
def test_pieces_always_add_up_to_the_text(text, claims):
    found = pieces(text, [claim(*((start, start + length) for start, length in spans)) for spans in claims])
    assert "".join(piece.text for piece in found) == text
