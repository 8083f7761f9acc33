"""What a thing is to people: each construction with a sentence that it must leave alone."""

import pytest

from rdrec.language.feeling_rules import feelings_of
from rdrec.language.tokens import analyse


def said(text):
    return {(o.sign, o.item.text) for o in feelings_of(analyse(text)[0].tokens, 0)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The copper handle delights my aunt.", (1, "the copper handle")),
        ("The copper handle doesn't bother us.", (1, "the copper handle")),
        ("The manual lets everyone down.", (-1, "the manual")),
        ("The copper handle made my uncle cross.", (-1, "the copper handle")),
        ("The copper handle was admired by all the guests.", (1, "the copper handle")),
        ("The copper handle is a nuisance.", (-1, "the copper handle")),
        ("The copper handle turned out to be a stroke of genius.", (1, "the copper handle")),
        ("The best part of it is the copper handle.", (1, "the copper handle")),
        ("What she likes most is the copper handle.", (1, "the copper handle")),
        ("We have a weakness for copper handles.", (1, "copper handles")),
        ("It keeps him busy.", (1, "keeping people busy")),
        ("It makes me very happy.", (1, "making people happy")),
        ("Copper handles are what we wanted.", (1, "copper handles")),
        ("Copper handles aren't what we wanted.", (-1, "copper handles")),
    ],
)
def test_a_feeling(text, expected):
    assert expected in said(text)


@pytest.mark.parametrize(
    "text",
    [
        "My uncle pleases my aunt.",  # of people
        "If the copper handle delights you, fine.",  # not real
        "The copper handle delights.",  # nobody
        "Don't get me started.",  # an order
        "He is keen on his own garden.",  # of what is owned
        "He was keen on the handle and then he left.",
        "The handle is a handle.",
    ],
)
def test_no_feeling(text):
    assert said(text) == set()
