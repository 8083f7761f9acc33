"""When a difference may be read as one of rationales: the student learned them, and the control did not."""

import pytest
from made_evaluations import checks_of

from rdrec.evaluation.outcomes import verdict_of_pair

LEARNED, MISSED = checks_of("learned"), checks_of("not learned")
CHECKS = {"rdrec:a": LEARNED, "scrambled:a": MISSED, "tasks-only:a": MISSED}


def test_pairs():
    assert verdict_of_pair("rdrec:a", "baseline", CHECKS).tested
    assert verdict_of_pair("rdrec:a", "scrambled:a", CHECKS).tested
    assert verdict_of_pair("rdrec:a", "popularity", CHECKS).tested
    assert not verdict_of_pair("tasks-only:a", "baseline", CHECKS).tested
    assert verdict_of_pair("rdrec:a", "rdrec:b", CHECKS | {"rdrec:b": LEARNED}).tested
    assert "did not learn the preferences" in verdict_of_pair("rdrec:a", "rdrec:b", CHECKS | {"rdrec:b": MISSED}).why


@pytest.mark.parametrize(
    ("one", "other"),
    [("rdrec:a", "tasks-only:a"), ("rdrec:a", "start-only:a"), ("tasks-only:a", "scrambled:a"), ("rdrec:a", "scrambled:b")],
)
def test_pairs_that_differ_in_something_else(one, other):
    """A start, or a control with a start of its own, differs in more than rationales."""
    assert verdict_of_pair(one, other, CHECKS | {"scrambled:b": MISSED}) is None


def test_no_rationales_no_verdict():
    without = "rdrec:a without user_preference and item_attribution"
    for pair in (("scrambled:a", "baseline"), ("start-only:a", "baseline"), ("ease", "popularity"), (without, "baseline")):
        assert verdict_of_pair(*pair, CHECKS) is None


def test_an_ablated_student_is_judged_by_the_task_that_is_left():
    method = "rdrec:a without user_preference"
    assert verdict_of_pair(method, "baseline", {method: LEARNED[1:]}).tested
    assert not verdict_of_pair(method, "baseline", {method: MISSED[1:]}).tested


def test_a_control_that_passes_makes_every_comparison_with_it_void():
    for control in (LEARNED, [*MISSED, *LEARNED[:1]], [*MISSED, *MISSED, LEARNED[1]]):
        checks = CHECKS | {"scrambled:a": control}
        assert "the control" in verdict_of_pair("rdrec:a", "scrambled:a", checks).why, "one kind in one run is enough"
        assert verdict_of_pair("rdrec:a", "baseline", checks).tested


def test_without_a_check_nothing_is_tested():
    found = verdict_of_pair("rdrec:a", "baseline", {})
    assert not found.tested and "it was not checked" in found.why
