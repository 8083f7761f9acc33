"""The own-other gap: what another's id in the input costs, against one row at a time."""

import math

import numpy as np
import pytest
import torch
from tolerances import SUMS

from rdrec.core.records import InputError
from rdrec.student.batches import Row, make_batch
from rdrec.student.gap import RowLosses, own_and_other, partners, row_losses
from rdrec.student.tasks import ID_TASKS, Task, input_text

ITEM_IDS = np.array([0, 7, 3, 12, 5, 9, 1, 2])
TEXTS = [
    (1, 1, "the user prefers a clear sound"),
    (2, 2, "a sturdy clamp"),
    (3, 3, "great strings that stay in tune"),
    (4, 1, "the clamp"),
    (5, 4, "sound"),
    (6, 5, "great sturdy strings"),
]


def one_at_a_time(student, tokenizer, task, user, item, target):
    ids = () if task is Task.USER_PREFERENCE else (int(ITEM_IDS[item]),)
    batch = make_batch([Row(task, input_text(task, user=user, item_ids=ids), target)], tokenizer)
    with torch.no_grad():
        return student(batch).item()


@pytest.mark.parametrize("task", [task for task in Task if task not in ID_TASKS])
def test_batched_losses_equal_one_row_at_a_time(toy_student, task):
    student, tokenizer = toy_student
    found = own_and_other(student, tokenizer, ITEM_IDS, task, TEXTS, seed=3)
    partner = partners(task, TEXTS, seed=3)
    own = [one_at_a_time(student, tokenizer, task, *text) for text in TEXTS]
    other = [one_at_a_time(student, tokenizer, task, *TEXTS[p][:2], text[2]) for text, p in zip(TEXTS, partner, strict=True)]
    assert found.own == pytest.approx(own, rel=SUMS) and found.other == pytest.approx(other, rel=SUMS)
    assert (found.own != found.other).all(), "an untrained student of this shape hears every id"


def test_many_rows_and_the_mode_of_the_student(toy_student):
    student, tokenizer = toy_student
    rows = [Row(Task.EXPLANATION, f"user_{n} item_{n}", " ".join(["sound"] * (1 + n % 5))) for n in range(1, 150)]
    whole = row_losses(student, tokenizer, rows)
    parts = np.concatenate([row_losses(student, tokenizer, rows[:70]), row_losses(student, tokenizer, rows[70:])])
    assert whole == pytest.approx(parts, rel=SUMS)
    student.train()
    try:
        again = row_losses(student, tokenizer, rows)
        assert student.training and again == pytest.approx(whole, rel=SUMS), "no dropout, and training goes on after it"
    finally:
        student.eval()


def test_a_partner_is_another():
    rng = np.random.default_rng(0)
    texts = [(int(user), int(item), "x") for user, item in zip(rng.integers(1, 12, 200), rng.integers(1, 9, 200), strict=True)]
    for task, columns in ((Task.USER_PREFERENCE, (0,)), (Task.ITEM_ATTRIBUTION, (1,)), (Task.EXPLANATION, (0, 1))):
        found = partners(task, texts, seed=5)
        assert sorted(found) == list(range(200)), "every id is used as often as it was"
        assert all(texts[row][column] != texts[p][column] for row, p in enumerate(found) for column in columns)
        assert (found == partners(task, texts, seed=5)).all() and (found != partners(task, texts, seed=6)).any()


@pytest.mark.parametrize("texts", [[], [(1, 1, "x")], [(1, 1, "x"), (1, 2, "y")], [(1, 1, "x")] * 5 + [(2, 2, "y")]])
def test_rows_of_one_user_have_no_partner(texts):
    with pytest.raises(InputError, match="no other IDs can replace theirs"):
        partners(Task.USER_PREFERENCE, texts, seed=0)


def test_summary_by_hand():
    gap = RowLosses(np.array([1.0, 2.0, 3.0, 2.0]), np.array([2.0, 2.0, 5.0, 3.0])).summary()
    half = 1.959964 * math.sqrt(2 / 3) / 2  # differences 1, 0, 2, 1
    assert (gap.rows, gap.own, gap.other, gap.value) == (4, 2.0, 3.0, 1.0)
    assert gap.low == pytest.approx(1 - half) and gap.high == pytest.approx(1 + half)
