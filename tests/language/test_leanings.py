"""Set phrases that lean to praise or blame: their signs, marks and limits; each rule with a phrase that it must leave alone."""

import pytest

from rdrec.language.leanings import leaning
from rdrec.language.tokens import analyse


def leans(text):
    return leaning(analyse(text)[0].tokens)


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("They cherish it.", 1),
        ("She has cherished it.", 1),  # any form of the verb
        ("It is the first choice.", 1),
        ("It is the first.", 0),  # a piece of a phrase is none
        ("It takes pride of place.", 1),
        ("It is in a place.", 0),
    ],
)
def test_a_phrase_counts_whole_and_in_any_form(text, sign):
    assert leans(text) == sign


def test_a_negation_turns_a_phrase_without_a_mark():
    assert leans("They reach for it.") == 1
    assert leans("They never reach for it.") == -1


def test_a_marked_phrase_counts_only_under_a_negation():
    assert leans("They stop.") == 0
    assert leans("They never stop.") == 1


def test_a_fixed_phrase_is_not_turned():
    assert leans("It is always on.") == 1
    assert leans("It is not always on.") == 1


def test_a_blank_stands_for_one_word():
    assert leans("We take it everywhere.") == leans("We take lamps everywhere.") == 1
    assert leans("We take our lamps everywhere.") == 0


def test_each_word_counts_once_and_two_phrases_at_most():
    assert leans("Every single day.") == 1
    assert leans("Every day, every night, all day and all night.") == 2
