"""What a sentence says of a shopper, phrase by phrase, against the truth."""

import pytest

from rdrec.explorer.motives import Motive, phrases

FOOD = [Motive("food", True), Motive("rubber", False)]


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("The user prefers food.", [("food", False, True)]),
        ("The user prefers food, magic and rubber.", [("food", False, True), ("magic", False, False), ("rubber", False, True)]),
        ("The user dislikes food and magic.", [("food", True, False), ("magic", True, False)]),
        ("The user prefers Food, and dislikes loud noise.", [("Food", False, True), ("loud noise", True, False)]),
        ("The user prefers magic, not rubber.", [("magic", False, False), ("rubber", True, False)]),
        ("The user prefers food and food.", [("food", False, True)]),
        ("", []),
    ],
)
def test_a_sentence_is_read_phrase_by_phrase(sentence, said):
    assert [(one.text, one.dislikes, one.true) for one in phrases(sentence, FOOD)] == said


def test_without_a_known_truth_nothing_is_judged():
    assert [one.true for one in phrases("The user prefers food and magic.", None)] == [None, None]
