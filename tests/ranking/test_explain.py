"""Explanations of a ranking agree with the ranking itself."""

import numpy as np
import pytest
import torch
from tolerances import LOG_PROBABILITY

from rdrec.core.records import InputError
from rdrec.ranking.exact import ExactRanker
from rdrec.ranking.explain import branches
from rdrec.ranking.influence import leave_one_out
from rdrec.ranking.recommender import Recommender
from rdrec.ranking.trie import build_trie
from rdrec.student.batches import Row, make_batch
from rdrec.student.checkpoint import LoadedStudent, StudentCard
from rdrec.student.tasks import Task, input_text

PATHS = [(3, 4, 5, 1), (3, 4, 6, 1), (3, 7, 1), (8, 9, 9, 1), (8, 1), (10, 1), (3, 4, 6, 2, 1)]
CARD = StudentCard("toy", "abc", 30, 200, "tiny", "rdrec", "clean", 0, "offline", None, None, 1, {}, [], 1, "fp32", None, 1)


def encoded(student, tokenizer, users=(5, 6, 7)):
    rows = [Row(Task.SEQUENTIAL, input_text(Task.SEQUENTIAL, user=user, item_ids=[3, 17 * user])) for user in users]
    with torch.inference_mode():
        return student.encode(make_batch(rows, tokenizer))


@pytest.fixture
def one(toy_student):
    student, tokenizer = toy_student
    ranker = ExactRanker(student, build_trie(PATHS))
    encoding = encoded(student, tokenizer, [5])
    return ranker, encoding, ranker.rank(encoding)[0].numpy()


def test_shares_along_a_path_multiply_to_the_probability(one):
    ranker, encoding, scores = one
    for item, path in enumerate(PATHS):
        found = branches(ranker, encoding, item)
        assert np.log([branch.taken.share for branch in found]).sum() == pytest.approx(scores[item], abs=LOG_PROBABILITY)
        assert found[-1].taken.mass == pytest.approx(np.exp(scores[item]), rel=LOG_PROBABILITY) and found[-1].taken.items == 1
        for branch in found:
            assert sum(way.share for way in branch.ways) == pytest.approx(1.0, abs=LOG_PROBABILITY)
            assert path[: len(branch.before)] == branch.before and path[len(branch.before)] == branch.taken.token
            together = [other for other in PATHS if other[: len(branch.before) + 1] == (*branch.before, branch.taken.token)]
            assert branch.taken.items == len(together)
            mass = sum(np.exp(scores[PATHS.index(other)]) for other in together)
            assert branch.taken.mass == pytest.approx(mass, rel=LOG_PROBABILITY)


def test_raw_nodes_end_in_the_raw_scores(toy_student):
    student, tokenizer = toy_student
    trie = build_trie(PATHS)
    ranker, encoding = ExactRanker(student, trie, "raw"), encoded(student, tokenizer)
    nodes = ranker.nodes(encoding)
    assert torch.allclose(nodes[:, trie.leaf], ranker.rank(encoding), atol=LOG_PROBABILITY)
    assert (nodes[:, 1:] <= nodes[:, trie.parent[1:]]).all() and (nodes[:, 0] == 0).all()
    with pytest.raises(InputError, match="use score raw"):
        ExactRanker(student, trie).nodes(encoding)


def test_influence_is_ranking_again_without_each_purchase(toy_student):
    recommender = Recommender(LoadedStudent(*toy_student, CARD, "cpu", 0.0), np.arange(201))
    history, item = [4, 90, 17, 33], 55
    whole = recommender.sequential([9], [history])[0]
    found = leave_one_out(recommender, 9, history).influence(item, range(1, 201))
    assert [one.left_out for one in found] == history
    for one in found:
        without = recommender.sequential([9], [history[: one.place] + history[one.place + 1 :]])[0]
        assert one.log_ratio == pytest.approx(whole[item] - without[item], abs=LOG_PROBABILITY)
        assert one.rank == 1 + (without[1:] > without[item]).sum()
    assert any(one.log_ratio != 0 for one in found)
    assert len(leave_one_out(recommender, 9, list(range(1, 31))).shown) == 20


def test_bad_input(one, toy_student):
    ranker, encoding, _ = one
    with pytest.raises(InputError, match="item number 7"):
        branches(ranker, encoding, 7)
    with pytest.raises(InputError, match="only one user"):
        branches(ranker, encoded(*toy_student), 0)
    with pytest.raises(InputError, match="use score constrained"):
        branches(ExactRanker(toy_student[0], build_trie(PATHS), "raw"), encoding, 0)
    recommender = Recommender(LoadedStudent(*toy_student, CARD, "cpu", 0.0), np.arange(201))
    with pytest.raises(InputError, match="history of one"):
        leave_one_out(recommender, 9, [4])


def test_what_decides_between_two_items_is_the_difference_of_log_odds_without_each(toy_student):
    recommender = Recommender(LoadedStudent(*toy_student, CARD, "cpu", 0.0), np.arange(201))
    history, one, other = [4, 90, 17, 33], 55, 120

    def odds(shown):
        scores = recommender.sequential([9], [shown])[0]
        return float(scores[one]) - float(scores[other])

    found = leave_one_out(recommender, 9, history).contrast(one, other)
    assert found.log_odds == pytest.approx(odds(history), abs=LOG_PROBABILITY)
    assert [row.left_out for row in found.decided] == history
    for row in found.decided:
        without = odds(history[: row.place] + history[row.place + 1 :])
        assert row.log_odds == pytest.approx(found.log_odds - without, abs=2 * LOG_PROBABILITY)
    back = leave_one_out(recommender, 9, history).contrast(other, one)
    assert back.log_odds == -found.log_odds and [row.log_odds for row in back.decided] == [
        -row.log_odds for row in found.decided
    ]


def test_the_number_is_left_out_like_an_interaction(toy_student):
    recommender = Recommender(LoadedStudent(*toy_student, CARD, "cpu", 0.0), np.arange(201))
    history, one, other = [4, 90, 17, 33], 55, 120
    named, anonymous = (recommender.sequential([user], [history])[0] for user in (9, None))
    assert not np.allclose(named, anonymous, atol=LOG_PROBABILITY), "an input that is never read would prove nothing"
    found = leave_one_out(recommender, 9, history)
    compete = [one, other, 3, 150]

    def share(scores):
        return float(scores[one]) - float(np.log(np.exp(scores[compete].astype(float)).sum()))

    number = found.number_influence(one, compete)
    assert number.log_ratio == pytest.approx(share(named) - share(anonymous), abs=2 * LOG_PROBABILITY)
    assert number.rank == 1 + (anonymous[compete] > anonymous[one]).sum()
    odds = [float(scores[one]) - float(scores[other]) for scores in (named, anonymous)]
    assert found.contrast(one, other).number == pytest.approx(odds[0] - odds[1], abs=2 * LOG_PROBABILITY)
    unnamed = leave_one_out(recommender, None, history)
    assert unnamed.number_influence(one, compete) is None and unnamed.contrast(one, other).number is None
    assert np.allclose(unnamed.scores[0], anonymous, atol=LOG_PROBABILITY)
