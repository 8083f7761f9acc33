"""What the rules read in a sentence: polarity, negation, contrast, the words behind it, and how it is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdrec.language.opinions import Said, article, plural_of
from rdrec.language.phrases import adjective_of, base_verb, gerund, number_of, singular
from rdrec.language.reading import opinions
from rdrec.language.tokens import analyse


def read(text):
    return {(o.sign, o.item.text) for o in opinions(analyse(text))}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # adjectives
        ("Sturdy clamps.", {(1, "sturdy clamps")}),
        ("The sound is crisp.", {(1, "crisp sound")}),
        ("It has a nice warm glow.", {(1, "nice glow"), (0, "warm glow")}),
        ("The handle gets too hot.", {(-1, "handle that is too hot")}),
        ("It is a bit heavy.", {(-1, "weight that is a bit heavy")}),
        ("Sturdy, affordable and easy to use.", {(1, "sturdy build"), (1, "affordable price"), (1, "ease of use")}),
        ("The pieces are thick and sturdy, bright colors.", {(0, "thick pieces"), (1, "sturdy pieces")}),
        ("The plastic is cheap.", {(-1, "cheap plastic")}),
        # negation
        ("The clamp is not sturdy.", {(-1, "clamp that is not sturdy")}),
        ("It isn’t bad.", {(1, "decent overall quality")}),
        ("The fabric never felt scratchy.", {(1, "fabric that is not scratchy")}),
        ("It doesn't seem too durable.", {(-1, "build that is not durable")}),
        ("Not too loud.", {(1, "sound that is not loud")}),
        ("Without any noise.", {(1, "no noise")}),
        ("It lacks punch.", {(-1, "little punch")}),
        ("It isn't worth the money.", {(-1, "poor value for money")}),
        ("Never had any issue with the zipper.", {(1, "trouble-free zipper")}),
        ("No problems so far.", {(1, "trouble-free use")}),
        ("Not only sturdy, it is light.", {(1, "sturdy build"), (0, "light weight")}),
        # verbs
        ("I love the scent.", {(1, "appealing scent")}),
        ("I don't like the zipper.", {(-1, "disappointing zipper")}),
        ("I'm not happy with the cable.", {(-1, "disappointing cable")}),
        ("It fits perfectly.", {(1, "perfect fit")}),
        ("It doesn't work well.", {(-1, "poor performance")}),
        ("The strap fell off after two days.", {(-1, "strap that fell off")}),
        ("It never slips.", {(1, "no tendency to slip")}),
        ("It stays in place.", {(1, "staying in place")}),
        ("They hold the lid securely.", {(1, "secure hold")}),
        ("It does what it is supposed to do.", {(1, "performance as expected")}),
        ("My only complaint is the handle.", {(-1, "unsatisfying handle")}),
        ("I wish it had longer sleeves.", {(-1, "sleeves that could be longer")}),
        ("You can't beat the price.", {(1, "good value for money")}),
        ("I would not recommend it.", {(-1, "poor overall quality")}),
        # contrast
        ("The strap is not pretty but it is durable.", {(-1, "strap that is not pretty"), (1, "durable build")}),
        # not said of this item
        ("If you want a good strap, look elsewhere.", set()),
        ("Is the sound good?", set()),
        ("My old pan was flimsy, unlike other sturdy pans.", {(-1, "flimsy pan")}),
        ("I soaked it in warm water.", set()),
    ],
)
def test_reads(text, expected):
    assert read(text) == expected


def test_spans_are_the_words():
    text = "😀 Well, the clamps aren't very sturdy."
    (opinion,) = opinions(analyse(text))
    assert [text[span.start : span.end] for span in opinion.spans] == ["clamps aren't", "sturdy"]


@given(
    st.text(max_size=200)
    | st.lists(
        st.sampled_from(
            [
                "the",
                "not",
                "good",
                "sound",
                "is",
                "love",
                "n't",
                "no",
                "too",
                ",",
                ".",
                "broke",
                "I",
                "it",
                "easy",
                "to",
                "use",
                "and",
                "but",
            ]
        ),
        max_size=40,
    ).map(" ".join)
)
def test_spans_lie_in_any_text(text):
    for opinion in opinions(analyse(text)):
        assert opinion.spans and all(span.end <= len(text) for span in opinion.spans)
        assert opinion.item.text.strip() and opinion.user.text.strip() and opinion.sign in (-1, 0, 1)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (Said("easy set-up", "singular"), "an easy set-up"),
        (Said("useful bag", "singular"), "a useful bag"),
        (Said("honest price", "singular"), "an honest price"),
        (Said("good sound", "mass"), "good sound"),
        (Said("sturdy clamps", "plural"), "sturdy clamps"),
    ],
)
def test_articles(said, expected):
    assert article(said) == expected


def test_word_forms():
    assert [gerund(v) for v in ("set", "use", "clean", "read", "tie", "play", "see", "fix")] == [
        "setting",
        "using",
        "cleaning",
        "reading",
        "tying",
        "playing",
        "seeing",
        "fixing",
    ]
    assert [adjective_of(a) for a in ("well", "easily", "comfortably", "securely", "fast")] == [
        "good",
        "easy",
        "comfortable",
        "secure",
        "fast",
    ]
    assert [base_verb(v) for v in ("fits", "cleaned", "stopped", "uses", "carries")] == ["fit", "clean", "stop", "use", "carry"]
    assert [singular(n) for n in ("clamps", "batteries", "boxes", "bass", "glass")] == [
        "clamp",
        "battery",
        "box",
        "bass",
        "glass",
    ]
    assert [plural_of(n) for n in ("clamp", "battery", "box", "toy", "knife")] == [
        "clamps",
        "batteries",
        "boxes",
        "toys",
        "knives",
    ]
    assert [number_of(n) for n in ("clamps", "quality", "softness", "handle", "cleaning", "string")] == [
        "plural",
        "mass",
        "mass",
        "singular",
        "mass",
        "singular",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "I bought some heavy-duty anchors.",  # what is handled beside the product
        "Some people mentioned that the lid could be wider.",
        "Other lids work well.",
        "Some small lamps, too.",
        "Use it until it is dead.",
        "They claim that the lid is excellent.",
        "I tend to break cups.",
        "Even the expensive ones break.",
        "It lifts without worrying that it will fall off.",
        "It has no joke.",
        "I like thatCONS.",
        "We took the top shelf.",
    ],
)
def test_what_judges_something_else_or_nothing(text):
    assert [o for o in opinions(analyse(text)) if o.sign] == []


def test_a_plural_is_formed_only_where_english_has_one():
    assert {o.user.text for o in opinions(analyse("It has a good access."))} == {"good access"}
    assert {o.user.text for o in opinions(analyse("It has a good pedal."))} == {"good pedals"}
