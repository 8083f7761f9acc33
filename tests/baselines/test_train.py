"""Training SASRec: it learns order, resumes bit for bit, and never sees held-out items."""

import dataclasses

import numpy as np
import pytest
import torch

from rdrec.baselines import train as training
from rdrec.baselines.sasrec import pad
from rdrec.baselines.train import batches, measure, target_positions, train_sasrec, training_rows, validation_cases
from rdrec.core.records import ArtefactError, InputError
from rdrec.data.splits import leave_one_out

ITEMS = 120


class Scored:
    """A fake model with constant scores."""

    def __init__(self, scores):
        self._scores = scores
        self.items = torch.nn.Embedding(1, 1)

    def eval(self):
        pass

    def score_all(self, history):
        return torch.from_numpy(np.ascontiguousarray(self._scores(len(history)), dtype=np.float32))


def splits(histories):
    return [leave_one_out(history) for history in histories]


def weights(trained):
    return {name: tensor.clone() for name, tensor in trained.model.state_dict().items()}


def test_it_learns_order_and_clearly_beats_best_sellers(ordered, small, tmp_path):
    trained = train_sasrec(splits(ordered), ITEMS, small, tmp_path / "s", {})
    counts = np.bincount(np.concatenate([leave_one_out(history).train for history in ordered]), minlength=ITEMS + 1)

    asked = [(history[:-1], int(history[-1])) for history in ordered]
    _, popular = measure(Scored(lambda rows: np.tile(counts, (rows, 1))), asked, 50)
    _, ours = measure(trained.model, asked, small.length)
    assert popular < 0.1 and ours > 0.7, (popular, ours)
    assert trained.curve[-1].loss < trained.curve[0].loss / 2


def test_training_rows_hold_out_the_last_two(ordered):
    for history, row in zip(ordered, training_rows(splits(ordered), 5), strict=True):
        assert row.tolist() == history[:-2][-6:].tolist()
    for part, truth in validation_cases(splits(ordered), 0):
        assert any(np.array_equal(history[:-2], part) and history[-2] == truth for history in ordered)


def test_held_out_items_change_nothing(ordered, small, tmp_path):
    """Weights do not depend on test items; validation items only select the epoch."""
    settings = dataclasses.replace(small, epochs=2)
    changed = [np.append(history[:-1], history[-1] % ITEMS + 1) for history in ordered]
    one = train_sasrec(splits(ordered), ITEMS, settings, tmp_path / "a", {})
    other = train_sasrec(splits(changed), ITEMS, settings, tmp_path / "b", {})
    assert all(torch.equal(tensor, weights(other)[name]) for name, tensor in weights(one).items())


@pytest.mark.parametrize("restart", [False, True], ids=["", "--replace"])
def test_a_killed_run_ends_with_the_same_weights(ordered, small, tmp_path, restart):
    settings = dataclasses.replace(small, epochs=4)
    whole = train_sasrec(splits(ordered), ITEMS, settings, tmp_path / "whole", {})

    def kill(record):
        if record.epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_sasrec(splits(ordered), ITEMS, settings, tmp_path / "s", {}, after_epoch=kill)
    epochs = []
    rest = train_sasrec(splits(ordered), ITEMS, settings, tmp_path / "s", {}, after_epoch=epochs.append, restart=restart)
    assert [record.epoch for record in epochs] == [3, 4], "it goes on, it does not start over"
    assert rest.curve == whole.curve
    assert all(torch.equal(tensor, weights(rest)[name]) for name, tensor in weights(whole).items())


def test_a_state_of_another_run_is_refused(ordered, small, tmp_path):
    settings = dataclasses.replace(small, epochs=1)
    train_sasrec(splits(ordered), ITEMS, settings, tmp_path / "s", {"data": "one"})
    with pytest.raises(ArtefactError, match="other settings or data"):
        train_sasrec(splits(ordered), ITEMS, settings, tmp_path / "s", {"data": "other"})
    again = train_sasrec(splits(ordered), ITEMS, settings, tmp_path / "s", {"data": "other"}, restart=True)
    assert len(again.curve) == 1


def test_early_stopping_counts_from_the_best_epoch(ordered, small, tmp_path, monkeypatch):
    scores = iter([0.1, 0.3, 0.2, 0.31, 0.2, 0.2, 0.9])
    monkeypatch.setattr(training, "measure", lambda model, asked, length: (next(scores), 0.5))
    trained = train_sasrec(splits(ordered), ITEMS, dataclasses.replace(small, patience=2), tmp_path / "s", {})
    assert [record.recall10 for record in trained.curve] == [0.1, 0.3, 0.2, 0.31, 0.2, 0.2]
    assert trained.best_epoch == 4


def test_every_row_is_in_one_batch():
    found = batches(400, 30, np.random.default_rng(0))
    assert [len(batch) for batch in found] == [30] * 13 + [10]
    assert sorted(np.concatenate(found).tolist()) == list(range(400))


def test_targets_cover_all_positions_but_padding():
    rows = [np.array([4, 5]), np.array([1, 2, 3]), np.array([6, 7, 8, 9])]
    history = pad(rows)[:, :-1]
    assert target_positions(np.array([2, 3, 4])).tolist() == torch.nonzero(history.flatten() > 0)[:, 0].tolist()


def test_too_little_training_data_is_refused(small, tmp_path):
    short = [np.array([1, 2, 3])] * 4  # one training item each
    with pytest.raises(InputError, match="two interactions to train on"):
        train_sasrec(splits(short), 5, small, tmp_path / "s", {})
    with pytest.raises(InputError, match="no user has a validation item"):
        train_sasrec(splits([np.array([1, 2])] * 4), 5, small, tmp_path / "s", {})


def test_a_loss_that_is_not_finite_is_refused(ordered, small, tmp_path):
    with pytest.raises(InputError, match="lower --learning-rate"):
        train_sasrec(splits(ordered), ITEMS, dataclasses.replace(small, learning_rate=1e18), tmp_path / "s", {})


def test_recall_and_ndcg_by_hand():
    """Four items: the history is excluded, and ties share their middle rank."""
    fixed = Scored(lambda rows: np.array([[-np.inf, 9, 3, 2, 1], [-np.inf, 5, 5, 1, 0]])[:rows])
    asked = [(np.array([1]), 3), (np.array([4]), 2)]
    expected = (1 / np.log2(3) + 1 / np.log2(1 + 1.5)) / 2
    recall, ndcg = measure(fixed, asked, 50)
    assert recall == 1
    assert ndcg == pytest.approx(expected)


def test_recall_counts_the_top_ten():
    fixed = Scored(lambda rows: np.tile(np.r_[-np.inf, np.arange(30, 0, -1)], (rows, 1)))
    recall, _ = measure(fixed, [(np.array([30]), 10), (np.array([30]), 11)], 50)
    assert recall == 0.5
