"""Training on a GPU: the gradient of the CPU, a loss that falls, and a run that goes on from its saved state."""

import copy

import pytest
import torch
from small_training import SETTINGS, Killed, fresh, kill, same

from rdrec.bench.train import Plan, bench_train
from rdrec.student.sampling import Sampler
from rdrec.student.step import add_gradients
from rdrec.student.tasks import Task
from rdrec.student.train import train

DEVICE = "cuda"

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(DEVICE == "cuda" and not torch.cuda.is_available(), reason="no CUDA device here"),
]


def test_the_gradient_is_that_of_the_cpu(sampler: Sampler, tokenizer):
    here = fresh(tokenizer).eval()  # without dropout, whose draws differ from device to device
    there = copy.deepcopy(here).to(DEVICE)
    rows = sampler.epoch(Task.SEQUENTIAL, 0, 8)
    losses = [add_gradients(student, tokenizer, rows, 1.0) for student in (here, there)]
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)
    named = dict(there.named_parameters())
    for name, parameter in here.named_parameters():
        if parameter.grad is not None:
            scale = float(parameter.grad.abs().max())
            torch.testing.assert_close(named[name].grad.cpu(), parameter.grad, rtol=1e-2, atol=1e-4 * max(scale, 1e-3))


def test_a_killed_run_goes_on(sampler, tokenizer, tmp_path):
    def run(state, **more):
        return train(fresh(tokenizer).to(DEVICE), tokenizer, sampler, SETTINGS, tmp_path / state, {}, progress=False, **more)

    whole = run("whole")
    assert whole.curve[-1].score < whole.curve[0].score and whole.student.device.type == DEVICE
    with pytest.raises(Killed):
        run("killed", after_epoch=kill)
    resumed = run("killed")
    assert len(resumed.curve) == len(whole.curve)
    assert resumed.curve[0].train == pytest.approx(whole.curve[0].train, rel=1e-2)
    # sums on a GPU are added in any order, so two runs are near each other and not equal
    assert resumed.curve[-1].score == pytest.approx(whole.curve[-1].score, rel=0.05)
    if DEVICE == "cpu":
        assert same(resumed.student, whole.student)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_both_ways_are_timed(precision):
    answer = bench_train(Plan("nano", precision, DEVICE, rows=2, accumulate=2, repeats=1))
    assert answer["ours_samples_per_s"] > 0 and answer["mixed_padded_samples_per_s"] > 0
    assert answer["device"] == DEVICE and answer["peak_memory_mb"] > 0
