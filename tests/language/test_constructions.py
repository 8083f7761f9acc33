"""General constructions of the other rules: each with a sentence that it must leave alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rdrec.language.phrases import base, is_word, noun_phrase
from rdrec.language.reading import opinions
from rdrec.language.tokens import analyse


def said(text):
    return {(o.sign, o.item.text) for o in opinions(analyse(text)) if o.sign}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The kettle hardly makes a sound.", (1, "no sound")),
        ("It didn't leave a scratch.", (1, "no scratch")),
        ("Neatly wrapped and on time.", None),  # no word of praise
        ("Nicely wrapped and on time.", (1, "nice packaging")),
        ("Badly sewn at the hem.", (-1, "bad stitching")),
        ("Started to come apart after a month.", (-1, "tendency to come apart")),
        ("Easy to do.", (1, "ease of use")),
        ("You get a lot for your money.", (1, "good value for money (a lot for your money)")),
        ("The size is spot on.", (1, "lasting appeal (spot on)")),
        ("The lid is moderately tricky.", None),
        ("It is not too small and not too big.", None),
        ("It removes harsh noise.", None),
        ("It is used to block unpleasant noise.", None),
        ("Some wear and tear.", None),
        ("We had looked forward to it.", None),
        ("It comes apart into three panels.", None),
        ("This is no toy.", None),
        ("It went stale, like bread.", None),
    ],
)
def test_an_opinion(text, expected):
    assert (expected in said(text)) if expected else said(text) == set()


def test_what_broke_is_what_the_shopper_dislikes():
    (found,) = [o for o in opinions(analyse("The buckle snapped.")) if o.form == "failure"]
    assert found.item == found.user and found.item.text == "buckle that snapped"
    (found,) = [o for o in opinions(analyse("It never leaked.")) if o.form == "failure"]
    assert (found.sign, found.user.text) == (1, "durability (no leaking)")


@pytest.mark.parametrize("word", ["crimper", "flywheel", "flywheels", "lid"])
def test_words_made_of_words_are_words(word):
    assert is_word(word)


@pytest.mark.parametrize("word", ["qwrtz", "thatcons", "xylofon"])
def test_what_is_no_word(word):
    assert not is_word(word)


def test_a_verb_in_two_consonants_gets_no_silent_e():
    assert (base("turned"), base("pasted"), base("bathed"), base("solved")) == ("turn", "paste", "bathe", "solve")


@pytest.mark.parametrize(
    ("text", "at", "noun"), [("They all told us.", 2, None), ("It is all over.", 3, None), ("The inside is red.", 1, "inside")]
)
def test_a_participle_or_adverb_is_a_noun_only_behind_an_article(text, at, noun):
    phrase = noun_phrase(analyse(text)[0].tokens, at)
    assert (phrase.text if phrase else None) == noun


_WORDS = [
    "the",
    "it",
    "this",
    "case",
    "pad",
    "I",
    "we",
    "is",
    "are",
    "was",
    "does",
    "did",
    "not",
    "n't",
    "never",
    "hardly",
    "no",
    "without",
    "any",
    "a",
    "an",
    "to",
    "of",
    "for",
    "with",
    "what",
    "like",
    "love",
    "want",
    "need",
    "show",
    "leave",
    "make",
    "get",
    "give",
    "easy",
    "cheap",
    "too",
    "very",
    "broke",
    "works",
    "lack",
    "plenty",
    "trouble",
    "problem",
    "than",
    "more",
    "so",
    "sound",
]


@pytest.mark.parametrize("text", ["The case does not show", "The strings never get", "Wooden pads are just really not exactly"])
def test_a_sentence_may_end_anywhere(text):
    opinions(analyse(text))


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(_WORDS), max_size=9))
def test_any_words_are_read_without_an_error(words):
    opinions(analyse(" ".join(words)))
