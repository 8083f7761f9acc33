"""Text measures: worked by hand, the shipped set within its bounds, and real reviews for comparison."""

import json

import pytest

from rdrec.cli.main import main
from rdrec.core.records import InputError
from rdrec.synthetic.measures import measure


def test_by_hand():
    review = "one two three four five six seven eight nine ten " * 2  # 20 words, 19 pairs, 10 of them different
    found = measure([review, review, "short"])
    assert (found.reviews, found.duplicates, found.sampled) == (3, 1, 2)
    assert found.distinct_bigram_share == pytest.approx(10 / 38)
    assert found.vocabulary == 10 and found.mean_words == pytest.approx(41 / 3)
    assert found.xz_ratio > 1


def test_nothing_of_middle_length():
    with pytest.raises(InputError, match="none of 1 review has 20 to 80 words"):
        measure(["too short"])


def test_the_shipped_world_reads_like_reviews(capsys):
    """The command of the data card with 400 users, and the figures it must reach."""
    assert main(["data", "make", "--users", "400", "--check", "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["reviews"] >= 3000 and found["duplicates"] == 0
    assert found["distinct_bigram_share"] >= 0.30 and found["xz_ratio"] <= 6
    assert found["vocabulary"] >= 2500 and 35 <= found["mean_words"] <= 60
    assert found["beside"] is None
    personal = found["how_personal"]
    assert personal["invented reviews"]["user"]["words_low"] > 0.05, "at least what real reviews tell"
    assert personal["answer key, user preference"]["user"]["gap"] > 0.2
    assert personal["invented reviews"]["item"]["words"] < 3 * 0.134


def test_real_reviews_stand_beside(instruments, capsys):
    assert main(["data", "make", "--users", "60", "--check", "--beside", str(instruments), "--json"]) == 0
    beside = json.loads(capsys.readouterr().out.splitlines()[-1])["beside"]
    assert beside["reviews"] > 10_000 and beside["distinct_bigram_share"] > 0.5


def test_beside_needs_check(capsys):
    assert main(["data", "make", "--beside", "x.csv"]) == 2
    assert "--check" in capsys.readouterr().err
