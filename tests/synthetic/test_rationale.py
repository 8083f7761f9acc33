"""The answer key: canonical wordings, the most specific first, never longer than a student's target."""

import json

import pytest

from rdrec.core.home import Home
from rdrec.core.settings import integer
from rdrec.data.rationales import load_rationales
from rdrec.data.splits import protocol_view
from rdrec.data.store import load_dataset
from rdrec.student.sampling import Sampler
from rdrec.student.tokenizer import StudentTokenizer
from rdrec.synthetic.make import MakePlan, make
from rdrec.synthetic.motives import LACKS
from rdrec.synthetic.rationale import MOST_CLAIMS, MOST_TOKENS, answer_key, is_value
from rdrec.synthetic.reviews import Sentence, Writer, Written


@pytest.fixture(scope="module")
def pairs(toys, shop):
    """(review, rationale) of 200 shoppers."""
    written = [review for number in range(200) for review in Writer(shop, shop.shopper(number)).reviews()]
    return [(review, answer_key(toys, review)) for review in written if review.statements]


def said(*statements):
    """A review of one-letter sentences (aspect, sign, motive)."""
    sentences = [Sentence(2 * n, 2 * n + 1, *statement) for n, statement in enumerate(statements)]
    return Written("x " * len(statements), None, tuple(sentences))


def sentences_of(toys, *statements):
    found = answer_key(toys, said(*statements))
    return found.user_preference, found.item_attribution


def test_a_motive_is_a_preference_even_where_the_product_lacks_it(toys):
    told = answer_key(toys, said(("theme=dinosaurs", LACKS, True), ("quality=storage", "-", False)))
    assert told.user_preference == "The user prefers dinosaurs."
    assert told.item_attribution == "The item has no dinosaurs and bad storage."
    assert [(claim.kind, claim.text, claim.polarity) for claim in told.claims] == [
        ("user_preference", "dinosaurs", "like"),
        ("item_attribution", "no dinosaurs", "dislike"),
        ("item_attribution", "bad storage", "dislike"),
    ]
    assert [(claim.spans[0].start, claim.spans[0].end) for claim in told.claims] == [(0, 1), (0, 1), (2, 3)]


def test_what_is_particular_comes_first(toys):
    assert sentences_of(toys, ("quality=storage", "+", False), ("material=wood", "+", False), ("theme=space", "+", True)) == (
        "The user prefers space.",
        "The item has space, wood and good storage.",
    )
    assert sentences_of(toys, ("detail", "+", False), ("players=alone", "-", False), ("material=wood", "+", False)) == (
        "The user prefers wood, not solo play.",
        "The item has solo play, wood and nice ideas.",
    )
    assert sentences_of(toys, ("detail", "-", False)) == ("The user dislikes bad ideas.", "The item has bad ideas.")


def test_a_motive_is_kept_before_other_values_and_stands_in_the_order_of_all(toys):
    values = [("theme=space", "+", False), ("play=building", "+", False), ("players=alone", "-", False)]
    assert sentences_of(toys, *values)[1] == "The item has space, building and solo play."
    assert sentences_of(toys, *values, ("teaches=world", "+", True))[1] == "The item has space, building and maps."


def test_the_same_things_are_said_the_same_way_in_any_order(toys):
    one, other = ("theme=space", "+", True), ("material=wood", LACKS, True)
    assert sentences_of(toys, one, other) == sentences_of(toys, other, one)


def test_every_claim_points_at_its_statement_and_agrees_in_sign(pairs):
    for review, rationale in pairs:
        statements = {(s.start, s.end): s for s in review.statements}
        for claim in rationale.claims:
            (span,) = claim.spans
            sign = statements[span.start, span.end].sign
            likes = sign == "+" or (sign == LACKS and claim.kind == "user_preference")
            assert claim.polarity == ("like" if likes else "dislike")
            sentence = rationale.user_preference if claim.kind == "user_preference" else rationale.item_attribution
            assert claim.text in sentence


def test_wordings_are_canonical_and_few_a_sentence(toys, pairs):
    wordings = {aspect: set(pair) for aspect, pair in toys.wordings.items()}
    for review, rationale in pairs:
        statements = {(s.start, s.end): s for s in review.statements}
        for kind in ("user_preference", "item_attribution"):
            claims = [claim for claim in rationale.claims if claim.kind == kind]
            assert 1 <= len(claims) <= MOST_CLAIMS
            for claim in claims:
                aspect = statements[claim.spans[0].start, claim.spans[0].end].aspect
                assert claim.text.removeprefix("no ") in wordings[aspect]


def test_values_have_one_wording_and_no_two_share_it(toys):
    texts = [text for aspect, (good, bad) in toys.wordings.items() for text in ({good} if is_value(aspect) else {good, bad})]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("names", [0.0, None])
def test_every_sentence_fits_a_students_target(toys, tmp_path, names):
    """With the tokenizer that a student trains on this shop, also if no review names a motive."""
    assert integer("train.max_target_tokens") == MOST_TOKENS
    home = Home(tmp_path)
    make(home, MakePlan(toys.with_dials(names=names), "toys", 1_200, 0), progress=False)
    rationales = load_rationales(home, "toys", "answer-key")
    view = protocol_view(load_dataset(home, "toys"), "clean", 0)
    sampler = Sampler(view, rationales, "rdrec", 0)
    tokenizer = StudentTokenizer.train(sampler.vocabulary_texts(), users=1_200, items=view.dataset.n_items)
    for column in ("user_preference", "item_attribution"):
        sentences = set(rationales[column].dropna())
        longest = max(sentences, key=lambda text: len(tokenizer.encode_target(text)))
        assert len(tokenizer.encode_target(longest)) - 1 <= MOST_TOKENS, longest
    assert json.loads(rationales["claims"][0])
