"""The verdict over several training runs: a sentence that follows from the numbers."""

import dataclasses

import pytest
from made_evaluations import checks_of

from rdrec.explorer import seed_verdict
from rdrec.explorer.answers import Difference, Run, RunCheck, SeedResults

RUNS = tuple(Run("baseline", "sequential", "NDCG@10", seed, 0.1) for seed in (0, 1))


def difference(one="rdrec:answer-key", other="baseline", value=0.03, p=0.001, seeds=(0.01, 0.05), metric="NDCG@10"):
    return Difference(one, other, "sequential", metric, value, value - 0.02, value + 0.02, p, 3, 100, *seeds)


def checks(method, outcome):
    return [RunCheck(method, seed, check) for seed in (0, 1) for check in checks_of(outcome)]


CHECKS = (
    *checks("rdrec:answer-key", "learned"), *checks("rdrec:offline", "learned"), *checks("scrambled:answer-key", "not learned"),
)  # fmt: skip


def lead(*differences, runs=RUNS, checks=CHECKS):
    return seed_verdict.lead(SeedResults(runs, differences, (), checks), "answer-key")


def test_the_lead_follows_from_the_numbers_and_is_one_sentence():
    clear = lead(difference())
    assert "ranks better than the one without, by +3.0 points (+1.0 to +5.0, p\u00a0=\u00a00.001)" in clear
    assert clear.count(".") == 5, "four numbers and one end"
    assert "worse" in lead(difference(value=-0.03, seeds=(-0.05, -0.01)))


@pytest.mark.parametrize("unclear", [{"p": 0.2}, {"seeds": (-0.01, 0.05)}])
def test_chance_or_one_run_against_the_others_is_no_difference(unclear):
    assert "no effect of rationales is shown" in lead(difference(**unclear))


def test_p_is_corrected_for_the_tests_of_the_pair_before_anything_is_called_shown():
    """p = .034 alone; with a second test of the pair it is .068."""
    assert "better" in lead(difference(p=0.034))
    assert "no effect of rationales is shown" in lead(difference(p=0.034), difference(p=0.9, metric="HR@10"))
    assert "better" in lead(difference(p=0.034), difference(other="scrambled:answer-key", p=0.9)), (
        "another pair is another family"
    )


def test_the_control_has_its_part_of_the_sentence():
    over = difference(other="scrambled:answer-key", value=0.01, p=0.5)
    assert "but real rationales do no better than shuffled ones (+1.0" in lead(difference(), over)
    assert "against the control with shuffled rationales it ranks better, by +1.0" in lead(
        difference(), dataclasses.replace(over, p=0.001)
    )
    level = difference("scrambled:answer-key", value=0.001, p=0.8)
    assert "the control with shuffled rationales is level with the student without (+0.1" in lead(difference(), level)
    moves = dataclasses.replace(level, p=0.0001, difference=0.02)
    assert "the control with shuffled rationales also ranks better" in lead(difference(), moves)
    parts = lead(difference(), dataclasses.replace(moves, difference=-0.02, seed_low=-0.03, seed_high=-0.01))
    assert "; the control with shuffled rationales ranks worse than the student without" in parts and "also" not in parts


def test_the_best_baseline_is_named_with_its_score():
    runs = tuple(
        Run(method, "sequential", "NDCG@10", seed, value)
        for method, value in (("rdrec:answer-key", 0.13), ("baseline", 0.1), ("ease", 0.12), ("knows all tastes", 0.9))
        for seed in (0, 1)
    )
    said = lead(difference(), difference(other="ease", value=0.01, p=0.4), runs=runs)
    assert "The best baseline, EASE, reaches 12.0, this student 13.0 (no difference shown, p\u00a0=\u00a00.400)" in said
    clear = lead(difference(), difference(other="ease", value=0.01), runs=runs)
    assert "13.0 (+1.0, p\u00a0=\u00a00.001)" in clear


