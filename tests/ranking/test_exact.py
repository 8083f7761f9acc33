"""The tree pass against brute force: one decoder run per item."""

import copy

import numpy as np
import pytest
import torch
from brute import brute_force
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from t5_folders import FORMS, tensors_of, tiny_t5, told, write_folder
from tolerances import BF16_LOG_PROBABILITY, INT8_LOG_PROBABILITY, LOG_PROBABILITY

from rdrec.core.records import InputError
from rdrec.ranking.choices import SCORES
from rdrec.ranking.exact import ExactRanker
from rdrec.ranking.node_scorer import NodeScorer
from rdrec.ranking.topk import top_k
from rdrec.ranking.trie import build_trie
from rdrec.student.batches import Row, make_batch
from rdrec.student.checkpoint import StudentCard, load_student, save_student
from rdrec.student.pretrained import init_from
from rdrec.student.quantize import quantize
from rdrec.student.tasks import Task, input_text

CARD = StudentCard("toy", "abc", 30, 130, "tiny", "rdrec", "clean", 5, "offline", None, None, 1, {}, [], 1, "fp32", None, 1)
NEAR = {"bf16": BF16_LOG_PROBABILITY, "nf4": LOG_PROBABILITY, "int8": INT8_LOG_PROBABILITY}  # nf4 adds in fp32
HISTORIES = ([3, 17], [120, 4, 55, 1000], [7])


def encoded(student, tokenizer, histories=HISTORIES):
    rows = [Row(Task.SEQUENTIAL, input_text(Task.SEQUENTIAL, user=5, item_ids=history)) for history in histories]
    with torch.inference_mode():
        return student.encode(make_batch(rows, tokenizer))


@pytest.mark.parametrize("score", SCORES)
def test_equals_brute_force(toy_student, score):
    student, tokenizer = toy_student
    paths = [tokenizer.encode_id(number) for number in (1, 2, 12, 19, 120, 123, 1234, 1250, 77, 7700, 40, 41)]
    encoding = encoded(student, tokenizer)
    exact = ExactRanker(student, build_trie(paths), score).rank(encoding)
    assert torch.allclose(exact, brute_force(student, encoding, paths, score), atol=LOG_PROBABILITY)
    if score == "constrained":
        assert torch.allclose(exact.exp().sum(1), torch.ones(3), atol=LOG_PROBABILITY)


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_t5_equals_brute_force(toy_student, tmp_path, form, score):
    """Untied heads, gated layers, other widths and depths: as loaded for training, and after saving and loading."""
    tokenizer = toy_student[1]
    config = told(tokenizer, form)
    student, _ = init_from(str(write_folder(tmp_path / "init", tokenizer, config, tensors_of(tiny_t5(config)))))
    save_student(tmp_path / "saved", student, tokenizer, CARD)
    paths = [tokenizer.encode_id(number) for number in (1, 2, 12, 19, 120, 123, 1234, 1250, 77, 7700, 40, 41)]
    for one in (student.eval(), load_student(tmp_path / "saved").model):
        encoding = encoded(one, tokenizer)
        ranker = ExactRanker(one, build_trie(paths), score)
        exact, expected = ranker.rank(encoding), brute_force(one, encoding, paths, score)
        assert torch.allclose(exact, expected, atol=LOG_PROBABILITY) and expected.std() > 0.1
        found = top_k(ranker, encoding, 3)
        assert np.allclose(found.scores, np.sort(expected.numpy(), axis=1)[:, ::-1][:, :3], atol=LOG_PROBABILITY)


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
    assert torch.allclose(exact, brute_force(student, encoding, paths, "constrained", legal), atol=LOG_PROBABILITY)
    assert torch.allclose(exact.exp().sum(1), torch.ones(3), atol=LOG_PROBABILITY)


@pytest.mark.parametrize("score", SCORES)
def test_pack_size_changes_nothing(toy_student, score, monkeypatch):
    student, tokenizer = toy_student
    paths = [tokenizer.encode_id(number) for number in range(0, 20_000, 97)]
    encoding = encoded(student, tokenizer)
    whole = ExactRanker(student, build_trie(paths), score).rank(encoding)
    monkeypatch.setattr("rdrec.ranking.exact.PACK_NODES", 3)
    assert torch.allclose(whole, ExactRanker(student, build_trie(paths), score).rank(encoding), atol=LOG_PROBABILITY)


