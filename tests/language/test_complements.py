"""What completes a verb that says nothing alone; without a complement such a verb is no claim."""

import pytest

from rdrec.language.complements import complement
from rdrec.language.reading import statements
from rdrec.language.tokens import analyse


def completed(text, verb, last):
    return complement(analyse(text)[0].tokens, verb, last)


@pytest.mark.parametrize(
    ("text", "verb", "last", "words"),
    [
        ("It sits beside the radio.", "sit", 2, "beside the radio"),
        ("It hangs on our garden gate.", "hang", 2, "on the garden gate"),
        ("They know each other.", "know", 2, "each other"),
        ("It closes gently.", "close", 2, "gently"),
        ("It dries overnight.", "dry", 2, ""),  # a verb that says something alone
        ("It came apart.", "come", 3, ""),  # with this particle it does
    ],
)
def test_what_completes_a_verb(text, verb, last, words):
    found = completed(text, verb, last)
    assert found is not None and " ".join(found[0]) == words


@pytest.mark.parametrize(
    ("text", "verb", "last"),
    [
        ("It comes out.", "come", 3),
        ("We went to look.", "go", 2),
        ("It stands.", "stand", 2),
        ("They talk and talk.", "talk", 2),
    ],
)
def test_nothing_completes_it(text, verb, last):
    assert completed(text, verb, last) is None


@pytest.mark.parametrize(
    "text",
    [
        "We came out and closed down.",
        "My neighbour coughed.",
        "She taught and we listened.",
        "They all know.",
        "It was all over.",
    ],
)
def test_an_empty_act_is_no_claim(text):
    assert not [o.item.text for o in statements(analyse(text), 5.0)]
