"""Which epoch is kept: what a judge says of validation decides where it is asked."""

import dataclasses

import pytest
from small_training import SETTINGS, fresh

from rdrec.core.records import InputError
from rdrec.data.splits import protocol_view
from rdrec.student.sampling import Sampler
from rdrec.student.tasks import Task
from rdrec.student.train import train


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