@pytest.mark.parametrize("score", SCORES)
def test_candidates_equal_brute_force(toy_student, score):
    student, tokenizer = toy_student
    paths = [tokenizer.encode_id(number) for number in (1, 2, 12, 1019, 120_120, 123, 1234, 1250, 77, 7700, 120_121, 41)]
    encoding = encoded(student, tokenizer)
    legal = torch.rand(3, len(paths), generator=torch.Generator().manual_seed(4)) < 0.5
    legal[0, :] = False
    legal[0, 4] = True  # one candidate alone
    exact = ExactRanker(student, build_trie(paths), score).rank(encoding, legal)
    assert torch.allclose(exact, brute_force(student, encoding, paths, score, legal), atol=LOG_PROBABILITY)


@pytest.mark.parametrize("score", SCORES)
def test_small_memory_changes_nothing(toy_student, score, monkeypatch):
    """Users and nodes in the smallest possible slices."""
    student, tokenizer = toy_student
    trie = build_trie([tokenizer.encode_id(number) for number in range(0, 20_000, 97)])
    encoding = encoded(student, tokenizer)
    legal = torch.rand(3, trie.n_items, generator=torch.Generator().manual_seed(4)) < 0.3
    expected = ExactRanker(student, trie, score).rank(encoding), ExactRanker(student, trie, score).rank(encoding, legal)
    for module in ("exact", "node_scorer"):
        monkeypatch.setattr(f"rdrec.ranking.{module}.CELLS", 1)
        monkeypatch.setattr(f"rdrec.ranking.{module}.PACK_NODES", 2)
    monkeypatch.setattr("rdrec.ranking.exact.KEPT_PACKS", 1)
    ranker, sizes, pack = ExactRanker(student, trie, score), [], NodeScorer.pack
    monkeypatch.setattr(NodeScorer, "pack", lambda self, lists: sizes.append([len(x) for x in lists]) or pack(self, lists))
    assert torch.allclose(expected[0], ranker.rank(encoding), atol=LOG_PROBABILITY)
    assert torch.allclose(expected[1], ranker.rank(encoding, legal), atol=LOG_PROBABILITY)
    assert (top_k(ranker, encoding, 9).items == expected[0].topk(9).indices.numpy()).all()
    assert all(len(lengths) == 1 and lengths[0] <= 2 for lengths in sizes)  # one user, two nodes at a time


@pytest.mark.parametrize("precision", ["bf16", "nf4", "int8"])
def test_other_precisions_equal_their_own_brute_force(toy_student, tmp_path, precision):
    student, tokenizer = toy_student
    save_student(tmp_path / "fp32", student, tokenizer, CARD)
    if precision == "bf16":
        other = copy.deepcopy(student).to(torch.bfloat16)
    else:
        quantize(tmp_path / "fp32", tmp_path / precision, precision)
        other = load_student(tmp_path / precision).model
    paths = [tokenizer.encode_id(number) for number in (1, 2, 12, 1019, 120_120, 123, 1234, 1250)]
    encoding = encoded(other, tokenizer)
    scores, naive = (
        ExactRanker(other, build_trie(paths)).rank(encoding),
        brute_force(other, encoding, paths, "constrained"),
    )
    assert scores.dtype == torch.float32 and torch.allclose(scores.exp().sum(1), torch.ones(3), atol=LOG_PROBABILITY)
    assert torch.allclose(scores, naive, atol=NEAR[precision])
    assert not torch.equal(scores, ExactRanker(student, build_trie(paths)).rank(encoded(student, tokenizer)))


def test_a_row_does_not_depend_on_its_batch(toy_student):
    student, tokenizer = toy_student
    ranker = ExactRanker(student, build_trie([tokenizer.encode_id(number) for number in range(1, 200)]))
    together = ranker.rank(encoded(student, tokenizer))
    for row, history in enumerate(HISTORIES):
        assert torch.allclose(together[row], ranker.rank(encoded(student, tokenizer, [history]))[0], atol=LOG_PROBABILITY)


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
def test_the_trie_contains_every_path(bodies):
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
