"""The manipulation check: who learned the rationales passes; the scrambled control and whoever copies one sentence do not."""

import dataclasses

import numpy as np
import pytest
from told_shop import commonest, shop, taught

from rdrec.data.splits import protocol_view
from rdrec.evaluation.manipulation_check import References, check_student, repeats, yardstick_of
from rdrec.evaluation.outcomes import verdict
from rdrec.student.sampling import text_rows
from rdrec.student.tasks import Task


@pytest.fixture(scope="module")
def told():
    """(view, rationales) of the small shop."""
    dataset, rationales = shop()
    return protocol_view(dataset, "clean", 0), rationales


@pytest.fixture(scope="module")
def learned(told):
    return taught(*told, "rdrec")


def outcomes(told, loaded, rationales=None):
    view, taught_from = told
    found = check_student(view, loaded, References(taught_from if rationales is None else rationales))
    return {check.task: check for check in found}


def test_a_student_that_learned_passes(told, learned):
    found = outcomes(told, learned)
    assert {check.outcome for check in found.values()} == {"learned"} and verdict(found.values()).tested
    for check in found.values():
        assert check.rows == 48 and check.low > 0.2 and check.gap >= check.yardstick / 2 > 0.1
        assert check.own_first > 0.8 and check.repeated == 0
    assert found["user_preference"].different == pytest.approx(12 / 48, abs=0.05), "twelve things for 48 users"


def test_the_scrambled_control_fails(told):
    found = outcomes(told, taught(*told, "scrambled"))
    assert {check.outcome for check in found.values()} == {"not learned"}
    assert all(check.yardstick > 0.2 > check.gap for check in found.values()), "held against the true rationales"
    assert not verdict(found.values()).tested


def test_copying_the_commonest_sentence_fails(told):
    found = outcomes(told, taught(*told, "rdrec", steps=60, rewrite=commonest))
    assert {check.outcome for check in found.values()} == {"not learned"}
    for check in found.values():
        assert check.verbatim == 1 and check.different <= 2 / 24 and check.own_first == pytest.approx(0.5, abs=0.05)


def test_rationales_that_say_nothing_cannot_be_learned(told):
    """The same sentences dealt out at random: there is nothing to learn, and that is not the student's fault."""
    view, rationales = told
    order = np.random.default_rng(0).permutation(len(rationales))
    shuffled = rationales.assign(
        **{task: rationales[task].to_numpy()[order] for task in ("user_preference", "item_attribution")}
    )
    found = outcomes(told, taught(view, shuffled, "rdrec", steps=60), shuffled)
    assert {check.outcome for check in found.values()} == {"nothing to learn"}
    assert "say nothing about the user or the item" in verdict(found.values()).why


def test_the_same_numbers_again(told, learned):
    assert outcomes(told, learned) == outcomes(told, learned)


def test_missing_references_are_named(told, learned):
    view, rationales = told
    found = check_student(view, learned, References(None, "The rationales of the teacher 'offline' cannot be used: gone"))
    assert [check.outcome for check in found] == ["not checked"] * 2
    said = verdict(found)
    assert not said.tested and "The rationales of the teacher 'offline' cannot be used: gone" in said.why
    few = rationales.assign(status=np.where(rationales["user"] < 5, "ok", "nothing"))
    assert "4 held-out texts" in outcomes(told, learned, few)["user_preference"].reason


def test_only_trained_tasks_are_checked(told, learned):
    without = dataclasses.replace(learned, card=dataclasses.replace(learned.card, tasks=["item_attribution", "sequential"]))
    assert list(outcomes(told, without)) == ["item_attribution"]


def test_the_yardstick_is_the_gap_of_counts(told, learned):
    """A word that only the own user says: another's user makes it as rare as it is overall."""
    view, rationales = told
    rows = [text_rows(view, rationales, "rdrec", split, 0).of(Task.USER_PREFERENCE) for split in ("train", "test")]
    own = yardstick_of(learned.tokenizer, Task.USER_PREFERENCE, *rows, seed=0)
    assert own.low > 0.2 and own.own < 0.1
    nobody = [[(user, item, "The user prefers lamps.") for user, item, _ in part] for part in rows]
    assert yardstick_of(learned.tokenizer, Task.USER_PREFERENCE, *nobody, seed=0).value == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize(
    ("text", "found"), [("a b c a b c", True), ("a b a b", False), ("a b c d a b", False), ("", False), ("a a a a", True)]
)
def test_repeated_trigrams(text, found):
    assert repeats(text) is found
