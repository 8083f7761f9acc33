"""Predicting by counts: probabilities by hand, and what a text gains by its own keys."""

import numpy as np
import pytest

from rdrec.evaluation.ngram_counts import Windows, probabilities, text_losses, windows


def test_windows_of_a_text():
    found = windows([[5, 6], []], np.array([[1, 10], [2, 20]]))
    assert found.tokens.tolist() == [[0, 0, 0, 5], [0, 0, 5, 6], [0, 5, 6, 1], [0, 0, 0, 1]]
    assert found.text.tolist() == [0, 0, 0, 1] and found.keys.tolist() == [[1, 10]] * 3 + [[2, 20]]
    assert found.with_keys(np.array([[2, 20], [1, 10]])).keys.tolist() == [[2, 20]] * 3 + [[1, 10]]


def test_chances_of_tokens_by_hand():
    """After "lamp" user 0 said "rope" twice, user 1 "bell" once: with the key 1 and 0, without it 2/3."""
    training = Windows(np.array([[0, 0, 2, 3], [0, 0, 2, 3], [0, 0, 2, 4]]), np.array([[0], [0], [1]]), np.arange(3))
    asked = Windows(np.array([[0, 0, 2, 3], [0, 0, 2, 3], [0, 0, 2, 3]]), np.array([[0], [1], [2]]), np.arange(3))
    found = probabilities(training, asked, base=5)
    assert found[:, 1:5] == pytest.approx(np.full((3, 4), 2 / 3))
    assert found[0, 5:] == pytest.approx(1) and not found[1:, 5:].any(), "another user, and one who is unknown"


def one_token_at_a_time(training, training_keys, text, key, weights):
    """Mean loss of one text with nothing but loops and counts."""
    losses = []
    padded = [0, 0, 0, *text, 1]
    known = [([0, 0, 0, *one, 1], own.tolist()) for one, own in zip(training, training_keys, strict=True)]
    for at in range(3, len(padded)):
        shares = [1e-5]
        for column in (None, *range(len(key))):
            for before in range(4):
                context = padded[at - before : at]
                seen = [
                    one[place]
                    for one, own in known
                    if column is None or own[column] == key[column]
                    for place in range(3, len(one))
                    if one[place - before : place] == context
                ]
                shares.append(seen.count(padded[at]) / max(len(seen), 1))
        losses.append(-np.log(np.dot(shares, weights)))
    return np.mean(losses)


def test_losses_of_texts_against_loops(monkeypatch):
    rng = np.random.default_rng(0)
    training = [rng.integers(2, 6, rng.integers(1, 6)).tolist() for _ in range(40)]
    asked = [rng.integers(2, 7, rng.integers(1, 6)).tolist() for _ in range(9)]
    training_keys, own = rng.integers(0, 5, (40, 2)), rng.integers(0, 6, (9, 2))
    others = own[::-1]
    weights = rng.dirichlet(np.ones(13))
    monkeypatch.setattr("rdrec.evaluation.ngram_counts.mixture", lambda found: weights)
    found = text_losses(training, training_keys, asked, own, others)
    for losses, keys in zip(found, (own, others), strict=True):
        naive = [one_token_at_a_time(training, training_keys, *pair, weights) for pair in zip(asked, keys, strict=True)]
        assert losses == pytest.approx(naive)


def test_texts_that_depend_on_their_key_gain_by_it():
    """Each user says two words of their own, in either order: the own key leaves one bit in the first place, another's none right."""
    rng = np.random.default_rng(1)
    keys = np.repeat(np.arange(30), 12)[:, None]
    personal = [rng.permutation([2 + 2 * key, 3 + 2 * key]).tolist() for key in keys[:, 0]]
    shared = [rng.permutation([2, 3]).tolist() for _ in keys]
    held = np.arange(len(keys)) % 4 == 0
    for texts, low, high in ((personal, 1.0, 10.0), (shared, -0.02, 0.02)):
        training = [text for text, out in zip(texts, held, strict=True) if not out]
        asked = [text for text, out in zip(texts, held, strict=True) if out]
        own = keys[held]
        mine, theirs = text_losses(training, keys[~held], asked, own, np.roll(own, 3, axis=0))
        assert low < (theirs - mine).mean() < high
