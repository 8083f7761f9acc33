"""Rationales on disk belong to one data set, and claims come back as they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdrec.core.records import (
    CLAIM_KINDS,
    POLARITIES,
    ArtefactError,
    Claim,
    Dataset,
    NothingFound,
    Rationale,
    Span,
    UnknownNameError,
)
from rdrec.data.rationales import answer_fields, answer_of, decode_claims, encode_claims, load_rationales
from rdrec.data.store import load_dataset, save_dataset
from rdrec.teachers.run import distil

SPANS = st.tuples(st.integers(0, 99), st.integers(1, 99)).map(lambda pair: Span(pair[0], pair[0] + pair[1]))
TEXT = st.text(min_size=1, max_size=20).filter(str.strip)
CLAIMS = st.builds(
    Claim, st.sampled_from(CLAIM_KINDS), TEXT, st.sampled_from(POLARITIES), st.lists(SPANS, max_size=3).map(tuple)
)


@given(st.lists(CLAIMS, max_size=4).map(tuple))
def test_claims_come_back(claims):
    assert decode_claims(encode_claims(claims)) == claims
    answer = Rationale("The user prefers it.", None, claims)
    assert answer_of(answer_fields(answer)) == answer


def test_nothing_comes_back():
    assert answer_of(answer_fields(NothingFound("empty review"))) == NothingFound("empty review")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "{}x",
        '[{"kind": "x"}]',
        "[1]",
        "null",
        "[" * 100_000,
        '[{"kind":"user_preference","text":"a","polarity":"like","spans":[[3,1]]}]',
    ],
)
def test_broken_claims_are_one_clear_error(text):
    with pytest.raises(ArtefactError, match="distil again"):
        decode_claims(text)


def test_rationales_of_another_version_of_the_data_are_refused(home, counting_teacher):
    distil(home, "made", counting_teacher(), progress=False)
    assert len(load_rationales(home, "made", "keywords")) == 140
    data = load_dataset(home, "made")
    save_dataset(home, Dataset("made", data.users, data.items, data.interactions, None, {"title": "Other"}))
    with pytest.raises(ArtefactError, match="distil again: python -m rdrec distill --data made --teacher keywords"):
        load_rationales(home, "made", "keywords")


def test_missing_or_altered(home, counting_teacher):
    with pytest.raises(UnknownNameError, match="make it with: python -m rdrec distill --data made"):
        load_rationales(home, "made", "keywords")
    distil(home, "made", counting_teacher(), progress=False)
    with (home.rationales("made", "keywords") / "rationales.parquet").open("ab") as file:
        file.write(b"x")
    with pytest.raises(ArtefactError, match=r"altered: rationales\.parquet"):
        load_rationales(home, "made", "keywords")