def test_a_best_baseline_that_uses_rationales_says_so_and_the_best_one_without_is_named():
    values = {"rdrec:answer-key": 0.13, "ease": 0.12, "rationale neighbours:answer-key": 0.125, "sasrec": 0.11}
    runs = tuple(Run(method, "sequential", "NDCG@10", seed, value) for method, value in values.items() for seed in (0, 1))
    said = lead(difference(), difference(other="ease", value=0.01), runs=runs)
    assert "The best baseline, Rationale neighbours, also uses rationales; it reaches 12.5, this student 13.0" in said
    assert said.endswith("; the best one without rationales, EASE, reaches 12.0 (+1.0, p\u00a0=\u00a00.001).")


def test_the_shown_teacher_is_the_one_spoken_of():
    other = difference("rdrec:offline", value=-0.07, seeds=(-0.09, -0.05))
    assert "+3.0" in lead(other, difference())


def test_the_short_list_has_its_own_sentence():
    short = dataclasses.replace(difference(value=-0.03, seeds=(-0.05, -0.01)), task="topn")
    found = SeedResults(RUNS, (short, difference()), (), CHECKS)
    assert seed_verdict.short_list(found, "answer-key")[0].startswith(
        "Short list: the student with rationales ranks worse than the one without, by −3.0"
    )
    assert seed_verdict.short_list(SeedResults(RUNS, (difference(),), (), CHECKS), "answer-key") == []
    assert seed_verdict.short_list(SeedResults(RUNS[:1], (short,), (), CHECKS), "answer-key") == []


def test_where_the_rationales_were_not_learned_nothing_was_tested():
    missed = lead(difference(), checks=checks("rdrec:answer-key", "not learned"))
    assert missed.startswith("Not tested: the student did not learn the preferences of its rationales in 2 of 2 training runs")
    assert "better" not in missed and "+3.0" not in missed
    assert lead(difference(), checks=()).startswith("Not tested: it was not checked"), "sets made before the check"
    once = (*checks("rdrec:answer-key", "learned")[:2], *checks("rdrec:answer-key", "not learned")[2:])
    assert "in 1 of 2 training runs" in lead(difference(), checks=once)
    short = dataclasses.replace(difference(), task="topn")
    assert seed_verdict.short_list(SeedResults(RUNS, (short,), ()), "answer-key") == []


def test_a_control_that_learned_says_nothing():
    control = difference(other="scrambled:answer-key", value=0.01, p=0.5)
    both = (*checks("rdrec:answer-key", "learned"), *checks("scrambled:answer-key", "learned"))
    assert "shuffled" not in lead(difference(), control, checks=both)


def test_without_a_baseline_nothing_follows():
    assert lead(difference("baseline", "popularity")).startswith("Students with and without rationales were not both trained")


@pytest.mark.parametrize(
    ("change", "runs"),
    [({}, 2), ({"p": 0.2}, 0), ({"seeds": (-0.01, 0.05)}, 0), ({"other": "scrambled:answer-key"}, 0), ({"metric": "HR@10"}, 0)],
)
def test_runs_agree_if_the_difference_from_the_baseline_is_clear(change, runs):
    found = SeedResults(RUNS, (difference(**change),), (), CHECKS)
    assert seed_verdict.agreeing_runs(found, "answer-key", "sequential") == runs
    assert seed_verdict.agreeing_runs(found, "answer-key", "topn") == 0
    assert seed_verdict.agreeing_runs(SeedResults(RUNS[:1], (difference(),), (), CHECKS), "answer-key", "sequential") == 0


def test_the_test_against_the_best_baseline_is_found_for_its_task_alone():
    runs = (*RUNS, *(Run("ease", "sequential", "NDCG@10", seed, 0.2) for seed in (0, 1)))
    rows = (difference(), difference(other="ease", p=0.3), difference(other="popularity"))
    found = SeedResults(runs, rows, (), CHECKS)
    beside = seed_verdict.against_best(found, "answer-key", "sequential")
    assert beside is not None and beside.row.other == "ease" and not beside.clear
    assert seed_verdict.against_best(found, "answer-key", "topn") is None
    one_run = tuple(run for run in runs if run.seed == 0)
    assert seed_verdict.against_best(dataclasses.replace(found, runs=one_run), "answer-key", "sequential") is None
