"""Ways against the student without rationales, and the best baseline."""

from rdrec.core.vocabulary import NDCG
from rdrec.explorer.answers import Difference, Measured, Run, SeedResults
from rdrec.explorer.comparisons import Baseline, Best, against_baseline, best_baselines


def difference(one, other, value):
    return Difference(one, other, "sequential", "NDCG@10", value, value - 0.01, value + 0.02, 0.001, 2, 100, value, value)


def runs(**values):
    return tuple(
        Run(method.replace("_", " "), "sequential", "NDCG@10", seed, value)
        for method, value in values.items()
        for seed in (0, 1)
    )


def test_differences_are_turned_so_that_the_baseline_is_taken_away():
    rows = (
        difference("rdrec:offline", "baseline", 0.03),
        difference("baseline", "ease", -0.02),
        difference("ease", "sasrec", 0.5),
    )
    found = against_baseline(SeedResults(runs(baseline=0.1), rows, ()), [], "sequential", "NDCG@10")
    assert [(one.method, round(one.difference, 3)) for one in found] == [("rdrec:offline", 0.03), ("ease", 0.02)]
    turned = found[1]
    assert (round(turned.low, 3), round(turned.high, 3)) == (0.0, 0.03) and turned.clear


def test_one_training_run_has_differences_without_intervals():
    models = {"rdrec": 0.2, "baseline": 0.15, "popularity": 0.1, "max-id rule": 0.01}
    rows = [Measured(model, "topn", "HR@10", value, 0, 1, 9, "clean", 0) for model, value in models.items()]
    found = against_baseline(SeedResults((), (), ()), rows, "topn", "HR@10")
    assert [one.method for one in found] == ["rdrec", "popularity"] and found[0].low is None and not found[0].clear
    assert against_baseline(SeedResults((), (), ()), rows, "sequential", "HR@10") == []


def test_the_best_baseline_is_no_student_no_leak_and_no_oracle():
    found = runs(
        rdrec=0.3, baseline=0.2, ease=0.18, popularity=0.1, order_rule=0.9, knows_all_tastes=0.99, **{"max-id rule": 0.5}
    )
    several = SeedResults(found, (), ())
    assert best_baselines(several, [], "sequential") == Best(Baseline("ease", 0.18), Baseline("ease", 0.18))
    assert best_baselines(several, [], "topn") is None and best_baselines(SeedResults((), (), ()), [], "sequential") is None
    assert several.means("sequential")["rdrec"] == 0.3 and several.means("sequential", "HR@10") == {}


def test_where_the_best_baseline_uses_rationales_the_best_without_is_known_too():
    neighbours = {"rationale neighbours:offline": 0.19, "rationale neighbours, items shuffled:offline": 0.4}
    found = best_baselines(SeedResults(runs(ease=0.18, sasrec=0.1, **neighbours), (), ()), [], "sequential")
    assert found.baseline.method == "rationale neighbours:offline" and found.baseline.uses_rationales
    assert found.without_rationales == Baseline("ease", 0.18) and not found.without_rationales.uses_rationales
    alone = best_baselines(SeedResults(runs(**neighbours), (), ()), [], "sequential")
    assert alone.without_rationales is None


def test_of_one_training_run_the_best_baseline_comes_from_its_evaluation():
    rows = [Measured(model, "topn", NDCG, value, 0, 1, 9, "clean", 0) for model, value in (("ease", 0.2), ("sasrec", 0.3))]
    rows += [Measured("ease", "topn", "HR@10", 0.9, 0, 1, 9, "clean", 0)]
    one_run = SeedResults((Run("ease", "topn", NDCG, 0, 0.5),), (), ())
    assert best_baselines(one_run, rows, "topn").baseline == Baseline("sasrec", 0.3)
