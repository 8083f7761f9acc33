"""The bounded top k against sorting the full ranking."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tolerances import LOG_PROBABILITY

from rdrec.core.records import InputError
from rdrec.ranking import topk
from rdrec.ranking.choices import SCORES
from rdrec.ranking.exact import ExactRanker
from rdrec.ranking.topk import sorted_pass, top_k
from rdrec.ranking.trie import build_trie
from rdrec.student.batches import Row, make_batch
from rdrec.student.tasks import Task, input_text


def encoded(student, tokenizer, users=(5, 6, 7)):
    rows = [Row(Task.SEQUENTIAL, input_text(Task.SEQUENTIAL, user=user, item_ids=[3, 17 * user])) for user in users]
    with torch.inference_mode():
        return student.encode(make_batch(rows, tokenizer))


@pytest.fixture(scope="module")
def sharp_students(toy_student):
    """The toy student and copies with sharper outputs, as confident as trained students."""
    student, tokenizer = toy_student
    made = []
    for factor in (1.0, 3.0, 8.0):
        sharp = copy.deepcopy(student)
        with torch.no_grad():
            sharp.t5.lm_head.weight = torch.nn.Parameter(sharp.t5.lm_head.weight * factor)
        made.append(sharp)
    return made, tokenizer


def check(ranker, encoding, k, find=top_k):
    found = find(ranker, encoding, k)
    for row, mine in enumerate(ranker.rank(encoding).numpy()):
        order = np.lexsort((np.arange(len(mine)), -mine))[:k]
        kept = found.items[row] >= 0
        assert kept.sum() == len(order) and len(set(found.items[row][kept])) == len(order)
        np.testing.assert_allclose(found.scores[row][kept], mine[order], atol=LOG_PROBABILITY)
        np.testing.assert_allclose(
            mine[found.items[row][kept]], mine[order], atol=LOG_PROBABILITY
        )  # the same items, but for ties
    return found


bodies = st.sets(st.lists(st.integers(3, 9), min_size=1, max_size=4).map(tuple), min_size=1, max_size=60)


@given(bodies=bodies, k=st.integers(1, 25), score=st.sampled_from(SCORES), sharp=st.integers(0, 2), small=st.integers(1, 4))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_equals_the_full_pass_on_any_tree(sharp_students, bodies, k, score, sharp, small):
    """small: few nodes in the first pass, so that bounds decide."""
    students, tokenizer = sharp_students
    trie = build_trie([(*body, 1) for body in sorted(bodies)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(topk, "FIRST_NODES", small)
        ranker, encoding = ExactRanker(students[sharp], trie, score), encoded(students[sharp], tokenizer)
        check(ranker, encoding, k)
        check(ranker, encoding, k, find=sorted_pass)  # what a GPU does


def test_branches_below_the_bound_are_not_opened(sharp_students, monkeypatch):
    monkeypatch.setattr(topk, "FIRST_NODES", 8)  # what the first pass opens counts too
    students, tokenizer = sharp_students
    trie = build_trie([(first, second, 1) for first in range(3, 130) for second in range(3, 12)])
    ranker = ExactRanker(students[2], trie)
    found = check(ranker, encoded(students[2], tokenizer), 5)
    assert (found.opened < len(ranker.choices) / 2).all()
    worst = top_k(ExactRanker(students[0], trie), encoded(students[0], tokenizer), trie.n_items)
    assert (worst.opened == len(ranker.choices)).all()  # all asked for: every node


def test_a_row_does_not_depend_on_its_batch(sharp_students):
    students, tokenizer = sharp_students
    ranker = ExactRanker(students[1], build_trie([tokenizer.encode_id(number) for number in range(1, 3000, 7)]))
    together = top_k(ranker, encoded(students[1], tokenizer), 8)
    for row, user in enumerate((5, 6, 7)):
        alone = top_k(ranker, encoded(students[1], tokenizer, [user]), 8)
        assert (alone.items[0] == together.items[row]).all() and alone.opened[0] == together.opened[row]


def test_bad_input(toy_student):
    student, tokenizer = toy_student
    with pytest.raises(InputError, match="best 0 items"):
        top_k(ExactRanker(student, build_trie([(4, 1)])), encoded(student, tokenizer), 0)
