"""A student that starts from the purchases: what is bought together is predicted before any training, from the training part alone."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch

from rdrec.data.splits import leave_one_out, protocol_view
from rdrec.data.together import SHRINK, bought_by_the_same
from rdrec.home import Home
from rdrec.records import InputError
from rdrec.student.batches import Row, make_batch
from rdrec.student.model import Student
from rdrec.student.run import RunPlan, run_training
from rdrec.student.shapes import t5_config
from rdrec.student.start import EMBEDDING_STD, item_vectors, start_from_purchases
from rdrec.student.tasks import Task, input_text
from rdrec.student.tokenizer import StudentTokenizer
from rdrec.student.train import TrainSettings


@pytest.fixture(scope="module")
def view(toy_dataset):
    return protocol_view(toy_dataset, "clean", 5)


def test_products_of_vectors_are_how_often_items_are_bought_together(view):
    """With an axis for every item nothing is lost, so the products are the shrunk cosine itself, counted here pair by pair."""
    vectors = item_vectors(view, 200)
    carts = [set(leave_one_out(history).train.tolist()) for history in view.histories]
    own = {item: sum(item in cart for cart in carts) + SHRINK for item in range(1, 131)}
    scale = None
    for one, other in [(1, 2), (1, 3), (2, 9), (5, 5), (7, 30), (12, 12)]:
        cosine = sum(one in cart and other in cart for cart in carts) / (own[one] * own[other]) ** 0.5
        product = float(vectors[one] @ vectors[other])
        if cosine:
            scale = scale or product / cosine
            assert product == pytest.approx(scale * cosine)
        else:
            assert product == pytest.approx(0, abs=1e-9)  # float64: 130 products of .1 each leave 1e-15
    assert scale and vectors[1:].std() == pytest.approx(EMBEDDING_STD) and not vectors[0].any()
    assert (vectors[1:].sum(axis=0) >= -1e-9).all(), "eigenvectors come with either sign; ours with one"


def test_held_out_items_are_not_looked_at(view):
    """Other test and validation items, same start."""
    other = [np.concatenate([history[:-2], history[-2:] % 130 + 1]) for history in view.histories]
    assert np.array_equal(item_vectors(view, 32), item_vectors(dataclasses.replace(view, histories=other), 32))


def test_the_first_prediction_is_what_is_bought_together(view):
    """Two groups of shoppers that share nothing: before any training each is shown its own group's items."""
    groups = [np.arange(1, 66), np.arange(66, 131)]
    rng = np.random.default_rng(0)
    view = dataclasses.replace(view, histories=[rng.choice(groups[user % 2], 22, replace=False) for user in range(120)])
    tokenizer = StudentTokenizer.train(["a clear sound"] * 5, users=120, items=130)
    torch.manual_seed(0)
    student = Student.from_scratch(t5_config("nano", tokenizer.size, pad=tokenizer.pad, eos=tokenizer.eos)).eval()
    history = [3, 17, 40, 66, 20, 9]
    history[3] = 44
    numbers = torch.tensor([tokenizer.encode_id(int(number))[0] for number in view.item_ids[1:]])

    def share_of_own_group():
        row = Row(Task.SEQUENTIAL, input_text(Task.SEQUENTIAL, user=1, item_ids=view.item_ids[history].tolist()))
        with torch.inference_mode():
            encoding = student.encode(make_batch([row], tokenizer))
            logits = student.logits(encoding, torch.tensor([[student.t5.config.decoder_start_token_id]]))[0, 0, numbers]
        best = logits.argsort(descending=True)[:20] + 1
        return float((best <= 65).float().mean())

    assert share_of_own_group() < 0.9
    start_from_purchases(student, tokenizer, view)
    assert share_of_own_group() == 1.0


def test_a_catalogue_of_longer_ids_is_refused(view):
    class Long(StudentTokenizer):
        def encode_id(self, item_id):
            return (1, 2, 3)

    tokenizer = StudentTokenizer.train(["a clear sound"] * 5, users=30, items=130)
    tokenizer.__class__ = Long
    student = Student.from_scratch(t5_config("nano", tokenizer.size, pad=tokenizer.pad, eos=tokenizer.eos))
    with pytest.raises(InputError, match="more than one token"):
        start_from_purchases(student, tokenizer, view)


def test_a_large_catalogue_starts_with_a_token_for_each_item(view):
    """More items than a dense method takes: the same axes, and the first prediction is of the shopper's own group."""
    n_items = 1600
    groups = [np.arange(1, 801), np.arange(801, 1601)]
    rng = np.random.default_rng(0)
    histories = [rng.choice(groups[user % 2], 22, replace=False) for user in range(1200)]
    dataset = dataclasses.replace(view.dataset, items=pd.DataFrame({"item": np.arange(1, n_items + 1)}))
    large = dataclasses.replace(view, dataset=dataset, histories=histories, item_ids=np.arange(n_items + 1))
    vectors = item_vectors(large, 8)
    together = bought_by_the_same([leave_one_out(history).train for history in histories], n_items).toarray()[1:, 1:]
    known, axes = np.linalg.eigh(together)
    known, axes = known[-8:][::-1], axes[:, -8:][:, ::-1]
    axes = axes * np.where(axes.sum(axis=0) < 0, -1, 1)  # the same of either sign: it decides over the deviation from the mean
    scale = EMBEDDING_STD / (axes * np.sqrt(known)).std()
    strengths = (vectors[1:] ** 2).sum(axis=0)  # the iteration for many items stops at 1e-4 of an eigenvalue
    assert np.allclose(strengths, known * scale**2, rtol=1e-4), "the strongest axes, each in its strength"
    tokenizer = StudentTokenizer.train(["a clear sound"] * 5, users=1200, items=n_items, digits=4)
    student = Student.from_scratch(t5_config("nano", tokenizer.size, pad=tokenizer.pad, eos=tokenizer.eos)).eval()
    start_from_purchases(student, tokenizer, large)
    row = Row(Task.SEQUENTIAL, input_text(Task.SEQUENTIAL, user=1, item_ids=[900, 1203, 1599, 801]))
    numbers = torch.tensor([tokenizer.encode_id(number)[0] for number in range(1, n_items + 1)])
    with torch.inference_mode():
        encoding = student.encode(make_batch([row], tokenizer))
        logits = student.logits(encoding, torch.tensor([[student.t5.config.decoder_start_token_id]]))[0, 0, numbers]
    assert (logits.argsort(descending=True)[:20] + 1 > 800).all()


def test_a_pretrained_student_has_a_start_of_its_own(tmp_path):
    settings = TrainSettings(seed=0, epochs=1, patience=1, batch_rows=8, learning_rate=1e-3)
    plan = RunPlan("toy", "baseline", "nano", "clean", "offline", "t5-small", None, settings, start="purchases")
    with pytest.raises(InputError, match="without pretrained weights"):
        run_training(Home(tmp_path), plan, device="cpu")
