"""The same numbers from both of torch's libraries."""

import copy

import pytest
import torch
from tolerances import SUMS

from rdrec.student import device, fast_linear
from rdrec.student.batches import Row, make_batch
from rdrec.student.device import faster_dtype
from rdrec.student.fast_linear import OneDnnLinear, onednn_pays, speed_up
from rdrec.student.tasks import Task


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="this torch has no oneDNN")
def test_onednn_says_what_mkl_says(toy_student):
    student, tokenizer = toy_student
    batch = make_batch(
        [Row(Task.SEQUENTIAL, "user_1 item_5 item_9", "7"), Row(Task.SEQUENTIAL, "user_2 item_5", "8")], tokenizer
    )
    fast = speed_up(copy.deepcopy(student), pays=True)
    assert sum(isinstance(layer, OneDnnLinear) for layer in fast.modules()) > 20
    with torch.inference_mode():
        torch.testing.assert_close(fast.encode(batch).states, student.encode(batch).states, rtol=SUMS, atol=SUMS)
        assert fast(batch).item() == pytest.approx(student(batch).item(), rel=SUMS)


def test_only_plain_fp32_layers_are_switched(toy_student):
    student, _ = toy_student
    for other in (speed_up(copy.deepcopy(student).to(torch.bfloat16), pays=True), speed_up(copy.deepcopy(student), pays=False)):
        assert not any(isinstance(layer, OneDnnLinear) for layer in other.modules())


def test_the_timing_decides(monkeypatch):
    if not torch.backends.mkldnn.is_available():
        pytest.skip("this torch has no oneDNN")
    for onednn_seconds, expected in ((0.5, True), (0.99, False)):
        times = iter([onednn_seconds, 1.0])
        monkeypatch.setattr(fast_linear, "_fastest", lambda work, times=times: next(times))
        onednn_pays.cache_clear()
        assert onednn_pays() is expected
    onednn_pays.cache_clear()


def test_bf16_is_chosen_where_it_is_clearly_faster(monkeypatch):
    for seconds, expected in ((0.5, torch.bfloat16), (0.9, torch.float32)):
        monkeypatch.setattr(device, "_product_seconds", lambda _, dtype, s=seconds: s if dtype is torch.bfloat16 else 1.0)
        faster_dtype.cache_clear()
        assert faster_dtype("cpu") is expected
    faster_dtype.cache_clear()
    monkeypatch.undo()
    assert faster_dtype("cpu") in (torch.float32, torch.bfloat16)
