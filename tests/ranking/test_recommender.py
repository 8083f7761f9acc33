"""The recommender: data set item numbers in and out, and how it handles unusual histories."""

import numpy as np
import pytest
from tolerances import LOG_PROBABILITY

from rdrec.core.records import InputError
from rdrec.core.settings import integer
from rdrec.ranking.recommender import Recommender
from rdrec.student.checkpoint import LoadedStudent, StudentCard
from rdrec.student.tasks import Task

CARD = StudentCard("toy", "abc", 30, 200, "tiny", "rdrec", "clean", 0, "offline", None, None, 1, {}, [], 1, "fp32", None, 1)


@pytest.fixture(scope="module")
def recommender(toy_student):
    ids = np.concatenate(
        [[0], np.random.default_rng(3).permutation(2000)[:200] + 1]
    )  # the student's ids differ from the item numbers
    return Recommender(LoadedStudent(*toy_student, CARD, "cpu", 0.0), ids)


def test_candidates_alone_compete(recommender):
    scores = recommender.topn([4, 9], [[3, 8, 100], [77, 5]])
    assert np.flatnonzero(np.isfinite(scores[0])).tolist() == [3, 8, 100] and np.isfinite(scores[1]).sum() == 2
    np.testing.assert_allclose(np.exp(scores).sum(1), 1, atol=LOG_PROBABILITY)


def test_only_the_last_twenty_are_shown(recommender):
    long = list(range(1, 101))
    np.testing.assert_array_equal(recommender.sequential([4], [long]), recommender.sequential([4], [long[-20:]]))


def test_invalid_histories_and_candidates_are_refused(recommender):
    with pytest.raises(InputError, match="at least one item"):
        recommender.sequential([4], [[]])
    with pytest.raises(InputError, match="item 201 is not in the catalogue"):
        recommender.sequential([4], [[3, 201]])
    with pytest.raises(InputError, match="item 0 is not in the catalogue"):
        recommender.topn([4], [[0, 1]])
    with pytest.raises(InputError, match=r"has \d+ tokens"):  # longer than a student reads
        recommender.topn([4], [list(range(1, 201)) * 3])


@pytest.mark.parametrize("task", [Task.EXPLANATION, Task.USER_PREFERENCE, Task.ITEM_ATTRIBUTION])
def test_texts_are_compared_with_fixed_other_users_and_items(recommender, monkeypatch, task):
    given = []
    monkeypatch.setattr("rdrec.ranking.recommender.generate_texts", lambda *_, others: given.append(others) or [])
    recommender.texts(task, [4], [9])
    recommender.texts(task, [5, 6], [1, 200])
    sizes = [len(set(others)) for others in given]
    assert given[0] == given[1] and sizes == [integer("train.text_others")] * 2, "whoever is asked about"
