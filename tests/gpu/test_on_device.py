"""Training on one device: it learns order, repeats itself by its seed, goes on where it was stopped, and sees nothing held out."""

import dataclasses
import json

import numpy as np
import on_device
import pytest
import torch
from next_item_scores import NextItem
from on_device import OnDeviceSettings, Step, train_on_device
from prefixes import Prefixes
from small_training import same
from torch._subclasses.fake_tensor import DataDependentOutputException, FakeTensorMode
from walks import dataset_of, walks

from rdrec.core.records import ArtefactError
from rdrec.data.splits import protocol_view
from rdrec.student.model import Student
from rdrec.student.shapes import t5_config
from rdrec.student.tokenizer import StudentTokenizer

ITEMS, USERS = 60, 200
SETTINGS = OnDeviceSettings(seed=4, rows=96, steps=12, every=4, patience=99, learning_rate=1e-3, warm_up=5, dropout=0.1)
HISTORIES = walks(USERS, ITEMS)


@pytest.fixture(scope="module")
def tokenizer():
    return StudentTokenizer.train(["the user prefers a clear sound"] * 3, users=USERS, items=ITEMS)


def fresh(tokenizer, device="cpu"):
    torch.manual_seed(5)
    return Student.from_scratch(t5_config("nano", tokenizer.size, pad=tokenizer.pad, eos=tokenizer.eos)).to(device)


def trained(tokenizer, folder, settings=SETTINGS, histories=HISTORIES, device="cpu", **more):
    view = protocol_view(dataset_of(histories, ITEMS), "clean", 3)
    return train_on_device(fresh(tokenizer, device), tokenizer, view, settings, folder, {"run": "test"}, **more)


def scores(curve):
    return [(one.steps, one.rows, one.loss, one.recall10, one.ndcg10) for one in curve]


@pytest.mark.slow
def test_it_learns_order(tokenizer, tmp_path):
    settings = dataclasses.replace(SETTINGS, steps=150, every=50)
    found = trained(tokenizer, tmp_path / "state", settings)
    assert found.curve[-1].ndcg10 > 0.7, "nine of ten purchases are two steps further on the ring"
    assert found.finished and found.curve[-1].steps == 150 and not found.captured
    assert found.curve[-1].rows == pytest.approx(150 * 96, rel=0.02)


def test_a_seed_repeats_a_run_and_a_stopped_run_ends_as_an_unbroken_one(tokenizer, tmp_path):
    whole, again = (trained(tokenizer, tmp_path / name) for name in ("whole", "again"))
    assert same(whole.student, again.student) and scores(whole.curve) == scores(again.curve)
    part = trained(tokenizer, tmp_path / "part", seconds=0)
    assert not part.finished and len(part.curve) == 1, "the time is looked at after a round"
    rest = trained(tokenizer, tmp_path / "part")
    assert same(whole.student, rest.student) and scores(whole.curve) == scores(rest.curve)
    stopped = []

    def stop(record):
        stopped.append(record)
        if len(stopped) == 2:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(on_device, "SAVE_SECONDS", 0)
        with pytest.raises(KeyboardInterrupt):
            trained(tokenizer, tmp_path / "stopped", after_round=stop)
    went_on = []
    resumed = trained(tokenizer, tmp_path / "stopped", after_round=went_on.append)
    assert [one.steps for one in went_on] == [8, 12], "the second round was not saved"
    assert same(whole.student, resumed.student) and scores(whole.curve) == scores(resumed.curve)
    other = trained(tokenizer, tmp_path / "other", dataclasses.replace(SETTINGS, seed=5))
    assert scores(other.curve) != scores(whole.curve)


def test_an_unfinished_run_with_other_settings_is_refused(tokenizer, tmp_path):
    trained(tokenizer, tmp_path / "state")
    longer = trained(tokenizer, tmp_path / "state", dataclasses.replace(SETTINGS, steps=16))
    assert [one.steps for one in longer.curve] == [4, 8, 12, 16]
    with pytest.raises(ArtefactError, match="other settings"):
        trained(tokenizer, tmp_path / "state", dataclasses.replace(SETTINGS, learning_rate=1e-4))


def test_held_out_items_change_nothing_but_the_choice_of_weights(tokenizer, tmp_path):
    changed = [np.append(history[:-1], history[-1] % ITEMS + 1) for history in HISTORIES]
    one, other = trained(tokenizer, tmp_path / "a"), trained(tokenizer, tmp_path / "b", histories=changed)
    assert same(one.student, other.student), "the test item is never seen"
    changed = [np.concatenate([history[:-2], history[-2:] % ITEMS + 1]) for history in HISTORIES]
    other = trained(tokenizer, tmp_path / "c", histories=changed)
    assert [one.loss for one in other.curve] == [one.loss for one in one.curve], "the validation item is only ranked"
    assert scores(other.curve) != scores(one.curve)


