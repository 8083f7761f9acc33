"""What the benchmarks measure with."""

import subprocess
import sys

import pytest

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
