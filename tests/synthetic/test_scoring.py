"""Scores of a teacher against the truth, on hand-made rationales."""

import json

import pandas as pd
import pytest
from tolerances import printed

from rdrec.cli.main import main
from rdrec.core.records import Claim, InputError, Span
from rdrec.data.rationales import encode_claims
from rdrec.synthetic.scoring import score

TEXT = "a birthday. rockets and stars! a rough surface. the octopus lid!"
SENTENCES = [
    [0, 11, None, None],
    [12, 30, "theme=space", "+"],
    [31, 47, "material=wood", "-"],
    [48, 64, "detail", "+"],
]
TRUTH = pd.DataFrame(
    {
        "user": [1, 1],
        "position": [0, 1],
        "review": [TEXT, "Not a word"],
        "sentences": [json.dumps(SENTENCES), json.dumps([[0, 9, None, None]])],
    }
)


def told(*claims):
    rows = [encode_claims(claims), "[]"]
    return pd.DataFrame({"user": [1, 1], "position": [0, 1], "claims": rows})


def likes(text, start, end, polarity="like", kind="user_preference"):
    return Claim(kind, text, polarity, (Span(start, end),))


def test_each_kind_of_claim_is_counted(toys):
    preference, attribution = score(
        toys,
        TRUTH,
        told(
            likes("rockets and planets", 12, 19),  # right, named
            likes("a rough surface", 33, 38),  # a dislike taken for a like
            likes("birthdays", 2, 10),  # elsewhere
            likes("the octopus", 52, 59),  # right; a detail is named by its words
            likes("free delivery", 12, 19),  # the right place and sign, in words from nowhere
            Claim("user_preference", "nothing to show", "like"),  # no evidence: elsewhere
            likes("a rough surface", 33, 46, "dislike", "item_attribution"),
        ),
    )
    assert (preference.claims, preference.right, preference.negated) == (6, 2, 1)
    assert (preference.elsewhere, preference.strange) == (2, 1)
    assert (preference.statements, preference.found, preference.named) == (3, 2, 2)
    assert preference.precision == pytest.approx(2 / 6) and preference.recall == pytest.approx(2 / 3)
    assert (attribution.claims, attribution.right, attribution.found) == (1, 1, 1)
    assert attribution.named == 0, "it quotes the sentence, and does not name wood"
    assert preference.as_dict()["negation_errors"] == pytest.approx(1 / 6, abs=printed(4))


def test_two_claims_on_one_statement_find_it_once(toys):
    preference, _ = score(toys, TRUTH, told(likes("space", 12, 19), likes("stars", 24, 29)))
    assert (preference.right, preference.found) == (2, 1)


def test_a_motive_that_the_product_lacks_is_a_like_of_the_user_and_a_dislike_of_the_item(toys):
    text = "no rockets, sadly."
    truth = pd.DataFrame(
        {"user": [1], "position": [0], "review": [text], "sentences": [json.dumps([[0, 18, "theme=space", "lacks"]])]}
    )

    def scored(*claims):
        return score(toys, truth, pd.DataFrame({"user": [1], "position": [0], "claims": [encode_claims(claims)]}))

    preference, attribution = scored(likes("rockets", 3, 10), likes("no rockets", 0, 10, "dislike", "item_attribution"))
    assert (preference.right, preference.negated, attribution.right, attribution.negated) == (1, 0, 1, 0)
    preference, attribution = scored(likes("rockets", 3, 10, "dislike"), likes("rockets", 3, 10, kind="item_attribution"))
    assert (preference.right, preference.negated, attribution.right, attribution.negated) == (0, 1, 0, 1)


def test_nothing_in_common_is_an_error(toys):
    with pytest.raises(InputError, match="no review of the data set"):
        score(toys, TRUTH, told().assign(user=9))


def test_the_answer_key_is_without_fault(made_home, capsys):
    assert main(["data", "score", "toys", "--teacher", "answer-key", "--home", str(made_home.root), "--json"]) == 0
    for row in json.loads(capsys.readouterr().out.splitlines()[-1])["scores"]["answer-key"]:
        assert row["precision"] == 1 and row["negation_errors"] == 0 and row["named"] == 1
        assert row["recall"] > (0.4 if row["kind"] == "user_preference" else 0.7), "the answer key says what is particular"


def test_scrambled_rationales_score_badly(toys, made_home):
    """Control: claims of other reviews score badly."""
    from rdrec.data.rationales import load_rationales
    from rdrec.synthetic.truth import load_truth

    _, truth = load_truth(made_home, "toys")
    rationales = load_rationales(made_home, "toys", "answer-key")
    shuffled = rationales.assign(claims=rationales["claims"].sample(frac=1, random_state=0).to_numpy())
    assert all(one.precision < 0.4 for one in score(toys, truth, shuffled))
