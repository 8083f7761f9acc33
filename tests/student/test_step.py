"""One task's share of a step: parts, precision, and the naive mixed batch give the same gradients."""

import copy
import dataclasses

import pytest
import torch
from small_training import SETTINGS, fresh
from tolerances import BF16, SUMS

from rdrec.bench.train import Plan, mixed_batch, mixed_loss, synthetic_rows
from rdrec.core.records import InputError
from rdrec.student import step as stepping
from rdrec.student.batches import IGNORED, make_batch
from rdrec.student.step import add_gradients, split
from rdrec.student.tasks import Task
from rdrec.student.train import train


@pytest.fixture(scope="module")
def made():
    return synthetic_rows(Plan(rows=5, history=4, items=300, users=40))


def gradients(student):
    return {name: parameter.grad.clone() for name, parameter in student.named_parameters() if parameter.grad is not None}


def close(one, other, tolerance):
    assert set(one) == set(other)
    scale = max(float(grad.abs().max()) for grad in one.values())
    for name, grad in one.items():
        assert float((grad - other[name]).abs().max()) <= tolerance * scale, name


def of(student, tokenizer, rows, **options):
    copied = copy.deepcopy(student)
    loss = add_gradients(copied, tokenizer, rows, 0.5, **options)
    return loss, gradients(copied)


@pytest.mark.parametrize("parts", [2, 3, 5, 9])
@pytest.mark.parametrize("task", [Task.SEQUENTIAL, Task.EXPLANATION])
def test_parts_add_up_to_the_whole(made, parts, task):
    tokenizer, rows = made
    student = fresh(tokenizer).eval()  # without dropout
    loss, whole = of(student, tokenizer, rows[task])
    in_parts, added = of(student, tokenizer, rows[task], parts=parts)
    assert in_parts == pytest.approx(loss, rel=SUMS)
    close(whole, added, SUMS)


def test_parts_are_of_like_length(made):
    tokenizer, rows = made
    lengths = [
        [len(tokenizer.encode(row.source).tokens) for row in part] for part in split(rows[Task.SEQUENTIAL], 3, tokenizer)
    ]
    assert [len(part) for part in lengths] == [1, 2, 2] and (every := [n for part in lengths for n in part]) == sorted(every)
    assert sorted(row.source for part in split(rows[Task.SEQUENTIAL], 9, tokenizer) for row in part) == sorted(
        row.source for row in rows[Task.SEQUENTIAL]
    )
    assert [*split(rows[Task.SEQUENTIAL], 1, tokenizer)] == [rows[Task.SEQUENTIAL]]


def test_batches_of_one_task_learn_what_the_mixed_batch_learns(made):
    """The same samples, weighted alike: one mixed batch is the naive path, with its own code for embedding and loss."""
    tokenizer, rows = made
    student = fresh(tokenizer).eval()
    counts = {task: int((make_batch(of_task, tokenizer).labels >= 0).sum()) for task, of_task in rows.items()}
    ours = copy.deepcopy(student)
    losses = [add_gradients(ours, tokenizer, rows[task], count / sum(counts.values())) for task, count in counts.items()]
    naive = copy.deepcopy(student)
    batch = mixed_batch(rows, tokenizer, "cpu")
    assert batch.labels.shape == (25, 21) and int((batch.labels != IGNORED).sum()) == sum(counts.values())
    loss = mixed_loss(naive, batch)
    loss.backward()
    assert loss.item() == pytest.approx(
        sum(one * n for one, n in zip(losses, counts.values(), strict=True)) / batch.labels.ne(IGNORED).sum().item(), rel=SUMS
    )
    close(gradients(naive), gradients(ours), SUMS)


def test_bf16_is_near_and_weights_stay_fp32(made):
    tokenizer, rows = made
    student = fresh(tokenizer).eval()
    loss, exact = of(student, tokenizer, rows[Task.SEQUENTIAL])
    near, rounded = of(student, tokenizer, rows[Task.SEQUENTIAL], precision="bf16")
    assert near != loss and near == pytest.approx(loss, rel=2 * BF16)
    assert {grad.dtype for grad in rounded.values()} == {torch.float32}
    flat, other = (torch.cat([grad.flatten() for grad in found.values()]) for found in (exact, rounded))
    assert (
        float(torch.nn.functional.cosine_similarity(flat, other, dim=0)) > 0.98
    )  # 1 - cos is half the square of the relative error: under 20 %


def test_a_loss_that_is_no_number_is_refused(made):
    tokenizer, rows = made
    student = fresh(tokenizer)
    with torch.no_grad():
        student.prompts.fill_(float("inf"))
    with pytest.raises(InputError, match=r"the sequential loss is nan - lower --learning-rate"):
        add_gradients(student, tokenizer, rows[Task.SEQUENTIAL], 1.0)


def test_training_uses_what_it_is_told(sampler, tokenizer, tmp_path, monkeypatch):
    asked = set()
    plain = stepping.add_gradients

    def heard(*arguments, parts, precision, **others):
        asked.add((parts, precision))
        return plain(*arguments, parts=parts, precision=precision, **others)

    monkeypatch.setattr("rdrec.student.train.add_gradients", heard)
    settings = dataclasses.replace(SETTINGS, epochs=1, accumulate=4, precision="bf16")
    train(fresh(tokenizer), tokenizer, sampler, settings, tmp_path / "s", {}, progress=False)
    assert asked == {(4, "bf16")}
