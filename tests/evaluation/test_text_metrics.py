"""Measures of sentences: by hand, against naive loops, and at their ends."""

import itertools
import math

import numpy as np
import pytest

from rdrec.core.records import InputError
from rdrec.evaluation.text_metrics import Features, bleu, copied, div, fcr, fmr, grounded, rouge, usr
from rdrec.teachers.measure import auc


def test_bleu_by_hand():
    """3 of 4 words are in the reference, 'the' once too often, and nothing is as short as to be punished."""
    assert bleu(["the the clamp holds"], ["The clamp holds well"], 1) == pytest.approx(3 / 4)
    said, reference = "a clear sound and a sturdy clamp", "a clear sound and a light clamp"
    precisions = [6 / 7, 4 / 6, 3 / 5, 2 / 4]
    assert bleu([said], [reference], 4) == pytest.approx(math.prod(precisions) ** 0.25)
    assert bleu(["a clear sound"], ["a clear sound of bells"], 1) == pytest.approx(math.exp(1 - 5 / 3)), "too short"
    assert bleu([reference], [reference], 4) == pytest.approx(1)


def test_rouge_by_hand():
    found = rouge(["the clamp holds well", "bells"], ["the sturdy clamp holds", "strings"])
    assert found["ROUGE-1"] == pytest.approx([3 / 4, 0])
    assert found["ROUGE-2"] == pytest.approx([1 / 3, 0])
    assert found["ROUGE-L"] == pytest.approx([3 / 4, 0])


def test_unique_sentences():
    assert usr(["a", "b", "a", "a"]) == 0.5


def test_features_are_whole_words():
    features = Features(["sound", "early school", "Price tag", "tag", ""])
    assert len(features) == 4
    assert features.within("Sound for early school, not early. School!") == {"sound", "early school"}
    assert features.within("the PRICE TAG sounds wrong") == {"Price tag", "tag"}
    assert features.within("") == frozenset()


def test_feature_measures_by_hand():
    named = [frozenset("ab"), frozenset("a"), frozenset("abc"), frozenset()]
    assert fmr(named, ["b", "b", None, "x"]).tolist() == [1, 0, 0]
    assert fcr(named, 6) == 0.5
    assert div(named) == pytest.approx(np.mean([len(one & other) for one, other in itertools.combinations(named, 2)]))


def test_diversity_is_the_mean_over_pairs():
    rng = np.random.default_rng(0)
    named = [frozenset(rng.choice(list("abcdefgh"), rng.integers(0, 5), replace=False).tolist()) for _ in range(30)]
    assert div(named) == pytest.approx(np.mean([len(one & other) for one, other in itertools.combinations(named, 2)]))
    with pytest.raises(InputError, match="at least two sentences"):
        div(named[:1])


def test_grounding_counts_content_words_in_any_form():
    said = ["The user prefers sturdy clamps.", "The item's attributes are a clear sound.", "The user prefers", ""]
    sources = ["The clamp is light", "It sounds clear and clearly is so", "user prefers", "words"]
    assert grounded(said, sources).tolist() == [0.5, 1.0, 0.0, 0.0]


def test_copies_are_counted():
    review = "I bought this and the little clamp holds very well on my old guitar since May"
    said = ["The little clamp holds very well on my old guitar.", "The user prefers clamps that hold very well.", ""]
    assert copied(said, [review] * 3).tolist() == [1, 0, 0]


def test_auc_by_pairs():
    own, others = np.array([0.5, 0.2, 0.9]), np.array([0.2, 0.4])
    pairs = [1.0 if a > b else 0.5 if a == b else 0.0 for a in own for b in others]
    assert auc(own, others) == pytest.approx(np.mean(pairs))
    assert auc(own, own) == 0.5
