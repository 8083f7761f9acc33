"""Temperatures: the true one is found again, against a grid, from validation items alone."""

import dataclasses

import numpy as np
import pytest

from rdrec.data.cases import every_validation_case
from rdrec.data.splits import protocol_view
from rdrec.evaluation.calibration import HIGHEST, LEAST_CASES, best_temperature, fit_temperatures, loss
from rdrec.ranking.recommender import Recommender, StudentInTraining


def drawn(factor, cases=800, items=12):
    """Cases of a student whose scores are `factor` times the log-odds from which the true items are drawn."""
    rng = np.random.default_rng(3)
    scores = rng.normal(size=(cases, items))
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return [(factor * row, int(rng.choice(items, p=chance))) for row, chance in zip(scores, chances, strict=True)]


@pytest.mark.parametrize("factor", [0.5, 1.0, 4.0])
def test_the_temperature_undoes_what_a_student_exaggerates(factor):
    judged = drawn(factor)
    found = best_temperature(judged)
    assert found == pytest.approx(factor, rel=0.2)
    grid = [loss(judged, factor * step) for step in np.linspace(0.85, 1.2, 8)]
    assert loss(judged, found) <= min(grid) + 1e-6, "no worse than any of a grid"


def test_a_student_that_knows_nothing_is_told_to_be_unsure():
    rng = np.random.default_rng(0)
    judged = [(50 * rng.normal(size=20), int(rng.integers(20))) for _ in range(500)]
    assert best_temperature(judged) > HIGHEST / 2 and loss(judged, HIGHEST) < loss(judged, 1.0)


class Popular:
    """Ranks by the number of purchases, too sure of itself, and by a whim of each user; as much of a recommender as is asked here."""

    one_token_ids = True

    def __init__(self, view):
        self._n_items = view.dataset.n_items
        self._bought = np.bincount(np.concatenate(view.histories), minlength=self._n_items + 1)

    def sequential(self, users, histories):
        whims = [np.random.default_rng(user).normal(size=self._n_items + 1) for user in users]
        return np.stack([6 * np.log1p(self._bought) + whim for whim in whims]).astype(np.float32)

    def topn(self, users, candidates):
        return 2 * self.sequential(users, candidates)


def test_validation_items_alone_decide(toy_dataset):
    """The temperature of each task minimises its own loss, and the test items do not enter."""
    view = protocol_view(toy_dataset, "clean", 0)
    student = Popular(view)
    found = fit_temperatures(student, view, 8, progress=False)
    for task, temperature in found.items():
        scores = {case.user: getattr(student, task)([case.user], [()])[0] for case in every_validation_case(view, task)}
        judged = [
            (scores[case.user][case.compete], case.compete.tolist().index(case.truth))
            for case in every_validation_case(view, task)
        ]
        losses = [loss(judged, temperature * step) for step in (0.9, 1.0, 1.1)]
        assert losses[1] == min(losses) and 1 < temperature < HIGHEST / 2, task
    assert set(found) == {"sequential", "topn"} and found["sequential"] < found["topn"]
    other_tests = [np.append(history[:-1], history[0]) for history in view.histories]
    changed = dataclasses.replace(view, histories=other_tests)
    assert fit_temperatures(student, changed, 8, progress=False) == found


def test_ids_of_several_tokens_are_not_calibrated(toy_student, toy_dataset):
    view = protocol_view(toy_dataset, "clean", 0)
    numbers = np.append(0, np.random.default_rng(3).permutation(2000)[: toy_dataset.n_items] + 1)
    assert fit_temperatures(Recommender(StudentInTraining(*toy_student), numbers), view, 8, progress=False) == {}


def test_too_few_validation_items_calibrate_nothing(toy_dataset):
    view = protocol_view(toy_dataset, "clean", 0)
    for some in (LEAST_CASES, LEAST_CASES - 1, 0):
        few = [history if user < some else history[:2] for user, history in enumerate(view.histories)]
        found = fit_temperatures(Popular(view), dataclasses.replace(view, histories=few), 8, progress=False)
        assert bool(found) == (some == LEAST_CASES), some


def test_the_short_list_of_a_validation_case_holds_its_item_among_unbought_ones(toy_dataset):
    view = protocol_view(toy_dataset, "clean", 0)
    for case in every_validation_case(view, "topn"):
        assert case.truth in case.shown and len(set(case.shown.tolist())) == len(case.shown)
        assert set(case.shown.tolist()) & set(view.histories[case.user - 1].tolist()) == {case.truth}
