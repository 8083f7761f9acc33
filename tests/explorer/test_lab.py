"""Training while visitors watch: one at a time, seeded, bounded, and nothing left behind."""

import os
import subprocess
import sys
import tempfile
import time

import pytest

from rdrec.core.home import PROJECT
from rdrec.explorer import lab as lab_module
from rdrec.explorer.lab import Lab, LabBusyError
from rdrec.explorer.store import Store


@pytest.fixture
def shipped():
    folder = PROJECT / "precomputed" / "toys"
    if not (folder / "manifest.json").is_file():
        pytest.skip("the shipped set is not here")
    return Store.open(folder)


@pytest.fixture
def quick(monkeypatch, tmp_path):
    """A small training whose state lies in a folder of this test."""
    monkeypatch.setenv("RDREC_LAB_SHOPPERS", "20")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_one_at_a_time_and_nothing_is_left_when_the_visitor_leaves(shipped, quick):
    lab = Lab()
    first = lab.train(shipped, 28)
    look = next(first)
    assert look.epoch == 1 and look.loss > 0 and 1 <= look.rank <= look.among and look.cpu_s > 0
    with pytest.raises(LabBusyError) as busy:
        next(lab.train(shipped, 6))
    assert 1 <= busy.value.seconds <= lab_module.integer("lab.seconds")
    first.close()
    assert list(quick.glob("rdrec-lab-*")) == []
    again = lab.train(shipped, 28)
    second = next(again)
    again.close()
    assert (second.loss, second.rank, second.sentence) == (look.loss, look.rank, look.sentence), (
        "the same seed, the same student"
    )


def test_the_system_ends_a_training_that_has_had_its_time(shipped, quick, monkeypatch):
    monkeypatch.setenv("RDREC_LAB_SECONDS", "1")
    with pytest.raises(lab_module.RDRecError, match="before its first look"):
        list(Lab().train(shipped, 28))
    assert list(quick.glob("rdrec-lab-*")) == []


def test_a_server_that_is_killed_leaves_nothing(shipped, quick):
    code = (
        "import sys; from pathlib import Path; from rdrec.explorer.lab import Lab; from rdrec.explorer.store import Store\n"
        f"looks = Lab().train(Store.open(Path({str(shipped.folder)!r})), 28)\n"
        "next(looks); print('one', flush=True); [None for _ in looks]"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", code], cwd=PROJECT, stdout=subprocess.PIPE, text=True, env=os.environ | {"TMPDIR": str(quick)}
    )
    assert server.stdout.readline() == "one\n" and list(quick.glob("rdrec-lab-*"))
    server.kill()
    server.wait()
    server.stdout.close()
    end = time.monotonic() + 20
    while list(quick.glob("rdrec-lab-*")) and time.monotonic() < end:
        time.sleep(0.05)
    assert list(quick.glob("rdrec-lab-*")) == []
