"""Several training runs on the evidence tab: tables with every number."""

import dataclasses

from html_text import text_of
from made_evaluations import checks_of

from rdrec.explorer import seed_verdict
from rdrec.explorer.answers import RunCheck, SeedResults
from rdrec.explorer.points import signed
from rdrec.ui.evidence import multi_seed
from rdrec.ui.evidence.tables import around_zero
from rdrec.ui.render import page


def checks(method, outcome):
    return [RunCheck(method, seed, check) for seed in (0, 1) for check in checks_of(outcome)]


def test_differences_without_a_passed_check_are_marked(store):
    found = store.seed_results()
    assert "not tested" not in text_of(page(multi_seed.panel(found, "gear")))
    missed = dataclasses.replace(found, checks=tuple(checks("rdrec:offline", "not learned")))
    words = text_of(page(multi_seed.panel(missed, "gear")))
    assert words.count("not tested") == 4, "two pairs of it, two tasks"


def test_every_run_and_every_test_is_in_the_tables(store):
    found = store.seed_results()
    words = text_of(page(multi_seed.panel(found, "gear")))
    for run in found.runs:
        if run.metric == "NDCG@10":
            assert f"{100 * run.value:.1f}" in words
    for row in found.differences:
        if row.metric == "NDCG@10":
            assert f"{signed(row.low)} to {signed(row.high)}" in words
    assert "Over 2 training runs of each" in words and "run 0" in words and "run 1" in words
    assert "NDCG@10 by how many purchases the student is shown" in words and "1 to 4 (25)" in words


def test_acronyms_stay_capital_within_a_pair(store):
    row = dataclasses.replace(store.seed_results().differences[0], metric="NDCG@10")
    rivals = tuple(dataclasses.replace(row, other=other) for other in ("ease", "sasrec", "popularity"))
    words = text_of(page(multi_seed.panel(dataclasses.replace(store.seed_results(), differences=rivals), "gear")))
    assert "− EASE" in words and "− SASRec" in words and "− best sellers first" in words


def test_the_interval_is_drawn_where_its_numbers_are():
    """-2 to +2 around 0 on an axis of 4: a quarter to three quarters."""
    drawn = around_zero(0.0, -0.02, 0.02, 0.04).text
    assert "--a:25.00%;--b:50.00%" in drawn and "--a:50.00%" in drawn


def test_fewer_than_two_runs_show_no_interval_and_say_why(store):
    found = store.seed_results()
    alone = dataclasses.replace(found, runs=tuple(run for run in found.runs if run.seed == 0))
    for some, count in ((alone, "is 1 training run of each"), (SeedResults((), (), ()), "is no gathered training run")):
        html = page(multi_seed.panel(some, "gear"))
        assert "interval" not in html.replace("An interval over runs needs two or more", "") and "<table" not in html
        assert count in text_of(html) and "evaluate --data gear --gather 0,1" in text_of(html)
        assert seed_verdict.lead(some, "offline").startswith("There is only one training run of each student")
