"""The checks of a rationale find what they are there for, whoever wrote it."""

import pytest

from rdrec.core.records import Claim, Rationale, Review, Span
from rdrec.teachers.evidence import find_evidence
from rdrec.teachers.grounding import copied_words, ground

TEXT = "The clamps aren't sturdy, but I love the warm sound and the price. It broke."


def span(words):
    at = TEXT.index(words)
    return Span(at, at + len(words))


def why(claim):
    (check,) = ground(Review(1, 0, 1, TEXT), Rationale("The user prefers it.", None, (claim,))).claims
    return check.supported, check.why


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (Claim("item_attribution", "warm sound", "like", (span("love the warm sound"),)), (True, "says 'sound'")),
        (Claim("user_preference", "solid clamps", "dislike", (span("clamps aren't sturdy"),)), (True, "says 'clamps'")),
        (
            Claim("item_attribution", "sturdy clamps", "like", (span("clamps aren't sturdy"),)),
            (False, "the evidence says the opposite"),
        ),
        (Claim("item_attribution", "a warm sound", "like"), (False, "no evidence given")),
        (Claim("item_attribution", "a warm sound", "like", (Span(5, 500),)), (False, "evidence outside the review")),
        (Claim("item_attribution", "a warm sound", "like", (span(", "),)), (False, "evidence without words")),
        (
            Claim("item_attribution", "a velvet strap", "neutral", (span("price"),)),
            (False, "none of its words are in the evidence"),
        ),
        (Claim("user_preference", "poor durability", "dislike", (span("broke"),)), (True, "judges the same way")),
    ],
)
def test_claims(claim, expected):
    assert why(claim) == expected


def test_a_copied_run_is_found():
    review = "I would say the strap is long enough for a very tall player like me."
    copy = Rationale("The strap is long enough for a very tall player.", None)
    assert copied_words(review, copy) == "the strap is long enough for a very"
    assert copied_words(review, Rationale("The user prefers a strap that is long enough.", None)) is None
    assert copied_words("Fine. The user prefers sound.", Rationale("The user prefers sound.", None)) == "the user prefers sound"


def test_a_scrambled_rationale_is_told_from_its_own():
    """The control of every faithfulness measure: claims put beside another review are not supported."""
    rationale = Rationale(
        "The user prefers warm sound.", None, (Claim("user_preference", "warm sound", "like", (Span(0, 10),)),)
    )
    assert not ground(Review(1, 0, 1, "The zipper is black and it arrived on Monday."), rationale).faithful


@pytest.mark.parametrize(
    ("text", "said", "supported"),
    [
        ("It does not come with a case.", "a case", False),
        ("It does not come with a case.", "no case", True),
        ("It comes with a case.", "a case", True),
        ("There is no case.", "freedom from a case", True),
        ("It has no case but a strap, and later I got a case.", "a case", True),
    ],
)
def test_what_the_evidence_denies(text, said, supported):
    claim = Claim("item_attribution", said, "neutral", (Span(0, len(text)),))
    (check,) = ground(Review(1, 0, 1, text), Rationale(None, "The item's attributes are these.", (claim,))).claims
    assert (check.supported, check.why == "the evidence denies it") == (supported, not supported)


@pytest.mark.parametrize(
    ("text", "said", "polarity", "expected"),
    [
        ("Then there is the fiddly handwork, and that settled it.", "fiddly handwork", "like", "says"),
        ("This eliminated many subtle flaws.", "eliminates flaws", "like", "says"),
        ("A small sigh because there's no music.", "no music", "dislike", "says"),
        ("I was able to tune it without an amp.", "tuning without an amp", "like", "says"),
        ("Nothing beats soft cloth.", "soft cloth", "like", "says"),
        ("For the price I can't get a better deal.", "the price", "like", "says"),
        ("Very nice quality, as always.", "good quality", "like", "says 'quality'"),
        ("It arrived on Monday.", "good quality", "like", "no evidence given"),
        ("The quality is poor.", "good quality", "like", "the evidence says the opposite"),
        ("The clamps are not sturdy.", "sturdy clamps", "like", "the evidence says the opposite"),
        ("The sound is great.", "a weak sound", "dislike", "the evidence says the opposite"),
        ("The bridge is awful.", "the bridge", "like", "the evidence says the opposite"),
    ],
)
def test_what_looks_like_a_contradiction_and_what_is_one(text, said, polarity, expected):
    """Faults that were found by reading a hundred flagged claims, and contradictions that must stay flagged."""
    claim = Claim("user_preference", said, polarity, find_evidence(text, said))
    (check,) = ground(Review(1, 0, 1, text), Rationale("The user prefers it.", None, (claim,))).claims
    assert check.why.startswith(expected) and check.supported == expected.startswith("says")
