"""Answers in lists: two sentences of at most 20 words, a claim for each phrase, and what leaked from the examples is flagged."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdrec.core.records import Claim, Failed, NothingFound, Rationale, Review
from rdrec.data.rationales import answer_fields, answer_of
from rdrec.teachers.asking import Asker
from rdrec.teachers.compose import MOST_WORDS, sentence_of
from rdrec.teachers.example_leaks import mark_leaks
from rdrec.teachers.grammar import NO_JSON, parse
from rdrec.teachers.grounding import ground
from rdrec.teachers.lists import schema
from rdrec.teachers.prompts import load_prompt
from rdrec.teachers.supported import keep_supported

REVIEW = Review(1, 0, 1, "The sound is warm and it was cheap. But the zipper broke after a week.")


def answer(likes=(), dislikes=(), item=(), review=REVIEW):
    return parse("lists", json.dumps({"likes": [*likes], "dislikes": [*dislikes], "item": [*item]}), review)


def test_two_sentences_and_a_claim_for_each_phrase():
    found = answer(["a warm sound"], ["zippers that break"], ["warm sound", "broken zipper"])
    assert found.user_preference == "The user prefers a warm sound, and dislikes zippers that break."
    assert found.item_attribution == "The item's attributes are warm sound and broken zipper."
    assert [(c.kind, c.text, c.polarity) for c in found.claims] == [
        ("user_preference", "a warm sound", "like"),
        ("user_preference", "zippers that break", "dislike"),
        ("item_attribution", "warm sound", "like"),
        ("item_attribution", "broken zipper", "dislike"),
    ]
    quoted = [REVIEW.text[span.start : span.end] for claim in found.claims for span in claim.spans]
    assert quoted[0].startswith("The sound is warm") and "zipper broke" in quoted[1]
    assert all(check.supported for check in ground(REVIEW, found).claims)


@pytest.mark.parametrize("said", [[], ["nothing"], ["None."], ["no complaints"], ["n/a"], [" ", "..."], ["😀"]])
def test_lists_that_say_nothing(said):
    assert isinstance(answer([], said, said), NothingFound)
    found = answer(["warm sound"], said)
    assert found.user_preference == "The user prefers warm sound." and len(found.claims) == 1 and found.item_attribution is None


def test_a_complaint_that_item_forgets_is_an_attribute_too():
    found = answer(["a warm sound"], ["zippers that break"], ["warm sound"])
    assert found.item_attribution == "The item's attributes are warm sound and zippers that break."
    assert [c.polarity for c in found.claims if c.kind == "item_attribution"] == ["like", "dislike"]
    invented = answer(["a warm sound"], ["soles that come off"], ["warm sound"])
    assert invented.item_attribution == "The item's attributes are warm sound.", "what no word backs is not said again"
    said = answer(["a warm sound"], ["zippers that break"], ["warm sound", "the zipper broke"])
    assert said.item_attribution == "The item's attributes are warm sound and the zipper broke."


def test_only_complaints():
    found = answer([], ["zippers that break"], ["zipper breaks"])
    assert found.user_preference == "The user dislikes zippers that break."


@pytest.mark.parametrize(
    "raw",
    [
        '{"likes": [], "dislikes": []}',
        '{"likes": [], "dislikes": [], "item": [], "more": []}',
        '{"likes": "warm", "dislikes": [], "item": []}',
        '{"likes": [1], "dislikes": [], "item": []}',
        '{"likes": [null], "dislikes": [], "item": []}',
        json.dumps({"likes": ["a", "b", "c", "d", "e"], "dislikes": [], "item": []}),
        json.dumps({"likes": ["a" * 81], "dislikes": [], "item": []}),
        "The user likes it.",
        '{"likes": [',
    ],
)
def test_what_is_outside_the_form_failed(raw):
    assert parse("lists", raw, REVIEW) == Failed(NO_JSON)


def test_a_code_fence_is_taken_off():
    raw = '```json\n{"likes": ["warm sound"], "dislikes": [], "item": []}\n```'
    assert isinstance(parse("lists", raw, REVIEW), Rationale)


def test_phrases_are_cleaned_and_said_once():
    found = answer(["  Warm\n sound!* ", "warm sound!", "warm <b>sound</b>"], [], ["see http://x.example"])
    assert [claim.text for claim in found.claims] == ["Warm sound!", "warm b sound /b"]


phrases = st.lists(st.text("ab ,.-'", min_size=1, max_size=80), max_size=4)


@given(phrases, phrases, phrases)
def test_sentences_have_at_most_20_words(likes, dislikes, item):
    """Whatever the phrases are; a sentence keeps a phrase of each side unless two do not fit."""
    found = answer(likes, dislikes, item)
    if isinstance(found, Rationale):
        for sentence in (found.user_preference, found.item_attribution):
            assert sentence is None or len(sentence.split()) <= MOST_WORDS
        assert (found.user_preference is None) == (not any(c.kind == "user_preference" for c in found.claims))


def test_what_does_not_fit_is_left_out_from_the_end():
    nine = "one two three four five six seven eight nine"

    def sentence(kind, likes, dislikes=()):
        claims = [Claim(kind, text, "like") for text in likes] + [Claim(kind, text, "dislike") for text in dislikes]
        return sentence_of(kind, claims)

    preference = sentence("user_preference", ["a b c", "d e f", "g h i", nine], ["x"])
    assert preference == "The user prefers a b c, d e f and g h i, and dislikes x."
    assert sentence("user_preference", [nine + " ten"], [nine]) == f"The user dislikes {nine}."
    assert sentence("item_attribution", []) is None
    assert sentence("item_attribution", ["a", "a"], ["a"]) == "The item's attributes are a."


def test_words_of_the_examples_are_unsupported():
    prompt = load_prompt("lists")
    shown = next(example for example in prompt.examples if "owls" in example.phrases)
    raw = json.dumps({"likes": [shown.phrases[0], "a warm sound"], "dislikes": [], "item": []})
    asker = Asker(prompt, 0)
    told = asker.judge(asker.first(REVIEW), raw)
    checks = ground(REVIEW, told.answer).claims
    assert next((check.supported, check.why) for check in checks) == (False, "from the examples")
    assert checks[1].supported
    assert told.answer.user_preference == "The user prefers a warm sound.", "what leaked is no target of a student"
    alone = json.dumps({"likes": [], "dislikes": [shown.phrases[0]], "item": []})
    assert asker.judge(asker.first(REVIEW), alone).answer == NothingFound("only words of the prompt's examples")
    own = Review(1, 0, 1, f"{shown.review} The sound is warm.")
    assert all(check.why != "from the examples" for check in ground(own, asker.judge(asker.first(own), raw).answer).claims)
    assert keep_supported(REVIEW, told.answer).user_preference == "The user prefers a warm sound."
    assert answer_of(answer_fields(told.answer)) == told.answer, "the mark is kept on the disk"


@pytest.mark.parametrize(
    ("review", "phrase", "leaked"),
    [
        ("A very simple product, and it holds.", "simple design", False),  # one of two words is the examples'
        ("A tight screw holds it.", "tight at the toes", True),  # one of two, and the phrase is theirs
        ("A warm sound.", "bad switch", True),
        ("The switch is bad.", "bad switch", False),
    ],
)
def test_half_of_a_claim_is_a_leak_only_in_a_phrase_of_the_examples(review, phrase, leaked):
    found = mark_leaks(answer([phrase, "holds"]), review, load_prompt("lists"))
    assert found.claims[0].leaked == leaked


def test_a_paraphrase_is_no_leak():
    """A word that is in neither stays unsupported, but is not called a leak."""
    found = mark_leaks(answer(["a melodious timbre"]), REVIEW.text, load_prompt("lists"))
    assert [check.why for check in ground(REVIEW, found).claims] == ["no evidence given"]
    assert mark_leaks(found, REVIEW.text, load_prompt("paper")) == found, "a prompt without examples"


def test_the_schema_says_what_is_parsed():
    told = schema()
    assert told["required"] == ["likes", "dislikes", "item"] and told["additionalProperties"] is False
    phrases = told["properties"]["likes"]
    full = ["x" * phrases["items"]["maxLength"]] * phrases["maxItems"]
    assert isinstance(answer(full), Rationale) and isinstance(answer([*full, "y"]), Failed)
