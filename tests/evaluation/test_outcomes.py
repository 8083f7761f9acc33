"""What the manipulation check's numbers mean, and how they are said: three outcomes, three sentences, verdicts over training runs."""

import dataclasses

import pytest

from rdrec.evaluation.outcomes import COLUMNS, Check, check_of, nats, outcome_of, sentence, verdict

LEARNED = Check("user_preference", "learned", "", 500, 1.2, 2.17, 0.97, 0.94, 1.0, 0.47, 0.45, 0.49)
ITEM = dataclasses.replace(LEARNED, task="item_attribution", gap=0.72, yardstick=0.61)


@pytest.mark.parametrize(
    ("gap", "low", "yardstick", "said"),
    [
        (0.97, 0.94, 0.47, "learned"),
        (0.235, 0.2, 0.47, "learned"),  # half of the yardstick
        (0.234, 0.2, 0.47, "not learned"),
        (0.3, -0.01, 0.47, "not learned"),  # the interval touches 0
        (0.0, -0.01, 0.47, "not learned"),
        (0.0, -0.01, 0.019, "nothing to learn"),
        (0.0, -0.01, -0.3, "nothing to learn"),
        (0.0, -0.01, 0.02, "not learned"),
        (0.011, 0.001, 0.019, "nothing to learn"),  # too little to matter
        (0.3, 0.25, 0.019, "learned"),  # there was something that counts of n-grams do not see
    ],
)
def test_outcomes_at_their_bounds(gap, low, yardstick, said):
    assert outcome_of(gap, low, yardstick) == said


def test_three_outcomes_are_three_sentences():
    nothing = dataclasses.replace(LEARNED, outcome="nothing to learn", gap=0.001, low=-0.01, high=0.01, yardstick=0.004)
    missed = dataclasses.replace(LEARNED, outcome="not learned", gap=-0.0004, low=-0.01, high=0.01)
    said = [sentence(check, "shopper", "product") for check in (LEARNED, nothing, missed)]
    assert said[0].startswith(
        "Preferences: learned. The student gains .97 nats per token (.94 to 1.00) from knowing the shopper"
    )
    assert said[1].startswith("Preferences: nothing to learn. These texts say nothing about the shopper") and ".004" in said[1]
    assert said[2].startswith("Preferences: not learned. The student gains .000") and ".23 and an interval" in said[2]
    assert "the item" in sentence(ITEM) and "product" in sentence(ITEM, "shopper", "product")


def test_a_verdict_needs_every_rationale_task_in_every_run():
    explanation = dataclasses.replace(LEARNED, task="explanation", outcome="not learned")
    found = verdict([LEARNED, ITEM, LEARNED, ITEM, explanation])
    assert found.tested and "preferences (.97 nats per token, n-gram counts .47)" in found.why, "explanations do not decide"
    missed = dataclasses.replace(ITEM, outcome="not learned", gap=0.0)
    failed = verdict([LEARNED, ITEM, LEARNED, missed])
    assert not failed.tested and "did not learn the attributes of its rationales in 1 of 2 training runs" in failed.why


def test_where_there_is_nothing_to_learn_in_one_task_the_other_decides():
    nothing = dataclasses.replace(LEARNED, outcome="nothing to learn")
    half = verdict([nothing, ITEM])
    assert half.tested and "In the preferences there was nothing to learn" in half.why
    none = verdict([nothing, dataclasses.replace(ITEM, outcome="nothing to learn")], "shopper", "product")
    assert not none.tested and "say nothing about the shopper or the product" in none.why
    assert not verdict([nothing, dataclasses.replace(ITEM, outcome="not learned")]).tested


def test_no_check_is_no_verdict():
    assert not verdict([]).tested and "it was not checked" in verdict([]).why
    unchecked = dataclasses.replace(LEARNED, outcome="not checked", reason="The rationales are gone; distil them")
    assert "The rationales are gone; distil them." in verdict([unchecked, ITEM]).why


def test_rows_of_a_table_and_back():
    row = dataclasses.asdict(LEARNED)
    assert list(COLUMNS) == list(row) and check_of(row | {"seed": 1}) == LEARNED


@pytest.mark.parametrize(
    ("value", "said"), [(0.97, ".97"), (0.0041, ".004"), (-0.014, "−.014"), (-0.0001, ".000"), (1.5, "1.50")]
)
def test_nats(value, said):
    assert nats(value) == said
