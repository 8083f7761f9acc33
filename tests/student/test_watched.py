"""Which epoch is kept, if NDCG@10 of the validation items is watched and if it is not."""

import dataclasses

import pytest
from small_training import SETTINGS, fresh

from rdrec.core.records import InputError
from rdrec.data.splits import protocol_view
from rdrec.student.sampling import Sampler
from rdrec.student.tasks import Task
from rdrec.student.train import train


def test_the_epoch_with_the_best_ndcg_is_kept(sampler, tokenizer, tmp_path):
    """The epoch with the best NDCG@10 is kept, and early stopping counts from there."""
    verdicts = iter([0.1, 0.4, 0.3, 0.2, 0.9])
    settings = dataclasses.replace(SETTINGS, watch="ndcg", epochs=5, patience=2)
    trained = train(
        fresh(tokenizer),
        tokenizer,
        sampler,
        settings,
        tmp_path / "a",
        {},
        progress=False,
        measure_ndcg=lambda student: next(verdicts),
    )
    assert trained.best_epoch == 2 and [record.ndcg for record in trained.curve] == [0.1, 0.4, 0.3, 0.2]
    assert trained.curve[1].score == pytest.approx(0.6)
    with pytest.raises(InputError, match="nothing measures NDCG@10"):
        train(fresh(tokenizer), tokenizer, sampler, settings, tmp_path / "b", {}, progress=False)


def test_a_task_that_is_not_trained_is_not_measured(toy_dataset, toy_rationales, tokenizer, tmp_path):
    sampler = Sampler(protocol_view(toy_dataset, "clean", 5), toy_rationales, "rdrec", 5, (Task.SEQUENTIAL,))
    once = dataclasses.replace(SETTINGS, epochs=1)
    trained = train(
        fresh(tokenizer), tokenizer, sampler, once, tmp_path / "a", {}, progress=False, measure_ndcg=lambda student: 0.5
    )
    assert trained.curve[0].ndcg is None
    with pytest.raises(InputError, match="train the sequential task"):
        watched = dataclasses.replace(once, watch="ndcg")
        train(
            fresh(tokenizer), tokenizer, sampler, watched, tmp_path / "b", {}, progress=False, measure_ndcg=lambda student: 0.5
        )