def test_patience_ends_a_run_and_the_best_weights_are_kept(tokenizer, tmp_path):
    settings = dataclasses.replace(SETTINGS, patience=2, steps=400, learning_rate=1.0, warm_up=1)  # far too much
    found = trained(tokenizer, tmp_path / "state", settings)
    assert found.finished and len(found.curve) - 1 - found.best == 2
    assert found.curve[found.best].ndcg10 == max(one.ndcg10 for one in found.curve)


def test_all_users_share_one_vector(tokenizer, tmp_path):
    student = trained(tokenizer, tmp_path / "state").student
    tokens = [tokenizer.encode(f"user_{user}").tokens[0] for user in range(1, USERS + 1)]
    vectors = student.t5.shared.weight[tokens]
    assert (vectors == vectors[0]).all() and vectors[0].abs().sum() > 0, "and it was trained"


def test_bf16_trains_nearly_the_same(tokenizer, tmp_path):
    half = trained(tokenizer, tmp_path / "half", dataclasses.replace(SETTINGS, precision="bf16"))
    whole = trained(tokenizer, tmp_path / "whole")
    assert [one.loss for one in half.curve] == pytest.approx([one.loss for one in whole.curve], rel=0.02)
    assert {parameter.dtype for parameter in half.student.parameters()} == {torch.float32}


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_nothing_in_a_step_depends_on_a_value(tokenizer, precision):
    """With tensors that have shapes but no values, whatever would have to wait for a device fails."""
    view = protocol_view(dataset_of(HISTORIES, ITEMS), "clean", 3)
    net = NextItem(fresh(tokenizer).train(), tokenizer, view.item_ids, USERS)
    step = Step(net, Prefixes.of(view.training_parts, 20, "cpu"), dataclasses.replace(SETTINGS, precision=precision))
    with FakeTensorMode(allow_non_fake_inputs=True):
        step._step()
        with pytest.raises(DataDependentOutputException):
            step.total.item()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_a_captured_graph_trains_as_single_steps_do(tokenizer, tmp_path):
    settings = dataclasses.replace(SETTINGS, dropout=0.0, shortened=0.0)
    captured = trained(tokenizer, tmp_path / "graph", settings, device="cuda")
    single = trained(tokenizer, tmp_path / "single", dataclasses.replace(settings, graph=False), device="cuda")
    here = trained(tokenizer, tmp_path / "cpu", settings)
    assert captured.captured and not captured.why_not, captured.why_not
    assert not single.captured and single.why_not == "not requested"
    losses = [[one.loss for one in found.curve] for found in (captured, single, here)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4), json.dumps(losses)
    assert losses[1][0] == pytest.approx(losses[2][0], rel=0.05), "other rows are drawn there, of the same data"


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_dropout_draws_anew_in_every_replay_and_a_seed_repeats_a_run_on_a_gpu(tokenizer, tmp_path):
    one, again = (trained(tokenizer, tmp_path / name, device="cuda") for name in ("one", "again"))
    assert [a.loss for a in one.curve] == pytest.approx([b.loss for b in again.curve], rel=1e-5)
    other = trained(tokenizer, tmp_path / "other", dataclasses.replace(SETTINGS, seed=5), device="cuda")
    assert [a.loss for a in one.curve] != pytest.approx([b.loss for b in other.curve], rel=1e-5)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_step_does_not_wait_for_the_device(tokenizer, precision):
    view = protocol_view(dataset_of(HISTORIES, ITEMS), "clean", 3)
    net = NextItem(fresh(tokenizer, "cuda").train(), tokenizer, view.item_ids, USERS)
    prefixes = Prefixes.of(view.training_parts, 20, "cuda")
    step = Step(net, prefixes, dataclasses.replace(SETTINGS, precision=precision, graph=False))
    drawn = prefixes.draw(3, SETTINGS.rows, torch.Generator("cuda").manual_seed(0))
    step.run([rows[0] for rows in drawn], 0)  # the optimiser makes its state in the first step
    torch.cuda.set_sync_debug_mode("error")
    try:
        for number in (1, 2):
            step.run([rows[number] for rows in drawn], number)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert float(step.total) > 0
