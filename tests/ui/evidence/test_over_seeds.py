"""Several training runs on the evidence tab: a sentence that follows from the numbers, and tables with every number."""

import dataclasses

import pytest
from html_text import text_of
from made_evaluations import checks_of

from rdrec.explorer.answers import Difference, OverSeeds, Run, RunCheck
from rdrec.ui.evidence import over_seeds
from rdrec.ui.render import page

RUNS = tuple(Run("baseline", "sequential", "NDCG@10", seed, 0.1) for seed in (0, 1))


def difference(one="rdrec:answer-key", other="baseline", value=0.03, p=0.001, seeds=(0.01, 0.05), metric="NDCG@10"):
    return Difference(one, other, "sequential", metric, value, value - 0.02, value + 0.02, p, 3, 100, *seeds)


def checks(way, outcome):
    return [RunCheck(way, seed, check) for seed in (0, 1) for check in checks_of(outcome)]


CHECKS = (
    *checks("rdrec:answer-key", "learned"), *checks("rdrec:offline", "learned"), *checks("scrambled:answer-key", "not learned"),
)  # fmt: skip


def lead(*differences, runs=RUNS, checks=CHECKS):
    return over_seeds.lead(OverSeeds(runs, differences, (), checks), "answer-key")


def test_the_lead_follows_from_the_numbers_and_is_one_sentence():
    clear = lead(difference())
    assert "ranks better than the one without, by +3.0 points (+1.0 to +5.0, p\u00a00.001)" in clear
    assert clear.count(".") == 5, "four numbers and one end"
    assert "worse" in lead(difference(value=-0.03, seeds=(-0.05, -0.01)))


@pytest.mark.parametrize("unclear", [{"p": 0.2}, {"seeds": (-0.01, 0.05)}])
def test_chance_or_one_run_against_the_others_is_no_difference(unclear):
    assert "no measurable effect" in lead(difference(**unclear))


def test_p_is_corrected_for_the_tests_of_the_pair_before_anything_is_called_shown():
    """p = .034 alone; with a second test of the pair it is .068."""
    assert "better" in lead(difference(p=0.034))
    assert "no measurable effect" in lead(difference(p=0.034), difference(p=0.9, metric="HR@10"))
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


def test_the_best_baseline_is_named_with_its_score():
    runs = tuple(
        Run(way, "sequential", "NDCG@10", seed, value)
        for way, value in (("rdrec:answer-key", 0.13), ("baseline", 0.1), ("ease", 0.12), ("knows all tastes", 0.9))
        for seed in (0, 1)
    )
    said = lead(difference(), difference(other="ease", value=0.01, p=0.4), runs=runs)
    assert "The best baseline, EASE, reaches 12.0, this student 13.0 (no measurable difference, p\u00a00.400)" in said
    clear = lead(difference(), difference(other="ease", value=0.01), runs=runs)
    assert "13.0 (+1.0, p\u00a00.001)" in clear


def test_a_best_baseline_that_uses_rationales_says_so_and_the_best_one_without_is_named():
    values = {"rdrec:answer-key": 0.13, "ease": 0.12, "rationale neighbours:answer-key": 0.125, "sasrec": 0.11}
    runs = tuple(Run(way, "sequential", "NDCG@10", seed, value) for way, value in values.items() for seed in (0, 1))
    said = lead(difference(), difference(other="ease", value=0.01), runs=runs)
    assert "The best baseline, Rationale neighbours, also uses rationales; it reaches 12.5, this student 13.0" in said
    assert said.endswith("; the best one without rationales, EASE, reaches 12.0 (+1.0, p\u00a00.001).")


def test_the_shown_teacher_is_the_one_spoken_of():
    other = difference("rdrec:offline", value=-0.07, seeds=(-0.09, -0.05))
    assert "+3.0" in lead(other, difference())


def test_the_short_list_has_its_own_sentence():
    short = dataclasses.replace(difference(value=-0.03, seeds=(-0.05, -0.01)), task="topn")
    found = OverSeeds(RUNS, (short, difference()), (), CHECKS)
    assert over_seeds.short_list(found, "answer-key")[0].startswith(
        "Short list: the student with rationales ranks worse than the one without, by −3.0"
    )
    assert over_seeds.short_list(OverSeeds(RUNS, (difference(),), (), CHECKS), "answer-key") == []
    assert over_seeds.short_list(OverSeeds(RUNS[:1], (short,), (), CHECKS), "answer-key") == []


def test_where_the_rationales_were_not_learned_nothing_was_tested():
    missed = lead(difference(), checks=checks("rdrec:answer-key", "not learned"))
    assert missed.startswith("Not tested: the student did not learn the preferences of its rationales in 2 of 2 training runs")
    assert "better" not in missed and "+3.0" not in missed
    assert lead(difference(), checks=()).startswith("Not tested: nobody checked"), "sets made before the check"
    once = (*checks("rdrec:answer-key", "learned")[:2], *checks("rdrec:answer-key", "not learned")[2:])
    assert "in 1 of 2 training runs" in lead(difference(), checks=once)
    short = dataclasses.replace(difference(), task="topn")
    assert over_seeds.short_list(OverSeeds(RUNS, (short,), ()), "answer-key") == []


def test_a_control_that_learned_says_nothing():
    control = difference(other="scrambled:answer-key", value=0.01, p=0.5)
    both = (*checks("rdrec:answer-key", "learned"), *checks("scrambled:answer-key", "learned"))
    assert "shuffled" not in lead(difference(), control, checks=both)


def test_differences_without_a_passed_check_are_marked(store):
    found = store.over_seeds()
    assert "not tested" not in text_of(page(over_seeds.panel(found, "gear")))
    missed = dataclasses.replace(found, checks=tuple(checks("rdrec:offline", "not learned")))
    words = text_of(page(over_seeds.panel(missed, "gear")))
    assert words.count("not tested") == 4, "two pairs of it, two tasks"


def test_without_a_baseline_nothing_follows():
    assert lead(difference("baseline", "popularity")).startswith("Students with and without rationales were not both trained")


def test_every_run_and_every_test_is_in_the_tables(store):
    found = store.over_seeds()
    words = text_of(page(over_seeds.panel(found, "gear")))
    for run in found.runs:
        if run.metric == "NDCG@10":
            assert f"{100 * run.value:.1f}" in words
    for row in found.differences:
        if row.metric == "NDCG@10":
            assert f"{over_seeds.signed(row.low)} to {over_seeds.signed(row.high)}" in words
    assert "Over 2 training runs of each" in words and "run 0" in words and "run 1" in words
    assert "NDCG@10 by how many purchases the student is shown" in words and "1 to 4 (25)" in words


def test_the_interval_is_drawn_where_its_numbers_are():
    """-2 to +2 around 0 on an axis of 4: a quarter to three quarters."""
    drawn = over_seeds.around_zero(0.0, -0.02, 0.02, 0.04).text
    assert "--a:25.00%;--b:50.00%" in drawn and "--a:50.00%" in drawn


def test_fewer_than_two_runs_show_no_interval_and_say_why(store):
    found = store.over_seeds()
    alone = dataclasses.replace(found, runs=tuple(run for run in found.runs if run.seed == 0))
    for some, count in ((alone, "is 1 training run of each"), (OverSeeds((), (), ()), "is no gathered training run")):
        html = page(over_seeds.panel(some, "gear"))
        assert "interval" not in html.replace("An interval over runs needs two or more", "") and "<table" not in html
        assert count in text_of(html) and "evaluate --data gear --gather 0,1" in text_of(html)
        assert over_seeds.lead(some, "offline").startswith("There is only one training run of each student")
