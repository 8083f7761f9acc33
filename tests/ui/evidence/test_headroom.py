"""How much is left to gain: drawn where the best possible score is known, with shares that follow from the numbers."""

from html_text import text_of

from rdrec.explorer.answers import Run, SeedResults
from rdrec.ui.evidence import headroom
from rdrec.ui.render import page

VALUES = {
    "popularity": 0.1, "ease": 0.2, "knows what reviews mention": 0.25, "knows what reviews of others mention": 0.2,
    "knows all tastes": 0.4, "rdrec:answer-key": 0.21, "rdrec:offline": 0.3, "baseline": 0.18, "sasrec": 0.19,
}  # fmt: skip


def runs(values):
    """Two seeds a method, around the mean."""
    found = [
        Run(method, "sequential", "NDCG@10", seed, value + sign * 0.01)
        for method, value in values.items()
        for seed, sign in ((0, 1), (1, -1))
    ]
    return SeedResults(tuple(found), (), ())


def test_shares_follow_from_the_numbers():
    found = page(headroom.panel(runs(VALUES), "sequential", "answer-key"))
    said = text_of(found)
    assert "best possible score is known: 40.0. EASE, which sees only purchases, reaches 20.0." in said
    assert "would close 25 % of that gap" in said and "closes 5 %." in said
    order = [
        said.index(name)
        for name in ("Best sellers first", "Without", "With rationales", "Knows what reviews mention", "Knows all tastes")
    ]
    assert order == sorted(order), "from the least to the best"
    assert said.count("21.0") == 1 and "30.0" not in said, "the shown teacher's student alone"
    assert 'style="--a:50' in found or "--a:50" in found, "EASE's stroke stands at half of the best possible"


def test_a_student_below_ease_has_covered_less_than_nothing():
    assert "closes −10 %" in text_of(
        page(headroom.panel(runs(VALUES | {"rdrec:answer-key": 0.18}), "sequential", "answer-key"))
    )


def test_no_line_where_the_best_is_not_known_or_nothing_was_measured_beside_it():
    for missing in ("knows all tastes", "ease"):
        rest = {method: value for method, value in VALUES.items() if method != missing}
        assert headroom.panel(runs(rest), "sequential", "answer-key") is None
    assert headroom.panel(runs(VALUES), "topn", "answer-key") is None


def test_without_a_student_or_texts_the_line_stands():
    rest = {method: value for method, value in VALUES.items() if method in ("ease", "knows all tastes")}
    said = text_of(page(headroom.panel(runs(rest), "sequential", "answer-key")))
    assert "covered" not in said and "Knows all tastes" in said


def test_why_a_student_with_rationales_only_as_tasks_ranks_as_it_does_stands_where_it_is_shown():
    sentence = "learning to write rationales trains its words and hardly changes its ranking"
    shown = runs(VALUES | {"tasks-only:answer-key": 0.18})
    assert sentence in text_of(page(headroom.panel(shown, "sequential", "answer-key")))
    assert sentence not in text_of(page(headroom.panel(shown, "sequential", "offline"))), (
        "the row of another teacher is not shown"
    )
    assert sentence not in text_of(page(headroom.panel(runs(VALUES), "sequential", "answer-key")))
