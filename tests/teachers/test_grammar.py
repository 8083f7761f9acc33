"""The grammar of answers: what is inside becomes a rationale, what is outside fails with a reason, and nothing is made up."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdrec.core.records import Failed, NothingFound, Rationale, Review
from rdrec.teachers import grammar
from rdrec.teachers.evidence import claims_of, find_evidence, find_quote, phrases
from rdrec.teachers.grammar import parse, schema
from rdrec.teachers.grounding import ground

TEXT = "The clamps aren't sturdy, but I love the  warm\nsound and the price. It “broke” after a week."
REVIEW = Review(1, 0, 1, TEXT)
TWO = "1. The user prefers warm sound.\n2. The item's attributes are a warm sound."
OPINION = {
    "quote": "love the warm sound",
    "about": "the sound",
    "feeling": "like",
    "preference": "a warm sound",
    "attribute": "warm sound",
}
OBJECT = {"opinions": [OPINION], "user_preference": "The user prefers a warm sound.", "item_attribution": None}


def answer(**changes):
    return json.dumps(OBJECT | changes)


@pytest.mark.parametrize(
    "raw",
    [
        TWO,
        f"\n {TWO} \n",
        f"Sure! Here are the two sentences:\n\n{TWO}",
        TWO.replace(". The", ") The").replace("\n", "\n\n"),
        '{"user_preference": "The user prefers warm sound.", "item_attribution": "The item\'s attributes are a warm sound."}',
    ],
)
def test_two_sentences(raw):
    found = parse("sentences", raw, REVIEW)
    assert isinstance(found, Rationale)
    assert (found.user_preference, found.item_attribution) == (
        "The user prefers warm sound.",
        "The item's attributes are a warm sound.",
    )
    assert ground(REVIEW, found).faithful and len(found.claims) == 2


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", grammar.EMPTY),
        ("  \n", grammar.EMPTY),
        (TEXT, grammar.NO_SENTENCES),
        ("1. The user prefers warm sound.", grammar.NO_SENTENCES),
        (f"{TWO}\nI hope this helps!", grammar.NO_SENTENCES),
        (f"{TWO}\n3. The user is rich.", grammar.NO_SENTENCES),
        (f"Sure!\n{TWO}", grammar.NO_SENTENCES),
        ("2. The user prefers x.\n1. The item's attributes are y.", grammar.NO_SENTENCES),
        ("1. Warm sound.\n2. The item's attributes are a warm sound.", grammar.BAD_BEGIN),
        ("1. The item's attributes are y.\n2. The user prefers x.", grammar.BAD_BEGIN),
        (TWO.replace("warm sound.", "warm sound" + "d" * 300, 1), grammar.LONG_SENTENCE),
        (TWO.replace("warm", "<b>warm</b>"), grammar.BAD_CHARACTERS),
        (TWO.replace("warm", "https://x.example"), grammar.BAD_CHARACTERS),
        (TWO.replace("warm", "wa\u202erm"), grammar.BAD_CHARACTERS),
        (TWO.replace("warm", "[warm](x)"), grammar.BAD_CHARACTERS),
        ("x" * 20_001, grammar.LONG),
        ('{"user_preference": null}', grammar.NO_JSON),
    ],
)
def test_everything_else_fails_with_its_reason(raw, reason):
    assert parse("sentences", raw, REVIEW) == Failed(reason)


@pytest.mark.parametrize(
    "raw",
    ["1. nothing\n2. Nothing.", "1. None\n2. N/A", "1. The user prefers nothing.\n2. The item's attributes are not mentioned."],
)
def test_nothing_is_an_answer(raw):
    assert parse("sentences", raw, REVIEW) == NothingFound(grammar.NOTHING)
    assert parse("opinions", answer(opinions=[], user_preference=None), REVIEW) == NothingFound(grammar.NOTHING)


def test_opinions_are_tied_to_their_quotes():
    for raw in (answer(), f"```json\n{answer()}\n```"):
        found = parse("opinions", raw, REVIEW)
        assert isinstance(found, Rationale)
        (claim,) = found.claims  # the attribute has no sentence, so it claims nothing
        (span,) = claim.spans
        assert TEXT[span.start : span.end] == "love the  warm\nsound" and ground(REVIEW, found).faithful


def test_a_quote_that_is_not_there_and_a_sentence_beyond_the_opinions_are_unsupported():
    invented = answer(opinions=[OPINION | {"quote": "a velvet bag"}])
    assert parse("opinions", invented, REVIEW).claims[0].spans == ()
    more = parse("opinions", answer(user_preference="The user prefers a warm sound and free gifts."), REVIEW)
    assert [(claim.text, bool(claim.spans)) for claim in more.claims] == [("a warm sound", True), ("free gifts", False)]
    assert not ground(REVIEW, more).faithful


@pytest.mark.parametrize(
    "raw",
    [
        "[]", "{", "null", "NaN", "[" * 5000, answer(extra=1), answer(opinions={}), answer(opinions=[1]), answer(opinions=[OPINION] * 17),
        answer(opinions=[OPINION | {"feeling": "love"}]), answer(opinions=[OPINION | {"quote": 3}]), answer(user_preference=3),
        answer(opinions=[{"quote": "x"}]), answer()[:-1] + ', "opinions": []}', f"Here: {answer()}", f"{answer()} Bye",
    ],
)  # fmt: skip
def test_other_json_fails(raw):
    assert parse("opinions", raw, REVIEW) == Failed(grammar.NO_JSON)


@given(st.sampled_from(["sentences", "opinions"]), st.text(max_size=400) | st.sampled_from([TWO, answer()]).flatmap(
    lambda good: st.tuples(st.integers(0, len(good)), st.text(max_size=5)).map(lambda cut: good[: cut[0]] + cut[1] + good[cut[0] :])
))  # fmt: skip
def test_no_answer_raises_and_none_is_the_review(form, raw):
    found = parse(form, raw, REVIEW)
    if isinstance(found, Rationale):
        assert TEXT not in (found.user_preference, found.item_attribution)


def test_the_schema_says_what_the_parser_wants():
    shape = schema("opinions")
    assert set(shape["required"]) == set(OBJECT) and shape["properties"]["opinions"]["maxItems"] == 16
    assert set(shape["properties"]["opinions"]["items"]["required"]) == set(OPINION)
    assert schema("sentences") == {}


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("LOVE the warm sound", ["love the  warm\nsound"]),
        ('It "broke"', ["It “broke"]),
        ("aren’t sturdy", ["aren't sturdy"]),
        ("clamps ... broke", ["clamps", "broke"]),
        ("clamps ... velvet", []),
        ("I", []),
        ("...", []),
        ("", []),
    ],
)
def test_quotes(quote, found):
    assert [TEXT[span.start : span.end] for span in find_quote(TEXT, quote)] == found


@given(st.text(max_size=80), st.integers(0, 80), st.integers(3, 40))
def test_any_piece_of_a_text_is_found_with_its_own_characters(text, start, length):
    piece = text[start : start + length]
    for span in find_quote(text, piece):
        assert 0 <= span.start < span.end <= len(text)


def test_evidence_for_sentences_without_quotes():
    claims = claims_of(
        TEXT,
        "The user prefers warm sound and a low price, and dislikes weak clamps.",
        "The item's attributes are a velvet bag.",
    )
    said = [(c.text, c.polarity, [TEXT[s.start : s.end] for s in c.spans]) for c in claims]
    assert said == [
        ("warm sound", "like", ["but I love the  warm"]),
        ("a low price", "like", ["and the price."]),
        ("weak clamps", "dislike", ["The clamps aren't sturdy"]),
        ("a velvet bag", "neutral", []),
    ]
    assert find_evidence(TEXT, "the") == ()
    assert phrases("The item's attributes include a sturdy clamp, but a weak battery.", "item_attribution") == [
        ("a sturdy clamp", "like"),
        ("a weak battery", "dislike"),
    ]
