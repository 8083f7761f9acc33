"""The measurements for a graphics card, rehearsed at toy sizes on this machine."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


def rehearse(step, folder, *more):
    return subprocess.run(
        [sys.executable, "gpu/run.py", step, "--rehearse", "--device", "cpu", "--out", str(folder), "--scratch", str(folder), *more],
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def results(folder, step):
    return json.loads((folder / f"{step}-rehearsal.json").read_text())


@pytest.mark.slow
def test_step_a_runs_every_part_and_skips_what_has_a_result(tmp_path):
    done = rehearse("a", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    found = results(tmp_path, "a")
    assert found["rank-nf4-1"]["result"]["tree_ms"] > 0
    assert found["gpu_tests"]["result"].keys() == {"skipped"}, "there is no card, and that must not count as passed"
    assert {row["precision"] for row in found["students"]["result"]["precision"]["rows"]} == {"fp32", "bf16", "int8", "nf4"}
    again = rehearse("a", tmp_path)
    assert again.returncode == 0 and "done" not in again.stdout
    assert results(tmp_path, "a") == found


@pytest.mark.slow
def test_step_b_trains_and_ranks(tmp_path):
    done = rehearse("b", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    found = results(tmp_path, "b")["sasrec-toys-s0"]["result"]
    assert found["test_users"] > 0 and 0 <= found["test_ndcg10"] <= found["test_recall10"] <= 1


def test_a_part_that_fails_is_kept_with_its_error_and_tried_again(tmp_path):
    (tmp_path / "teacher").mkdir()
    (tmp_path / "teacher" / "broken.job.npz").write_bytes(b"this is no job")
    for _ in range(2):
        done = rehearse("c", tmp_path)
        assert done.returncode == 1
        assert "error" in results(tmp_path, "c")["teacher-broken"]
        assert "teacher-broken" in done.stdout
