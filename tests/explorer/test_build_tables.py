"""What all shown teachers say, as the page gets it: who is first, why a claim is unsupported, whose raw answers are kept."""

import json

import pytest

from rdrec.core.home import Home
from rdrec.core.records import Claim, NothingFound, Rationale, Span
from rdrec.core.storage import new_artefact, write_table
from rdrec.data.rationales import ANSWER_KEY, RAW_TABLE, answer_fields, as_raw_table, as_table, decode_claims
from rdrec.data.store import dataset_sha256, load_dataset
from rdrec.explorer.build_tables import about_teachers, rationale_table
from rdrec.synthetic.make import MakePlan, make
from rdrec.synthetic.spec import read_world
from rdrec.teachers.run import reviews_with_text

READ = 12  # reviews that the language model has read
LEAKED = Claim("user_preference", "leaking boots", "dislike", (Span(0, 3),), leaked=True)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    made = Home(tmp_path_factory.mktemp("told"))
    make(made, MakePlan(read_world("toys"), "toys", 20, 0), progress=False)
    reviews = list(reviews_with_text(load_dataset(made, "toys").interactions))[:READ]
    rows = []
    for number, review in enumerate(reviews):
        word = review.text.split()[0]
        own = Claim("user_preference", word, "neutral", (Span(0, len(word)),))
        answer = Rationale(f"The user prefers {word}.", None, (LEAKED, own)) if number else NothingFound("nothing")
        key = {"user": review.user, "position": review.position, "item": review.item}
        rows.append({**key, **answer_fields(answer), "attempts": 1, "raw": f"raw {number}"})
    config = {"teacher": "llama", "model": "sha256:0"}
    meta = {"data": "toys", "data_sha256": dataset_sha256(made, "toys"), "teacher": "toy-1b", "teacher_config": config}
    with new_artefact(made.rationales("toys", "toy-1b"), "rationales", meta) as folder:
        write_table(as_table(rows), folder / "rationales.parquet")
        write_table(as_raw_table(rows), folder / RAW_TABLE)
    return made


@pytest.fixture(scope="module")
def told(home):
    return rationale_table(home, "toys", ["toy-1b", ANSWER_KEY], load_dataset(home, "toys").interactions, [1])


def test_every_claim_has_a_check_and_the_answer_key_needs_none(told):
    for row in told.to_dict("records"):
        claims, why_not = decode_claims(row["claims"]), json.loads(row["why_not"])
        assert len(why_not) == len(claims)
        if row["teacher"] == ANSWER_KEY:
            assert set(why_not) <= {None}
        elif claims:
            assert why_not[0] == "from the examples" and "from the examples" not in why_not[1:]


def test_the_order_is_that_of_the_teachers_and_raw_answers_are_of_the_asked_users(told):
    order = told.groupby(["user", "position"], sort=False)["teacher"].agg(list)
    assert list(order.index) == sorted(order.index)
    assert order.map(lambda names: names in (["toy-1b", ANSWER_KEY], [ANSWER_KEY])).all()
    assert (order.map(len) == 2).sum() == READ
    kept = told[told["raw"].notna()]
    mine = told[(told["teacher"] == "toy-1b") & (told["user"] == 1)]
    assert set(kept["user"]) == {1} and len(kept) == len(mine) and kept["raw"].str.startswith("raw ").all()


def test_what_is_known_of_the_teachers(home, told):
    about = about_teachers(home, "toys", told)
    assert about["toy-1b"] == {"kind": "llama", "read": READ, "rationales": READ - 1}
    assert about[ANSWER_KEY]["read"] == about[ANSWER_KEY]["rationales"] == (told["teacher"] == ANSWER_KEY).sum()
