"""NDCG@10 of a student in training: the same number as ranking one user after the other and reading NDCG off the definition."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from rdrec.core.records import InputError
from rdrec.data.splits import leave_one_out, protocol_view
from rdrec.evaluation import validation_ndcg
from rdrec.ranking.recommender import Recommender


def users(view):
    return [case.user for case in validation_ndcg.validation_cases(view)]


def test_validation_ndcg_against_one_user_at_a_time(toy_student, toy_dataset):
    student, tokenizer = toy_student
    view = protocol_view(toy_dataset, "clean", 5)
    recommender = Recommender(SimpleNamespace(model=student, tokenizer=tokenizer), view.item_ids)
    gains = []
    for user, history in enumerate(view.histories, start=1):
        part = leave_one_out(history)
        scores = recommender.sequential([user], [part.train.tolist()])[0]
        order = [item for item in np.argsort(-scores).tolist() if item and item not in part.train]
        place = order.index(part.validation) + 1
        gains.append(1 / np.log2(1 + place) if place <= 10 else 0.0)
    assert validation_ndcg.validation_ndcg(student, tokenizer, view) == pytest.approx(float(np.mean(gains)))
    assert sum(gains) > 0, "somebody is in the first ten"


def test_a_large_set_is_judged_by_a_seeded_sample(toy_dataset, monkeypatch):
    view = protocol_view(toy_dataset, "clean", 5)
    assert users(view) == list(range(1, 31))
    monkeypatch.setattr(validation_ndcg, "integer", lambda name: 7)
    few = users(view)
    assert len(few) == 7 and few == sorted(few) == users(view) and few != users(protocol_view(toy_dataset, "clean", 6))


def test_a_set_without_validation_items_is_refused(toy_dataset):
    view = protocol_view(toy_dataset, "clean", 5)
    with pytest.raises(InputError, match="no user has a validation item"):
        validation_ndcg.validation_cases(dataclasses.replace(view, histories=[history[:2] for history in view.histories]))
