"""The recommender: data set item numbers in and out, and how it handles unusual histories."""

import numpy as np
import pytest
from tolerances import LOG_PROBABILITY

from rdrec.core.records import InputError
from rdrec.core.settings import integer
from rdrec.ranking.recommender import Recommender
from rdrec.student.checkpoint import LoadedStudent, StudentCard
from rdrec.student.tasks import Task, input_text

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


def test_temperatures_scale_the_probabilities_of_their_task_alone(toy_student, recommender):
    loaded, numbers, history, candidates = recommender.loaded, np.arange(201), [[3, 8, 100]], [[77, 5, 9]]
    own, calibrated = Recommender(loaded, numbers), Recommender(loaded, numbers, temperatures={"sequential": 2.5})
    plain = own.sequential([4], history)[0, 1:].astype(np.float64) / 2.5
    found = calibrated.sequential([4], history)[0]
    assert found[0] == -np.inf
    np.testing.assert_allclose(found[1:], plain - np.log(np.exp(plain).sum()), atol=LOG_PROBABILITY)
    np.testing.assert_array_equal(np.argsort(-found[1:], kind="stable"), np.argsort(-plain, kind="stable"))
    np.testing.assert_array_equal(calibrated.topn([4], candidates), own.topn([4], candidates))
    with pytest.raises(InputError, match="single token"):
        Recommender(loaded, recommender.item_ids, temperatures={"sequential": 2.5})


def test_the_branches_of_a_calibrated_student_multiply_to_its_probability(toy_student):
    numbers = np.arange(201)  # single tokens
    calibrated = Recommender(LoadedStudent(*toy_student, CARD, "cpu", 0.0), numbers, temperatures={"sequential": 3.0})
    assert calibrated.one_token_ids
    scores = calibrated.sequential([4], [[3, 8]])[0]
    for item in (1, 77):
        (branch,) = calibrated.branches(4, [3, 8], item)
        assert np.log(branch.taken.share) == pytest.approx(scores[item], abs=LOG_PROBABILITY)
        assert sum(way.share for way in branch.ways) == pytest.approx(1)


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


@pytest.fixture
def compared(recommender, monkeypatch):
    """What texts are compared with, by user and item, and which sequences they may contain."""

    def ask(task, users, items):
        given = []
        monkeypatch.setattr("rdrec.ranking.recommender.generate_texts", lambda *_, **options: given.append(options) or [])
        recommender.texts(task, users, items)
        (options,) = given
        assert options["known"] is recommender.loaded.known
        return options["others"]

    return ask


@pytest.mark.parametrize("task", [Task.USER_PREFERENCE, Task.ITEM_ATTRIBUTION])
def test_lists_are_compared_with_fixed_other_users_and_items(compared, task):
    (one,) = compared(task, [4], [9]).values()
    others = compared(task, [5, 6], [1, 200])
    assert len(others) == 2 and all(found == one for found in others.values()), "whoever is asked about"
    assert len(set(one)) == integer("train.text_others")


def test_explanations_are_compared_with_other_items_of_the_same_user(compared, recommender):
    found = compared(Task.EXPLANATION, [40, 50], [9, 90])
    last = recommender.n_items
    for (source, others), user, item in zip(found.items(), [40, 50], [9, 90], strict=True):
        about = {
            input_text(Task.EXPLANATION, user=user, item_ids=[int(number)]): at
            for at, number in enumerate(recommender.item_ids)
        }
        assert about[source] == item and [about[other] for other in others] == [
            1,
            1 + (last - 1) // 3,
            1 + 2 * (last - 1) // 3,
            last,
        ]
