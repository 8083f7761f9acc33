"""Sentences that judge without a judging word: which are about the product, their sign, and the phrase that is said of them."""

import pytest

from rdrec.language.about import LEAST_ABOUT, aboutness, in_plain_sentences, least_sign, sign_of, whole_names
from rdrec.language.leanings import leaning
from rdrec.language.reading import opinions, statements
from rdrec.language.telling import tellings
from rdrec.language.tokens import analyse


def tokens(text):
    return analyse(text)[0].tokens


def said(text, rating):
    return {(o.sign, o.item.text) for o in statements(analyse(text), rating) if o.sign}


def best(text):
    found = tellings(tokens(text), frozenset(), -0.5)
    return found[0].said.text if found else None


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("The walnut lid is on two rails.", "the walnut lid"),
        ("It comes with two felt pads.", "two felt pads"),
        ("Painting the fence is a breeze with it.", "painting the fence"),
        ("She likes to draw.", "drawing"),
        ("There is no lid.", "no lid"),
        ("My husband slept on Monday morning.", None),  # what somebody did once, without a thing
        ("Fine.", None),
    ],
)
def test_the_telling_phrase(text, phrase):
    assert best(text) == phrase


def test_people_times_and_the_product_are_never_the_phrase():
    sentences = analyse("This kettle has a steel spout. The kettle is for my aunt on Sunday.")
    avoid = whole_names(sentences)
    assert avoid == {"kettle", "aunt"}
    assert not {told.said.text for told in tellings(sentences[1].tokens, avoid, -0.5)} & {"the kettle", "aunt", "sunday"}


@pytest.mark.parametrize(
    ("about", "story"),
    [
        ("The blade has a steel spine.", "I ordered a knife for my uncle."),
        ("It folds into a small bag.", "We needed something for the wedding."),
        ("The spout pours without a drip.", "I already own a Bosch 750 and an old Braun."),
        ("The straps sit on both shoulders.", "Would you carry that?"),
        ("They dry in the shade.", "If you buy another one, let your dealer wrap your order."),
    ],
)
def test_stories_of_the_purchase_are_less_about_the_product(about, story):
    assert aboutness(tokens(about), 0, 3) > aboutness(tokens(story), 0, 3)


def test_the_middle_of_a_review_is_about_the_product():
    middle, last = aboutness(tokens("I recommend the lamp."), 1, 3), aboutness(tokens("I recommend the lamp."), 2, 3)
    assert middle > LEAST_ABOUT > last - 1.0 and middle > last


@pytest.mark.parametrize(
    ("text", "rating", "sign"),
    [
        ("The hinge sits on the left.", 5.0, 1),
        ("The hinge sits on the left.", 1.0, -1),
        ("The hinge sits on the left.", 3.0, 0),
        ("The hinge sits on the left.", None, 0),
        ("But the hinge sits on the left.", 4.0, 0),
        ("Sadly the hinge sits on the left.", 3.0, -1),
        ("We had to file the hinge because nobody did.", 4.0, -1),
        ("The hinge is a joy and a delight.", 3.0, 1),
        ("The hinge is not a great joy at all.", 3.0, -1),
        ("The drawer is not big enough and too shallow.", 3.0, -1),
    ],
)
def test_the_sign_of_a_sentence(text, rating, sign):
    evidence = sign_of(tokens(text), rating, [], leaning(tokens(text)))
    least = least_sign(evidence, rating)
    assert (evidence >= least) - (evidence <= -least) == sign


def test_blame_needs_more_evidence_where_the_stars_praise():
    assert least_sign(-0.4, 5.0) > 0.4 > least_sign(-0.4, 3.0) == least_sign(-0.4, None) == least_sign(0.4, 5.0)


def test_a_word_that_depends_on_the_product_has_no_sign_of_its_own():
    assert sign_of(tokens("It has a small frame."), 3.0, [], 0.0) == 0.0


def test_the_stars_speak_only_where_nothing_is_judged():
    assert said("The spout reaches over the rim.", 5.0) == {(1, "the spout that reaches over the rim")}
    assert said("The spout reaches over the rim.", 1.0) == {(-1, "the spout that reaches over the rim")}
    assert said("The spout reaches over the rim.", 3.0) == said("The spout reaches over the rim.", None) == set()
    assert said("The handle is flimsy.", 5.0) == said("The handle is flimsy.", 1.0) == {(-1, "flimsy handle")}


