"""The choice among sentences, against sums over single tokens."""

import math

import pytest
import torch

from rdrec.ranking.contrast import most_telling
from rdrec.student.batches import Row, make_batch, target_of
from rdrec.student.tasks import Task, input_text

TASK = Task.USER_PREFERENCE
SENTENCES = ["the user prefers a clear sound", "great strings", "the item's attributes are a sturdy clamp", "a clear clamp"]


def source(user):
    return input_text(TASK, user=user)


def likelihood(student, tokenizer, given, text):
    """log p(text | given), token by token."""
    row = Row(TASK, given, text)
    batch = make_batch([Row(TASK, given)], tokenizer)
    total, tokens = 0.0, [tokenizer.pad]
    with torch.inference_mode():
        for token in target_of(row, tokenizer):
            scores = student.logits(student.encode(batch), torch.tensor([tokens]))[0, -1]
            scores[list(tokenizer.users)] = -math.inf
            total += float(scores.log_softmax(-1)[token])
            tokens.append(token)
    return total


@pytest.mark.parametrize("weight", [0.3, 1.0])
def test_the_choice_has_the_highest_score_computed_token_by_token(toy_student, weight):
    student, tokenizer = toy_student
    others = [source(user) for user in (1, 2, 3)]  # user 2 is asked too, and not compared with itself
    found = {source(2): SENTENCES[:3], source(5): SENTENCES, source(6): SENTENCES[1:2]}
    compared = {source(2): others, source(5): others[:2], source(6): others}
    chosen = most_telling(student, tokenizer, TASK, found, compared, weight)
    for given, texts in found.items():
        scores = {}
        for text in texts:
            among = [math.exp(likelihood(student, tokenizer, other, text)) for other in compared[given] if other != given]
            scores[text] = likelihood(student, tokenizer, given, text) - weight * math.log(sum(among) / len(among))
        assert chosen[given] == max(scores, key=scores.get)
    assert len(chosen) == 3


def test_a_sentence_for_everybody_loses_against_one_for_this_user(toy_student, monkeypatch):
    table = {("own", "all"): -1.0, ("own", "mine"): -1.5, ("other", "all"): -1.0, ("other", "mine"): -9.0}
    monkeypatch.setattr(
        "rdrec.ranking.contrast._likelihoods", lambda *given: torch.tensor([table[pair] for pair in given[-1]]).numpy()
    )
    found = {"own": ["all", "mine"]}
    assert most_telling(*toy_student, TASK, found, {"own": ["other"]}, 0.5) == {"own": "mine"}
    assert most_telling(*toy_student, TASK, found, {"own": ["other"]}, 0.0) == {"own": "all"}
    for nobody in ({"own": ["own"]}, {}):
        assert most_telling(*toy_student, TASK, found, nobody, 0.5) == {"own": "all"}, (
            "with nobody to compare with, the likeliest"
        )


def test_an_input_among_the_others_is_not_compared_with_itself(toy_student, monkeypatch):
    """Compared with itself too, "mine" would score -1.05, less than "all" with -1."""
    table = {("own", "all"): -2.0, ("own", "mine"): -2.8, ("other", "all"): -2.0, ("other", "mine"): -8.0}
    monkeypatch.setattr(
        "rdrec.ranking.contrast._likelihoods", lambda *given: torch.tensor([table[pair] for pair in given[-1]]).numpy()
    )
    assert most_telling(*toy_student, TASK, {"own": ["all", "mine"]}, {"own": ["own", "other"]}, 0.5) == {"own": "mine"}
