"""The same students on a GPU: what the CPU says, within the precision of the arithmetic there."""

import numpy as np
import pytest
import torch
from tolerances import BF16_LOG_PROBABILITY, LOG_PROBABILITY

from rdrec.rank.recommender import Recommender
from rdrec.student.checkpoint import StudentCard, load_student, save_student
from rdrec.student.quantize import quantize

CARD = StudentCard("toy", "abc", 30, 200, "tiny", "rdrec", "clean", 0, "offline", None, None, 1, {}, [], 1, "fp32", None, 1)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
@pytest.mark.parametrize("precision", ["fp32", "nf4", "int8"])
def test_cpu_and_gpu_agree(toy_student, tmp_path, precision):
    student, tokenizer = toy_student
    save_student(tmp_path / "fp32", student, tokenizer, CARD)
    if precision != "fp32":
        quantize(tmp_path / "fp32", tmp_path / precision, precision)
    ids = np.arange(201)
    scores = {
        device: Recommender(load_student(tmp_path / precision, device), ids).sequential([1, 2], [[3, 4], [5]])[:, 1:]
        for device in ("cpu", "cuda")
    }
    assert scores["cuda"] == pytest.approx(
        scores["cpu"], abs=10 * LOG_PROBABILITY if precision == "fp32" else BF16_LOG_PROBABILITY
    )
