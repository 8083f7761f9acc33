"""The same numbers from both of torch's libraries."""

import copy

import pytest
import torch
from tolerances import SUMS

from rdrec.student import device
from rdrec.student.batches import Row, make_batch
from rdrec.student.device import faster_dtype
from rdrec.student.fast_linear import OneDnnLinear, speed_up
from rdrec.student.tasks import Task


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="this torch has no oneDNN")
def test_onednn_says_what_mkl_says(toy_student):
    student, tokenizer = toy_student
    batch = make_batch(
        [Row(Task.SEQUENTIAL, "user_1 item_5 item_9", "7"), Row(Task.SEQUENTIAL, "user_2 item_5", "8")], tokenizer
    )
    fast = speed_up(copy.deepcopy(student))
    assert sum(isinstance(layer, OneDnnLinear) for layer in fast.modules()) > 20
    with torch.inference_mode():
        torch.testing.assert_close(fast.encode(batch).states, student.encode(batch).states, rtol=SUMS, atol=SUMS)
        assert fast(batch).item() == pytest.approx(student(batch).item(), rel=SUMS)


def test_only_plain_fp32_layers_are_switched(toy_student):
    other = speed_up(copy.deepcopy(toy_student[0]).to(torch.bfloat16))
    assert not any(isinstance(layer, OneDnnLinear) for layer in other.modules())


def test_a_build_without_onednn_keeps_its_layers(toy_student, monkeypatch):
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    student = speed_up(copy.deepcopy(toy_student[0]))
    assert not any(isinstance(layer, OneDnnLinear) for layer in student.modules())


def test_bf16_is_chosen_where_it_is_clearly_faster(monkeypatch):
    for seconds, expected in ((0.5, torch.bfloat16), (0.9, torch.float32)):
        monkeypatch.setattr(device, "_product_seconds", lambda _, dtype, s=seconds: s if dtype is torch.bfloat16 else 1.0)
        faster_dtype.cache_clear()
        assert faster_dtype("cpu") is expected
    faster_dtype.cache_clear()
    monkeypatch.undo()
    assert faster_dtype("cpu") in (torch.float32, torch.bfloat16)
