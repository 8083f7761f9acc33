"""The running mean of weights: against a mean kept by hand, through a stop, and what of it is judged and kept."""

import dataclasses

import pytest
import torch
from small_training import SETTINGS, Killed, fresh, same
from tolerances import SUMS

from rdrec.core.records import InputError
from rdrec.data.splits import protocol_view
from rdrec.student.average import Average
from rdrec.student.sampling import Sampler
from rdrec.student.tasks import Task
from rdrec.student.train import train

AVERAGED = dataclasses.replace(SETTINGS, average=0.9)


def test_the_mean_is_the_mean(tokenizer):
    student = fresh(tokenizer)
    average = Average(student, 0.9)
    wanted = student.prompts.detach().clone().double()
    for step in range(1, 40):
        with torch.no_grad():
            student.prompts.add_(torch.randn(student.prompts.shape))
        average.update()
        share = min(0.9, (step + 1) / (step + 10))
        wanted = share * wanted + (1 - share) * student.prompts.detach()
    own = student.prompts.detach().clone()
    with average.shown():
        assert torch.allclose(student.prompts.double(), wanted, rtol=SUMS, atol=SUMS)
        assert student.t5.lm_head.weight is student.t5.shared.weight, "tied weights stay tied"
    assert torch.equal(student.prompts, own) and torch.allclose(
        average.weights["prompts"].double(), wanted, rtol=SUMS, atol=SUMS
    )


def test_no_share_no_mean(tokenizer):
    student = fresh(tokenizer)
    average, own = Average(student, 0.0), student.prompts.detach().clone()
    average.update()
    with average.shown():
        assert torch.equal(student.prompts, own)
    assert not average.weights


def test_resumed_with_a_mean_equals_uninterrupted(sampler, tokenizer, tmp_path):
    whole = train(fresh(tokenizer), tokenizer, sampler, AVERAGED, tmp_path / "a", {}, progress=False)

    def kill(record):
        raise Killed

    for _ in range(2):
        with pytest.raises(Killed):
            train(fresh(tokenizer), tokenizer, sampler, AVERAGED, tmp_path / "b", {}, progress=False, after_epoch=kill)
    resumed = train(fresh(tokenizer), tokenizer, sampler, AVERAGED, tmp_path / "b", {}, progress=False)
    assert resumed.curve == whole.curve and same(resumed.student, whole.student)
    plain = train(fresh(tokenizer), tokenizer, sampler, SETTINGS, tmp_path / "c", {}, progress=False)
    assert not same(plain.student, whole.student), "the mean is kept, not the last weights"
    assert [r.train for r in plain.curve] == [r.train for r in whole.curve], "and training itself goes on from the last ones"


def test_the_judge_chooses(sampler, tokenizer, tmp_path):
    """NDCG is watched: the epoch that the judge likes best is kept, and early stop counts from there."""
    verdicts = iter([0.1, 0.4, 0.3, 0.2, 0.9])
    settings = dataclasses.replace(SETTINGS, watch="ndcg", epochs=5, patience=2)
    trained = train(
        fresh(tokenizer), tokenizer, sampler, settings, tmp_path / "a", {}, progress=False, judge=lambda student: next(verdicts)
    )
    assert trained.best_epoch == 2 and [record.ndcg for record in trained.curve] == [0.1, 0.4, 0.3, 0.2]
    assert trained.curve[1].score == pytest.approx(0.6)
    with pytest.raises(InputError, match="nobody judges"):
        train(fresh(tokenizer), tokenizer, sampler, settings, tmp_path / "b", {}, progress=False)


def test_a_task_that_is_not_trained_is_not_judged(toy_dataset, toy_rationales, tokenizer, tmp_path):
    sampler = Sampler(protocol_view(toy_dataset, "clean", 5), toy_rationales, "rdrec", 5, (Task.SEQUENTIAL,))
    once = dataclasses.replace(SETTINGS, epochs=1)
    trained = train(fresh(tokenizer), tokenizer, sampler, once, tmp_path / "a", {}, progress=False, judge=lambda student: 0.5)
    assert trained.curve[0].ndcg is None
    with pytest.raises(InputError, match="train that task"):
        watched = dataclasses.replace(once, watch="ndcg")
        train(fresh(tokenizer), tokenizer, sampler, watched, tmp_path / "b", {}, progress=False, judge=lambda student: 0.5)
