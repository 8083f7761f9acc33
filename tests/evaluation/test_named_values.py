"""Values of an invented shop in texts: found by any of the shop's phrases, not where they are denied, and judged by its truth."""

import numpy as np
import pytest

from rdrec.evaluation.named_values import NamedValues
from rdrec.student.tasks import Task
from rdrec.synthetic.spec import read_world
from rdrec.synthetic.truth import Standing

WORLD = read_world("toys")
PLACE = {name: place for place, name in enumerate(WORLD.value_names)}
V = len(PLACE)


@pytest.fixture(scope="module")
def shop():
    """User 1 is moved by space and racing, item 1 is about the sea; user 2 and item 2 are about robots."""
    motives, values = np.zeros((2, V), dtype=bool), np.zeros((3, V), dtype=bool)
    motives[0, [PLACE["theme=space"], PLACE["play=racing"]]] = True
    motives[1, PLACE["theme=robots"]] = values[2, PLACE["theme=robots"]] = values[1, PLACE["theme=ocean"]] = True
    return NamedValues(WORLD, Standing(motives, [], np.zeros((2, 3), dtype=np.float32), values))


def names(shop, text):
    return [WORLD.value_names[place] for place in shop.within(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The user prefers space and racing.", ["theme=space", "play=racing"]),
        ("The user prefers Sea Life, not racing.", ["theme=ocean"]),
        ("The item has robots, no magnets and sea life.", ["theme=robots", "theme=ocean"]),
        ("The user dislikes space and robots.", []),
        ("The user looks for puzzle solving", ["play=solving"]),
        ("a toy with the buried treasure", ["theme=pirates"]),
        ("fairies and unicorns, and magic", ["theme=magic", "theme=magic"]),
        ("The user looks for acts for acts for acts", []),
        ("", []),
    ],
)
def test_values_in_texts(shop, text, found):
    assert names(shop, text) == found


def test_every_wording_of_the_answer_key_is_found(shop):
    for value, place in PLACE.items():
        assert shop.within(f"The user prefers {WORLD.wordings[value][0]}.") == [place]


def test_shares_by_hand(shop):
    texts = ["The user prefers space and robots.", "The user prefers racing."]
    found = shop.truthfulness(Task.USER_PREFERENCE, texts, [(1, 1), (1, 2)], [(2, 2), (2, 1)])
    assert (found.values, found.true_own, found.true_other) == (3, pytest.approx(2 / 3), pytest.approx(1 / 3))
    items = shop.truthfulness(Task.ITEM_ATTRIBUTION, ["The item has sea life."], [(2, 1)], [(1, 2)])
    assert (items.values, items.true_own, items.true_other) == (1, 1, 0)
    none = shop.truthfulness(Task.ITEM_ATTRIBUTION, ["nothing here"], [(1, 1)], [(2, 2)])
    assert none.values == 0 and np.isnan(none.true_own)
