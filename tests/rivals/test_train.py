"""Training SASRec: it learns order where best sellers tell nothing, resumes bit for bit, and never sees what is held out."""

import dataclasses

import numpy as np
import pytest
import torch

from rdrec.data.splits import leave_one_out
from rdrec.records import ArtefactError, InputError
from rdrec.rivals import train as training
from rdrec.rivals.train import batches, ndcg, train_sasrec, training_rows, validation_cases

ITEMS = 120


def splits(histories):
    return [leave_one_out(history) for history in histories]


def weights(trained):
    return {name: tensor.clone() for name, tensor in trained.model.state_dict().items()}


def test_order_is_learned_and_best_sellers_are_beaten_clearly(ordered, small, tmp_path):
    trained = train_sasrec(splits(ordered), ITEMS, small, tmp_path / "s", {}, progress=False)
    counts = np.bincount(np.concatenate([leave_one_out(history).train for history in ordered]), minlength=ITEMS + 1)

    class Popular:
        def eval(self):
            pass

        def scores(self, histories):
            return np.tile(counts.astype(np.float32), (len(histories), 1))

    popular = ndcg(Popular(), [(history[:-1], int(history[-1])) for history in ordered])
    ours = ndcg(trained.model, [(history[:-1], int(history[-1])) for history in ordered])
    assert popular < 0.1 and ours > 0.7, (popular, ours)
    assert trained.curve[-1].loss < trained.curve[0].loss / 2


def test_training_rows_hold_out_the_last_two(ordered):
    for history, row in zip(ordered, training_rows(splits(ordered), 5), strict=True):
        assert row.tolist() == history[:-2][-6:].tolist()
    for part, truth in validation_cases(splits(ordered), 0):
        assert any(np.array_equal(history[:-2], part) and history[-2] == truth for history in ordered)


def test_held_out_items_change_nothing(ordered, small, tmp_path):
    """The same weights whatever the test item is; the validation items choose the epoch and no more."""
    settings = dataclasses.replace(small, epochs=2)
    changed = [np.append(history[:-1], history[-1] % ITEMS + 1) for history in ordered]
    one = train_sasrec(splits(ordered), ITEMS, settings, tmp_path / "a", {}, progress=False)
    other = train_sasrec(splits(changed), ITEMS, settings, tmp_path / "b", {}, progress=False)
    assert all(torch.equal(tensor, weights(other)[name]) for name, tensor in weights(one).items())


def test_a_killed_run_ends_with_the_same_weights(ordered, small, tmp_path):
    settings = dataclasses.replace(small, epochs=4)
    whole = train_sasrec(splits(ordered), ITEMS, settings, tmp_path / "whole", {}, progress=False)

    def kill(record):
        if record.epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_sasrec(splits(ordered), ITEMS, settings, tmp_path / "s", {}, progress=False, after_epoch=kill)
    epochs = []
    rest = train_sasrec(splits(ordered), ITEMS, settings, tmp_path / "s", {}, progress=False, after_epoch=epochs.append)
    assert [record.epoch for record in epochs] == [3, 4], "it goes on, it does not start over"
    assert rest.curve == whole.curve
    assert all(torch.equal(tensor, weights(rest)[name]) for name, tensor in weights(whole).items())


def test_a_state_of_another_run_is_refused(ordered, small, tmp_path):
    settings = dataclasses.replace(small, epochs=1)
    train_sasrec(splits(ordered), ITEMS, settings, tmp_path / "s", {"data": "one"}, progress=False)
    with pytest.raises(ArtefactError, match="other settings or data"):
        train_sasrec(splits(ordered), ITEMS, settings, tmp_path / "s", {"data": "other"}, progress=False)
    again = train_sasrec(splits(ordered), ITEMS, settings, tmp_path / "s", {"data": "other"}, restart=True, progress=False)
    assert len(again.curve) == 1


def test_early_stop_counts_from_the_best(ordered, small, tmp_path, monkeypatch):
    scores = iter([0.1, 0.3, 0.2, 0.31, 0.2, 0.2, 0.9])
    monkeypatch.setattr(training, "ndcg", lambda model, asked: next(scores))
    trained = train_sasrec(splits(ordered), ITEMS, dataclasses.replace(small, patience=2), tmp_path / "s", {}, progress=False)
    assert [record.ndcg10 for record in trained.curve] == [0.1, 0.3, 0.2, 0.31, 0.2, 0.2]
    assert trained.best_epoch == 4


def test_every_row_is_in_one_batch(ordered):
    rows = training_rows(splits(ordered), 50)
    found = [id(row) for batch in batches(rows, 30, np.random.default_rng(0)) for row in batch]
    assert sorted(found) == sorted(map(id, rows))


def test_too_little_to_train_on_is_said(small, tmp_path):
    short = [np.array([1, 2, 3])] * 4  # one training item each
    with pytest.raises(InputError, match="two purchases to train on"):
        train_sasrec(splits(short), 5, small, tmp_path / "s", {}, progress=False)
    with pytest.raises(InputError, match="no user has a validation item"):
        train_sasrec(splits([np.array([1, 2])] * 4), 5, small, tmp_path / "s", {}, progress=False)


def test_a_loss_that_is_no_number_is_said(ordered, small, tmp_path):
    with pytest.raises(InputError, match="lower --learning-rate"):
        train_sasrec(splits(ordered), ITEMS, dataclasses.replace(small, learning_rate=1e18), tmp_path / "s", {}, progress=False)


def test_ndcg_by_hand():
    """Four items: the history is dropped, ties share their middle rank."""

    class Fixed:
        def eval(self):
            pass

        def scores(self, histories):
            return np.array([[-np.inf, 9.0, 3.0, 2.0, 1.0], [-np.inf, 5.0, 5.0, 1.0, 0.0]], dtype=np.float32)[: len(histories)]

    asked = [(np.array([1]), 3), (np.array([4]), 2)]
    expected = (1 / np.log2(3) + 1 / np.log2(1 + 1.5)) / 2
    assert ndcg(Fixed(), asked) == pytest.approx(expected)
