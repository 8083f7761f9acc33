"""One wording for one thing: what is the same becomes one phrase that somebody said, what is not stays apart."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdrec.core.records import Claim, NothingFound, Rationale
from rdrec.data import schema
from rdrec.data.rationales import answer_fields, answer_of
from rdrec.teachers.canonical import Wordings, in_one_wording


def claims(*texts, polarity="like", kind="item_attribution"):
    return [Claim(kind, text, polarity) for text in texts]


def worded(*texts):
    said = claims(*texts)
    wordings = Wordings.of(said)
    return [wordings.of_claim(claim) for claim in said]


def test_the_most_frequent_wording_is_taken():
    said = ["easy to set up", "set-up is easy", "sets up easily", "easy setup", "easy to set up"]
    assert worded(*said) == ["easy to set up"] * 5
    assert worded("the sound is warm", "warm sounds", "warm sound") == ["warm sound"] * 3, (
        "ties: fewer words, then the alphabet"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("easy to set up", "not easy to set up"),
        ("easy to set up", "isn't easy to set up"),
        ("works with batteries", "works without batteries"),
        ("A better than B", "B better than A"),
        ("loud", "too loud"),
        ("holds 6 strings", "holds 12 strings"),
        ("a gift for a son", "a gift for a daughter"),
        ("breaks, not bends", "bends, not breaks"),
        ("good for mental arithmetic", "good mental arithmetic"),
        ("not loud", "not very loud"),
    ],
)
def test_what_is_not_the_same_stays_apart(one, other):
    assert worded(one, other, other, other) == [one, other, other, other]


def test_kinds_and_polarities_are_not_mixed():
    said = [*claims("light"), *claims("Light", "Light", polarity="dislike"), *claims("LIGHT", "LIGHT", kind="user_preference")]
    wordings = Wordings.of(said)
    assert [wordings.of_claim(claim) for claim in said] == [claim.text for claim in said]


phrases = st.lists(
    st.sampled_from(["warm", "sound", "is", "the", "easy", "set", "up", "setup", "not", "than"]), min_size=1, max_size=5
)


@given(st.lists(phrases, min_size=1, max_size=12))
def test_nothing_is_invented_and_the_order_changes_nothing(said):
    texts = [" ".join(words) for words in said]
    forward = dict(zip(texts, worded(*texts), strict=True))
    backward = dict(zip(texts[::-1], worded(*texts[::-1]), strict=True))
    assert forward == backward and set(forward.values()) <= set(texts)
    assert worded(*forward.values()) == list(forward.values()) or len(set(worded(*forward.values()))) <= len(
        set(forward.values())
    )


def test_a_table_is_said_again_in_one_wording():
    rationales = [
        Rationale("The user prefers easy to set up.", None, tuple(claims("easy to set up", kind="user_preference"))),
        Rationale("The user prefers easy to set up.", None, tuple(claims("easy to set up", kind="user_preference"))),
        Rationale(
            "The user prefers set-up is easy, and dislikes noise.",
            "The item's attributes are a sentence without a claim.",
            (*claims("set-up is easy", kind="user_preference"), *claims("noise", kind="user_preference", polarity="dislike")),
        ),
        NothingFound("no words"),
    ]
    keys = [{"user": 1, "position": place, "item": 1} for place in range(len(rationales))]
    rows = [{**key, **answer_fields(answer)} for key, answer in zip(keys, rationales, strict=True)]
    table = schema.cast(pd.DataFrame(rows, columns=list(schema.RATIONALES)), schema.RATIONALES)
    again = [answer_of(row) for row in in_one_wording(table).to_dict("records")]
    assert again[2].user_preference == "The user prefers easy to set up, and dislikes noise."
    assert again[2].item_attribution == "The item's attributes are a sentence without a claim."
    assert [claim.text for claim in again[2].claims] == ["easy to set up", "noise"] and again[3] == rationales[3]
    assert answer_of(table.to_dict("records")[2]) == rationales[2], "the table itself is not changed"
