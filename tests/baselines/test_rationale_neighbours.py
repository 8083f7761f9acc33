"""Rationale neighbours against loops, and the control."""

import math
from collections import Counter

import numpy as np
import pytest

from rdrec.baselines.rationale_neighbours import RationaleNeighbours
from rdrec.data.term_vectors import signed_words

USERS, ITEMS = 6, 9
PREFERENCES = [(1, "The user prefers space and racing."), (1, "The user prefers space."), (2, "The user dislikes robots and racing."), (3, "The user prefers sea life, not robots."), (5, "The user prefers robots.")]  # fmt: skip
ATTRIBUTES = [(1, "The item has space."), (2, "The item has racing and no space."), (3, "The item has robots."), (4, "The item has sea life, robots and space."), (7, "The item has racing."), (7, "The item has racing and space.")]  # fmt: skip


class Scores:
    """Stands in for EASE: a fixed score for every item and length of a history."""

    def __init__(self):
        self.table = np.random.default_rng(0).normal(size=(5, ITEMS + 1)).astype(np.float32)

    def scores(self, histories):
        found = self.table[[len(history) for history in histories]]
        found[:, 0] = -np.inf
        return found


def naive(weight, user, history, attributes=ATTRIBUTES):
    bags = {}
    for kind, texts in (("user", PREFERENCES), ("item", attributes)):
        for owner, text in texts:
            for word, sign in signed_words(text):
                bags.setdefault((kind, owner), Counter())[word] += sign
    documents = len(bags)
    frequency = Counter(word for bag in bags.values() for word in bag)

    def vector(kind, owner):
        bag = bags.get((kind, owner), {})
        found = {word: count * math.log((1 + documents) / (1 + frequency[word])) for word, count in bag.items()}
        length = math.sqrt(sum(value * value for value in found.values()))
        return {word: value / length for word, value in found.items()} if length else {}

    mine = vector("user", user)
    likeness = [sum(mine.get(word, 0) * value for word, value in vector("item", item).items()) for item in range(1, ITEMS + 1)]

    def standard(values):
        mean = sum(values) / len(values)
        deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))
        return [(value - mean) / deviation if deviation else 0.0 for value in values]

    ease = Scores().scores([history])[0, 1:].astype(float).tolist()
    return [one + weight * other for one, other in zip(standard(ease), standard(likeness), strict=True)]


@pytest.mark.parametrize("weight", [0.0, 0.3, 2.0])
def test_against_loops(weight):
    rival = RationaleNeighbours(Scores(), PREFERENCES, ATTRIBUTES, USERS, ITEMS)
    users = list(range(1, USERS + 1))
    histories = [np.arange(1, 1 + user % 4) for user in users]
    found = rival.scores(users, histories, weight)
    assert np.isneginf(found[:, 0]).all()
    for row, user, history in zip(found, users, histories, strict=True):
        assert row[1:] == pytest.approx(naive(weight, user, history))


def test_what_is_liked_comes_first_and_what_is_disliked_last():
    rival = RationaleNeighbours(Scores(), PREFERENCES, ATTRIBUTES, USERS, ITEMS)
    first, second = rival.scores([1, 2], [np.array([1]), np.array([1])], 100.0)
    assert int(first[1:].argmax()) + 1 in (1, 7) and int(second[1:].argmin()) + 1 in (3, 7)


def test_whoever_said_nothing_is_ranked_by_ease_alone():
    rival = RationaleNeighbours(Scores(), PREFERENCES, ATTRIBUTES, USERS, ITEMS)
    found, ease = rival.scores([4], [np.array([1, 2])], 0.3)[0, 1:], Scores().scores([[1, 2]])[0, 1:]
    assert np.argsort(found).tolist() == np.argsort(ease).tolist() and found.std() == pytest.approx(1)


def test_the_control_has_the_same_words_on_other_items():
    own = RationaleNeighbours(Scores(), PREFERENCES, ATTRIBUTES, USERS, ITEMS)
    control = RationaleNeighbours(Scores(), PREFERENCES, ATTRIBUTES, USERS, ITEMS, shuffle=3)
    again = RationaleNeighbours(Scores(), PREFERENCES, ATTRIBUTES, USERS, ITEMS, shuffle=3)
    users, histories = [1, 2, 3], [np.array([1])] * 3
    assert (control.scores(users, histories, 1.0) == again.scores(users, histories, 1.0)).all()
    ease = own.scores([4], [np.array([1])], 1.0)[:, 1:]
    likeness = [part.scores(users, histories, 1.0)[:, 1:] - ease for part in (own, control)]
    assert not np.allclose(*likeness)
    assert np.sort(likeness[0]) == pytest.approx(np.sort(likeness[1])), "the same values, dealt to other items"
