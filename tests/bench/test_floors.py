"""Lower bounds of a ranking: operations, bytes and peak memory."""

import subprocess
import sys

import pytest
import torch

from rdrec.bench import synthetic
from rdrec.bench.floors import Floors, count_operations, floors


def test_operations_of_a_matrix_product():
    a, b = torch.ones(3, 5), torch.ones(5, 7)
    assert count_operations(lambda: a @ b) == 2 * 3 * 5 * 7


def test_bytes_are_the_linear_layers_and_the_rows_read():
    student = synthetic.student("tiny", "own", 0)
    config = student.t5.config
    inner, layers = config.num_heads * config.d_kv, config.num_layers
    attention = 4 * config.d_model * inner
    numbers = layers * (attention + 2 * config.d_model * config.d_ff)  # encoder
    numbers += layers * (2 * attention + 2 * config.d_model * config.d_ff)  # decoder
    found = floors(1e9, student, 10, torch.float32)
    assert found.bytes == 4 * (numbers + 10 * config.d_model)
    assert found.operations_per_s > 1e8 and found.bytes_per_s > 1e7


def test_the_floor_is_the_slower_of_the_two():
    found = Floors(operations=2e9, bytes=1e9, operations_per_s=1e10, bytes_per_s=1e9)
    assert (found.operations_ms, found.bytes_ms, found.least_ms) == pytest.approx((200, 1000, 1000))


MEASURE = """
import torch
from rdrec.bench.timing import PeakMemory

held = torch.ones(2**24)  # 64 MiB before the block do not count
with PeakMemory("cpu") as memory:
    taken = torch.ones(2**25)  # 128 MiB
    del taken
print(memory.megabytes)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process reset its own mark")
def test_peak_memory_covers_only_the_block():
    """In a process of its own: memory that other tests have freed, or free meanwhile, would hide what the block takes."""
    done = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True)
    assert 120 < float(done.stdout) < 180
