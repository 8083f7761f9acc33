"""The tree pass against brute force: one decoder run for each item, over the whole path."""

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rdrec.rank.choices import SCORES
from rdrec.rank.exact import ExactRanker
from rdrec.rank.trie import build_trie
from rdrec.records import InputError
from rdrec.student.batches import Row, make_batch
from rdrec.student.tasks import Task, input_text

HISTORIES = ([3, 17], [120, 4, 55, 1000], [7])


def encoded(student, tokenizer, histories=HISTORIES):
    rows = [Row(Task.SEQUENTIAL, input_text(Task.SEQUENTIAL, user=5, item_ids=history)) for history in histories]
    with torch.inference_mode():
        return student.encode(make_batch(rows, tokenizer))


def brute_force(student, encoding, paths, score, legal=None):
    """Teacher-force every path; softmax over the vocabulary or over the legal next tokens, found by looking at all paths."""
    result = torch.full((encoding.states.shape[0], len(paths)), -torch.inf)
    for user in range(encoding.states.shape[0]):
        one = type(encoding)(encoding.states[user : user + 1], encoding.mask[user : user + 1])
        kept = [path for column, path in enumerate(paths) if legal is None or legal[user, column]]
        for column, path in enumerate(paths):
            if path not in kept:
                continue
            start = student.t5.config.decoder_start_token_id
            with torch.inference_mode():
                logits = student.logits(one, torch.tensor([[start, *path[:-1]]]))[0]
            total = 0.0
            for step, token in enumerate(path):
                if score == "constrained":
                    after = sorted({other[step] for other in kept if other[:step] == path[:step]})
                    total += float(logits[step, token] - logits[step, after].logsumexp(0))
                else:
                    total += float(logits[step].log_softmax(0)[token])
            result[user, column] = total / len(path) if score == "compat" else total
    return result


@pytest.mark.parametrize("score", SCORES)
def test_equals_brute_force(toy_student, score):
    student, tokenizer = toy_student
    paths = [tokenizer.encode_id(number) for number in (1, 2, 12, 19, 120, 123, 1234, 1250, 77, 7700, 40, 41)]
    encoding = encoded(student, tokenizer)
    exact = ExactRanker(student, build_trie(paths), score).rank(encoding)
    assert torch.allclose(exact, brute_force(student, encoding, paths, score), atol=1e-4)
    if score == "constrained":
        assert torch.allclose(exact.exp().sum(1), torch.ones(3), atol=1e-5)


@given(numbers=st.sets(st.integers(0, 99_999), min_size=1, max_size=30), data=st.data())
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_ids_and_candidates_equal_brute_force(toy_student, numbers, data):
    student, tokenizer = toy_student
    paths = [tokenizer.encode_id(number) for number in sorted(numbers)]
    encoding = encoded(student, tokenizer)
    flags = data.draw(st.lists(st.lists(st.booleans(), min_size=len(paths), max_size=len(paths)), min_size=3, max_size=3))
    legal = torch.tensor(flags)
    legal[:, 0] = True
    exact = ExactRanker(student, build_trie(paths)).rank(encoding, legal)
    assert torch.allclose(exact, brute_force(student, encoding, paths, "constrained", legal), atol=1e-4)
    assert torch.allclose(exact.exp().sum(1), torch.ones(3), atol=1e-5)


@pytest.mark.parametrize("score", SCORES)
def test_chunks_change_nothing(toy_student, score, monkeypatch):
    student, tokenizer = toy_student
    paths = [tokenizer.encode_id(number) for number in range(0, 20_000, 97)]
    encoding = encoded(student, tokenizer)
    whole = ExactRanker(student, build_trie(paths), score).rank(encoding)
    monkeypatch.setattr("rdrec.rank.exact.PACK_NODES", 3)
    assert torch.allclose(whole, ExactRanker(student, build_trie(paths), score).rank(encoding), atol=1e-5)


def test_batch_mates_change_nothing(toy_student):
    student, tokenizer = toy_student
    ranker = ExactRanker(student, build_trie([tokenizer.encode_id(number) for number in range(1, 200)]))
    together = ranker.rank(encoded(student, tokenizer))
    for row, history in enumerate(HISTORIES):
        assert torch.allclose(together[row], ranker.rank(encoded(student, tokenizer, [history]))[0], atol=1e-5)


def test_single_item_is_certain(toy_student):
    student, tokenizer = toy_student
    assert ExactRanker(student, build_trie([tokenizer.encode_id(5)])).rank(encoded(student, tokenizer)).tolist() == [[0.0]] * 3


def test_bad_input(toy_student):
    student, tokenizer = toy_student
    trie = build_trie([tokenizer.encode_id(5), tokenizer.encode_id(6)])
    with pytest.raises(InputError, match="unknown score"):
        ExactRanker(student, trie, "best")
    with pytest.raises(InputError, match="no candidate"):
        ExactRanker(student, trie).rank(encoded(student, tokenizer), torch.zeros(3, 2, dtype=torch.bool))
    with pytest.raises(InputError, match="same token path"):
        build_trie([(4, 1), (5, 1), (4, 1)])
    with pytest.raises(InputError, match="without tokens"):
        build_trie([(4, 1), (1,)])
    with pytest.raises(InputError, match="no item"):
        build_trie([])


@given(st.sets(st.lists(st.integers(2, 5), min_size=1, max_size=5).map(tuple), min_size=1, max_size=40))
def test_trie_holds_every_path(bodies):
    paths = [(*body, 1) for body in bodies]
    trie = build_trie(paths)
    assert trie.n_items == len(paths)
    for item, path in enumerate(paths):
        assert tuple(trie.token[trie.path(item)]) == path
    prefixes = {path[:end] for path in paths for end in range(len(path) + 1)}
    assert trie.n_nodes == len(prefixes)
    for node in range(trie.n_nodes):
        children = np.flatnonzero(trie.parent == node)
        assert trie.children[node] == len(children)
        if len(children):
            assert children[0] == trie.first_child[node] and (np.diff(children) == 1).all()
