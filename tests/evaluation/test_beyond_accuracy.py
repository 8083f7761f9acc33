"""Beyond accuracy: every measure against loops, a case by hand, and what items are known by."""

import math
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from scipy import sparse

from rdrec.data.splits import protocol_view
from rdrec.evaluation.beyond_accuracy import beyond_accuracy, item_vectors
from rdrec.evaluation.ranking import top_of


@pytest.fixture(scope="module")
def made():
    """(lists, truths, purchases, vectors) of 12 users and 40 items; some lists are short, one item has no vector, one no purchase."""
    rng = np.random.default_rng(4)
    lists = np.stack([rng.choice(np.arange(1, 41), 10, replace=False) for _ in range(12)])
    lists[0, 7:] = lists[1, 1:] = 0
    purchases = np.concatenate([[0, 0], rng.integers(1, 30, 39)])
    vectors = rng.random((41, 6)) * (rng.random((41, 6)) < 0.5)
    vectors[[0, 5]] = 0
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return lists, rng.integers(1, 41, 12), purchases, vectors


def test_against_loops(made):
    lists, truths, purchases, vectors = made
    found = beyond_accuracy(lists, truths, purchases, sparse.csr_array(vectors))
    shown = [int(item) for row in lists for item in row if item]
    assert found.coverage == len(set(shown)) / 40
    assert found.popularity == pytest.approx(sum(int(purchases[item]) for item in shown) / len(shown))
    assert found.bought == pytest.approx(sum(int(purchases[item]) for item in truths) / 12)
    whole = int(purchases.sum())
    assert found.novelty == pytest.approx(sum(-math.log2(max(int(purchases[i]), 1) / whole) for i in shown) / len(shown))
    likeness = []
    for row in lists:
        pairs = [float(vectors[a] @ vectors[b]) for a, b in combinations([item for item in row if item], 2)]
        likeness += [sum(pairs) / len(pairs)] if pairs else []
    assert len(likeness) == 11 and found.similarity == pytest.approx(sum(likeness) / 11)
    assert found.top_share == sum(count for _, count in Counter(shown).most_common(10)) / len(shown)


def test_the_same_list_for_everybody():
    lists = np.tile(np.arange(1, 11), (5, 1))
    purchases = np.array([0, *[8] * 10, *[2] * 10])
    found = beyond_accuracy(lists, np.arange(11, 16), purchases, sparse.csr_array(np.ones((21, 1))))
    assert (found.coverage, found.popularity, found.bought, found.top_share) == (0.5, 8, 2, 1)
    assert found.novelty == pytest.approx(math.log2(100 / 8)) and found.similarity == pytest.approx(1)
    assert math.isnan(beyond_accuracy(lists, np.arange(11, 16), purchases, None).similarity)


def test_what_items_are_known_by(toy_dataset, toy_rationales):
    view = protocol_view(toy_dataset, "clean", 0)
    assert item_vectors(view, {}).vectors is None and "no metadata" in item_vectors(view, {}).source
    told = item_vectors(view, {"offline": toy_rationales, "zeta": toy_rationales})
    assert "teacher offline" in told.source and told.vectors.shape[0] == 131
    train = view.text_rows("train").merge(toy_rationales, on=["user", "position", "item"])
    known = set(train.loc[train["item_attribution"].notna() & (train["status"] == "ok"), "item"])
    assert set(np.flatnonzero(np.diff(told.vectors.indptr))) == known, "nothing of held-out reviews"
    items = toy_dataset.items.assign(categories=["Guitars", "Drums"] * 65, brand=None)
    with_metadata = protocol_view(
        type(toy_dataset)("toy", toy_dataset.users, items, toy_dataset.interactions, None, {}), "clean", 0
    )
    found = item_vectors(with_metadata, {"offline": toy_rationales})
    assert found.source == "categories and brands of the items"
    likeness = (found.vectors @ found.vectors.T).toarray()
    assert likeness[1, 3] == pytest.approx(1) and likeness[1, 2] == 0
    few = items.assign(categories=[*["Guitars"] * 10, *[None] * 120])
    sparse_view = protocol_view(
        type(toy_dataset)("toy", toy_dataset.users, few, toy_dataset.interactions, None, {}), "clean", 0
    )
    assert "teacher offline" in item_vectors(sparse_view, {"offline": toy_rationales}).source


@pytest.mark.parametrize("k", [0, 1, 3, 7, 50])
def test_the_best_items_of_many_ties(k):
    rng = np.random.default_rng(k)
    for _ in range(30):
        compete = rng.permutation(np.arange(1, 31))
        scores = rng.integers(0, 4, 30).astype(float)
        scores[rng.random(30) < 0.2] = -np.inf
        expected = sorted(zip(compete.tolist(), scores, strict=True), key=lambda pair: (-pair[1], pair[0]))
        assert top_of(scores, compete, k).tolist() == [item for item, _ in expected[:k]]
