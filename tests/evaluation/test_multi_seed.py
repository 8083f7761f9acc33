"""Evidence over seeds, by hand: runs, differences with interval and range, slices; and what does not fit together is refused."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tolerances import chance

from rdrec.core.records import InputError
from rdrec.evaluation.multi_seed import evidence, holm, sign_flip

USERS = range(1, 41)


def ranks(method, above, task="sequential"):
    return pd.DataFrame({"method": method, "task": task, "user": list(USERS), "above": list(above), "tied": 1})


def seed(*frames):
    return pd.concat(frames, ignore_index=True)


def test_runs_differences_and_slices_by_hand():
    """`good` finds the truth first for every user with seed 0, and for the first 20 with seed 1; `bad` never does."""
    table = {
        0: seed(ranks("good", [0] * 40), ranks("bad", [50] * 40)),
        1: seed(ranks("good", [0] * 20 + [50] * 20), ranks("bad", [50] * 40)),
    }
    slices = {"half": {user: "first" if user <= 20 else "second" for user in USERS}}
    found = evidence(table, [("good", "bad")], slices)
    hits = found.runs[(found.runs["metric"] == "HR@10") & (found.runs["method"] == "good")]
    assert dict(zip(hits["seed"], hits["value"], strict=True)) == {0: 1.0, 1: 0.5}
    row = found.differences.set_index("metric").loc["HR@10"]
    assert row["difference"] == pytest.approx(0.75) and (row["seed_low"], row["seed_high"]) == (0.5, 1.0)
    assert row["low"] < 0.75 < row["high"] and row["p"] < 0.001 and (row["seeds"], row["users"]) == (2, 40)
    cut = found.slices[found.slices["method"] == "good"].set_index("label")
    assert (cut.loc["first", "HR@10"], cut.loc["second", "HR@10"]) == (1.0, 0.5)
    assert list(found.slices["users"].unique()) == [20]


def test_no_difference_is_not_called_one():
    rng = np.random.default_rng(0)
    same = rng.integers(0, 30, 40)
    table = {n: seed(ranks("a", same), ranks("b", same)) for n in (0, 1)}
    row = evidence(table, [("a", "b")], {}).differences.iloc[0]
    assert row["difference"] == 0 and row["p"] == 1.0


def test_sign_flip_is_the_paired_permutation_test():
    """Against all 2^8 sign patterns, counted one by one."""
    values = np.array([0.5, -0.1, 0.3, 0.2, -0.4, 0.6, 0.1, 0.2])
    patterns = np.array(np.meshgrid(*[[-1, 1]] * 8)).reshape(8, -1).T
    exact = float((np.abs((patterns * values).mean(1)) >= abs(values.mean()) - 1e-12).mean())
    assert sign_flip(values) == pytest.approx(exact, abs=chance(exact, 9999))
    assert sign_flip(np.zeros(5)) == 1.0


@pytest.mark.parametrize("shift", [0.0, 0.05, 0.4])
def test_random_swaps_of_many_pairs_come_near_to_scipys(shift):
    rng = np.random.default_rng(3)
    values = np.where(rng.random(300) < 0.7, 0.0, rng.normal(shift, 1, 300))
    naive = stats.permutation_test((values,), np.mean, permutation_type="samples", n_resamples=9999, rng=rng, vectorized=True)
    assert sign_flip(values) == pytest.approx(naive.pvalue, abs=2 * chance(naive.pvalue, 9999))
    assert sign_flip(values) == sign_flip(values) and sign_flip(values) == pytest.approx(sign_flip(-values), abs=0.02)


def test_a_method_that_misses_a_seed_is_named():
    table = {0: seed(ranks("a", [0] * 40), ranks("b", [0] * 40)), 1: ranks("a", [0] * 40)}
    with pytest.raises(InputError, match="b was not evaluated with seed 1"):
        evidence(table, [], {})


def test_two_precisions_of_one_student_are_not_two_runs():
    table = {0: seed(ranks("a", [0] * 40), ranks("a", [1] * 40))}
    with pytest.raises(InputError, match="two students of a"):
        evidence(table, [], {})


def test_other_users_are_refused():
    table = {0: ranks("a", [0] * 40), 1: ranks("a", [0] * 40).assign(user=range(2, 42))}
    with pytest.raises(InputError, match="different users"):
        evidence(table, [], {})


def test_an_unknown_pair_names_what_there_is():
    with pytest.raises(InputError, match=r"no results for nobody - use one of a"):
        evidence({0: ranks("a", [0] * 40)}, [("a", "nobody")], {})


def test_holm_by_hand():
    """Sorted .01 .02 .03 .04 times 4, 3, 2, 1, never falling: .04 .06 .06 .06; the order of the input is kept."""
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.6, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_spread_of_seeds_and_correction_stand_apart():
    """Three seeds with other means: their standard deviation; the p of a pair's metrics corrected together."""
    better = {0: [0] * 40, 1: [0] * 30 + [50] * 10, 2: [0] * 20 + [50] * 20}
    table = {n: seed(ranks("a", above), ranks("b", [50] * 40)) for n, above in better.items()}
    found = evidence(table, [("a", "b")], {}).differences.set_index("metric")
    assert found.loc["HR@10", "seed_sd"] == pytest.approx(0.25)
    assert found.loc["HR@10", "p_holm"] == pytest.approx(2 * found.loc["HR@10", "p"])


def test_one_seed_has_no_spread():
    row = evidence({0: seed(ranks("a", [0] * 40), ranks("b", [3] * 40))}, [("a", "b")], {}).differences.iloc[0]
    assert np.isnan(row["seed_sd"])