def test_a_review_that_judges_in_words_or_is_long_keeps_its_stories():
    judged = "The lid is sturdy. The spout is elegant. The handle is comfortable. "
    story, surely = "I have four jars at home.", "Its shelf takes four jars. We paid."
    assert any("jars" in text for _, text in said(story, 5.0))
    assert not any("jars" in text for _, text in said(judged + story, 5.0))
    assert not any("jars" in text for _, text in said(story + " They stand in a row." * 20, 5.0))
    assert any("jars" in text for _, text in said(judged + surely, 5.0))


@pytest.mark.parametrize(
    "review",
    [
        "It holds four jars. I paid 3 of them.",  # figures
        "It holds four jars.I paid for them.",  # a missing space
        "It holds four jars. we paid for them.",  # capitals here and there
        "It holds four jars",  # no end
        "It holds four jars. " + "And then we went on and on " * 5 + ".",  # a sentence that runs on
    ],
)
def test_the_stars_tell_nothing_in_careless_reviews(review):
    assert in_plain_sentences(analyse("It holds four jars. We paid for them."))
    assert not in_plain_sentences(analyse(review))
    assert any("jars" in text for _, text in said("It holds four jars. We paid for them.", 5.0))
    assert not any("jars" in text for _, text in said(review, 5.0))


@pytest.mark.parametrize(
    "text",
    [
        "If it holds four jars, fine.",
        "I am a collector of glass jars.",
        "I have big hands for jars.",
        "I'm not very familiar with jars.",
        "Our aunt saw Kilner jars.",
        "We went home and set out some jars.",  # in passing
        "It holds many dollars.",
        "Other people own old jars.",
    ],
)
def test_what_is_not_of_the_product_is_not_told(text):
    assert not any("jars" in said_of or "dollars" in said_of for _, said_of in said(text, 5.0))


def test_a_phrase_that_judges_the_other_way_is_not_said():
    assert (1, "the ugly stain") not in said("It covers the ugly stain.", 5.0)


def test_five_stars_mute_blame_of_something_else():
    assert said("My neighbour broke in two.", 5.0) == set()
    assert said("Mine had those horrible corners.", 5.0) == set()
    assert (-1, "expensive price") in said("It is a bit expensive.", 5.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He can't put it down.", {(1, "lasting appeal (no putting it down)")}),
        ("We gave up on Tuesday.", {(-1, "little lasting appeal (giving up)")}),
        ("We keep coming back to it.", {(1, "lasting appeal (coming back)")}),
        ("I could not be happier.", {(1, "good overall quality")}),
        ("I am looking forward to it.", {(1, "lasting appeal")}),
        ("It collects dust.", {(-1, "little lasting appeal (collecting dust)")}),
        ("It does not collect dust.", {(1, "lasting appeal (no collecting dust)")}),
        ("It has stood the test of time.", {(1, "durability (standing the test of time)")}),
        ("Not one of the four wheels has split.", {(1, "durability (not split)")}),
        ("I asked for a refund.", {(-1, "poor overall quality (asking for a refund)")}),
        ("I have nothing to complain about.", {(1, "good overall quality (nothing to complain)")}),
        ("If it falls to pieces I will tell you.", set()),
        ("When he is bored, he sleeps.", set()),
    ],
)
def test_set_phrases(text, expected):
    assert {(o.sign, o.item.text) for o in opinions(analyse(text)) if o.form == "idiom"} == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No rough corners anywhere.", (1, "corners that are not rough")),
        ("Not one of the wheels has fallen off.", (1, "no tendency to fall off")),
    ],
)
def test_a_negation_at_the_first_word_counts(text, expected):
    assert expected in {(o.sign, o.item.text) for o in opinions(analyse(text))}


def test_nothing_better_is_no_blame():
    assert not any(o.sign < 0 for o in opinions(analyse("There is nothing she likes better than a walk.")))


def test_what_is_done_away_with_is_not_told():
    assert not any("peaks" in phrase for _, phrase in said("It gets rid of the unnecessary peaks.", 5.0))
