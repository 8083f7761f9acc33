"""What rivals choose on the validation items, against trying every value by hand."""

import numpy as np
import pytest

from rdrec.baselines.ease import EASE
from rdrec.data.cases import every_validation_case
from rdrec.data.splits import protocol_view
from rdrec.evaluation import tuning


def ndcg(score, cases):
    """Mean NDCG@10 by hand: the true item's place among all items that the user has not bought."""
    gains = []
    for case in cases:
        scores = score(case)
        place = 1 + (scores[case.compete] > scores[case.truth]).sum()
        gains.append(1 / np.log2(1 + place) if place <= 10 else 0.0)
    return np.mean(gains)


@pytest.fixture(scope="module")
def view(toy_dataset):
    return protocol_view(toy_dataset, "clean", 0)


def test_the_ridge_is_the_best_one(view):
    cases = every_validation_case(view)
    found = {}
    for ridge in tuning.RIDGES:
        ease = EASE(view.training_parts, view.dataset.n_items, ridge)
        found[ridge] = ndcg(lambda case, ease=ease: ease.scores([case.history])[0], cases)
    assert len(set(found.values())) > 1, "otherwise there is nothing to choose"
    assert found[tuning.chosen_ridge(view, 7)] == max(found.values())


def test_the_first_of_equally_good_weights_is_chosen(view):
    """A rival that knows the truth needs the smallest weight that puts it first; one that knows nothing gets 0."""

    def knowing(weight):
        def score(cases):
            scores = np.tile(np.arange(view.dataset.n_items + 1, dtype=float)[::-1] / 1000, (len(cases), 1))
            for row, case in zip(scores, cases, strict=True):
                row[case.truth] += weight
            return scores

        return score

    assert tuning.chosen_weight(view, lambda weight: knowing(0), 16) == 0
    chosen = tuning.chosen_weight(view, knowing, 16)
    cases = every_validation_case(view)
    best = max(ndcg(lambda case, w=w: knowing(w)([case])[0], cases) for w in tuning.WEIGHTS)
    assert ndcg(lambda case: knowing(chosen)([case])[0], cases) == best
    assert all(ndcg(lambda case, w=w: knowing(w)([case])[0], cases) < best for w in tuning.WEIGHTS if w < chosen)


def test_without_validation_items_nothing_is_chosen(view, monkeypatch):
    monkeypatch.setattr(tuning, "every_validation_case", lambda view: [])
    assert tuning.chosen_ridge(view, 16) == 100 and tuning.chosen_weight(view, lambda weight: None, 16) == 0.3
