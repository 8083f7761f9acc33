"""The questions of a room are those of the set: the five of "guess first", and what its training runs say about rationales."""

from dataclasses import replace

import pytest

from rdrec.core.home import PROJECT, Home
from rdrec.core.records import InputError, UnknownNameError
from rdrec.explorer import guess, room_questions
from rdrec.explorer.answers import Difference, SeedResults
from rdrec.explorer.catalogue import find_stores


def test_the_five_products_are_those_of_guess_first(store):
    asked, question = guess.question(store, 1), room_questions.guess_question(store, 1)
    assert [choice.key for choice in question.choices] == list("ABCDE")
    assert question.answer == "ABCDE"[asked.numbers.index(asked.truth)]
    hidden = store.history(1)[-1]
    before = [purchase for purchase in store.history(1) if purchase.split != "test"]
    assert hidden.split == "test" and len(question.context) == min(3, len(before))
    assert f"Shopper 1 bought {question.answer}." in question.because and "Shopper 1 bought" not in question.text


def test_a_shopper_who_does_not_exist_is_refused(store):
    with pytest.raises((InputError, UnknownNameError)):
        room_questions.guess_question(store, 10**6)


def test_a_shopper_without_a_hidden_purchase_is_refused(store, monkeypatch):
    monkeypatch.setattr(guess, "question", lambda store, user: None)
    with pytest.raises(InputError, match="nothing to guess"):
        room_questions.guess_question(store, 1)


def difference(one, other, value, low, high, p):
    return Difference(one, other, "sequential", "NDCG@10", value, low, high, p, 3, 400, value, value)


@pytest.mark.parametrize(
    ("against", "control", "answer", "words"),
    [
        (
            (0.03, 0.02, 0.04, 0.0001),
            (0.03, 0.02, 0.04, 0.0001),
            "yes",
            "+3.0 points (95 % interval +2.0 to +4.0, p <\N{NO-BREAK SPACE}0.001)",
        ),
        ((0.03, 0.02, 0.04, 0.0001), (0.001, -0.01, 0.02, 0.8), "unclear", "do not clearly beat shuffled ones"),
        ((0.03, 0.02, 0.04, 0.0001), (-0.03, -0.04, -0.02, 0.0001), "unclear", "do not clearly beat shuffled ones"),
        ((0.03, 0.02, 0.04, 0.0001), None, "unclear", "No control"),
        ((-0.03, -0.04, -0.02, 0.0001), (0.001, -0.01, 0.02, 0.8), "no", "lower with rationales: −3.0 points"),
        ((0.002, -0.01, 0.02, 0.6), (0.001, -0.01, 0.02, 0.8), "unclear", "no effect on NDCG@10 is shown"),
    ],
)
def test_whether_rationales_help_follows_from_the_interval_and_the_control(monkeypatch, against, control, answer, words):
    rows = [difference("rdrec:world", "baseline", *against)]
    if control:
        rows.append(difference("rdrec:world", "scrambled:world", *control))
    found = SeedResults((), tuple(rows), ())
    monkeypatch.setattr(SeedResults, "seeds", property(lambda self: (0, 1, 2)))
    monkeypatch.setattr(room_questions, "verdict_of_pair", lambda *_: None)
    told, because = room_questions._does_it_help(found, "world")
    assert told == answer and words in because


def test_without_repeated_runs_nobody_can_tell(store):
    question = room_questions.help_question(store)
    assert [choice.key for choice in question.choices] == ["yes", "no", "unclear"]
    empty = SeedResults((), (), ())
    assert room_questions._does_it_help(empty, "world")[0] == "unclear"
    assert question.answer in ("yes", "no", "unclear") and question.because.endswith(".")


def test_the_bundled_set_can_be_asked_about(tmp_path):
    for store in find_stores(Home(tmp_path), PROJECT).stores.values():
        question = room_questions.help_question(store)
        assert question.because and store.facts.title[:20] in question.text
        assert replace(question, answer="") != question
