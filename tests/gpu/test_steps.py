"""The measurements for a graphics card, rehearsed at toy sizes on this machine."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import run
import step_a
from bench_sizes import small_measures

from rdrec.student.shapes import SHAPES

PROJECT = Path(__file__).resolve().parents[2]
__all__ = ["small_measures"]


@pytest.fixture
def rehearse(monkeypatch, capsys, small_measures):
    """Run a step in this process: one that starts anew would take seconds to import torch.  Gives the exit code and what was printed."""

    def work(step, folder, *more):
        monkeypatch.setattr(sys, "argv", ["gpu/run.py", *arguments(step, folder), *more])
        capsys.readouterr()
        return run.main(), capsys.readouterr().out

    return work


def arguments(step, folder):
    return [step, "--rehearse", "--device", "cpu", "--out", str(folder), "--scratch", str(folder)]


def results(folder, step):
    return json.loads((folder / f"{step}-rehearsal.json").read_text())


TRIED_IN_A = (
    "gpu_tests-later", "ceilings", "rank-nf4-1", "train-bf16-256", "students",
)  # fmt: skip


@pytest.mark.slow
def test_step_a_runs_every_kind_of_part_and_skips_what_has_a_result(tmp_path, rehearse, monkeypatch):
    """At toy sizes other files of tests and other numbers of users or rows are the same work, and the ranking of every precision is
    tested with the benchmark of ranking; their parts have results beforehand."""
    (tmp_path / "test_card.py").write_text("import pytest\n@pytest.mark.gpu\ndef test_it():\n    pytest.skip('no card')\n")
    monkeypatch.setattr(step_a, "LATER", (str(tmp_path / "test_card.py"),))
    names = [line.split(":")[0] for line in rehearse("a", tmp_path, "--list")[1].splitlines()]
    assert set(TRIED_IN_A) < set(names)
    given = {name: {"machine": {}, "seconds": 1.0, "result": {}} for name in names if name not in TRIED_IN_A}
    (tmp_path / "a-rehearsal.json").write_text(json.dumps(given))
    code, said = rehearse("a", tmp_path)
    assert code == 0, said
    found = results(tmp_path, "a")
    assert set(found) == set(names) and all(found[name] == given[name] for name in given)
    assert found["rank-nf4-1"]["result"]["tree_ms"] > 0
    assert found["gpu_tests-later"]["result"].keys() == {"skipped"}, "there is no card, and that must not count as passed"
    assert {row["precision"] for row in found["students"]["result"]["precision"]["rows"]} == {"fp32", "bf16", "int8", "nf4"}
    code, said = rehearse("a", tmp_path)
    assert code == 0 and "done" not in said
    assert results(tmp_path, "a") == found


def test_the_tests_that_step_a_runs_apart_are_there():
    assert step_a.LATER and all("pytest.mark.gpu" in (PROJECT / file).read_text() for file in step_a.LATER)


def check_student(found):
    assert found["finished"] and found["steps"] == 2 and found["rows"] > 0 and not found["graph"]
    assert found["test_users"] == found["nf4_users"] == found["int8_users"] > 0
    assert 1 <= found["test_history"] <= 20
    for prefix in ("validation", "test", "test_whole", "nf4", "int8"):
        assert 0 <= found[f"{prefix}_ndcg10"] <= found[f"{prefix}_recall10"] <= 1
    assert found["nf4_bytes"] < found["int8_bytes"] < found["fp32_bytes"] / 3
    assert found["step_over_floor"] > 1 and found["step_operations"] > 1e6 and len(found["curve"]) == 2


@pytest.mark.slow
def test_step_b_trains_and_ranks_and_runs_no_part_twice(tmp_path, rehearse):
    """One seed of each part at toy sizes; the other seeds are given results beforehand."""
    names = [line.split(":")[0] for line in rehearse("b", tmp_path, "--list")[1].splitlines()]
    assert len(names) == 3 * (2 + 4) + 1 and names[:3] == ["sasrec-beauty-s0", "sasrec-toys-s0", "t5-choice"]
    todo = ["sasrec-toys-s0", "t5-choice", "t5-nano-toys-s0", "t5-tiny-toys-s0"]
    given = {name: {"machine": {}, "seconds": 1.0, "result": {}} for name in names if name not in todo}
    (tmp_path / "b-rehearsal.json").write_text(json.dumps(given))
    assert [line.split(":")[0] for line in rehearse("b", tmp_path, "--list")[1].splitlines()] == todo
    some = rehearse("b", tmp_path, "--list", "--parts", "t5-.*-s0")[1].splitlines()
    assert [line.split(":")[0] for line in some] == ["t5-nano-toys-s0", "t5-tiny-toys-s0"]
    code, said = rehearse("b", tmp_path)
    assert code == 0, said
    found = {name: one["result"] for name, one in results(tmp_path, "b").items()}
    rival = found["sasrec-toys-s0"]
    assert rival["test_users"] > 0 and 0 <= rival["test_ndcg10"] <= rival["test_recall10"] <= 1
    tried = found["t5-choice"]["tried"]
    best = max(tried, key=lambda one: one["validation_ndcg10"])
    chosen = found["t5-choice"]["chosen"]
    assert len(tried) > 2 and chosen.items() <= best.items()
    for name in todo[2:]:
        check_student(found[name])
        used = found[name]["settings"] | {"start": found[name]["start"]}
        assert chosen.items() <= used.items()
        assert len((tmp_path / f"{name}.jsonl").read_text().splitlines()) == 2
    assert all(found[name] == {} for name in given)
    assert rehearse("b", tmp_path, "--list")[1] == ""


@pytest.mark.slow
def test_step_c_trains_the_small_shape(tmp_path, rehearse, monkeypatch):
    """With the layers of a smaller one."""
    monkeypatch.setitem(SHAPES, "small", SHAPES["nano"])
    code, said = rehearse("c", tmp_path)
    assert code == 0, said
    check_student(results(tmp_path, "c")["t5-small-beauty-s0"]["result"])


def test_a_result_that_is_not_finished_is_run_again():
    assert not run.done({}, "one") and not run.done({"one": {"error": "broken"}}, "one")
    assert not run.done({"one": {"result": {"finished": False}}}, "one")
    assert run.done({"one": {"result": {"finished": True}}}, "one") and run.done({"one": {"result": {}}}, "one")


def test_step_a_would_run_what_has_no_result_yet():
    listed = subprocess.run(
        [sys.executable, "gpu/run.py", "a", "--list"], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    kept = json.loads((PROJECT / "gpu" / "results" / "a.json").read_text())
    names = [line.split(":")[0] for line in listed]
    assert kept and not set(names) & set(kept), "what has a result is not measured again"
    assert set(names) | set(kept) >= {"rank-int8-256", "train-bf16-256", "students"}


def test_a_part_that_fails_is_kept_with_its_error_and_tried_again(tmp_path, rehearse):
    """First by the program, whose exit code tells it."""
    (tmp_path / "c-rehearsal.json").write_text(json.dumps({"t5-small-beauty-s0": {"result": {}}}))
    (tmp_path / "teacher").mkdir()
    (tmp_path / "teacher" / "broken.job.npz").write_bytes(b"this is no job")
    program = [sys.executable, "gpu/run.py", *arguments("c", tmp_path)]
    started = subprocess.run(program, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert started.returncode == 1 and "teacher-broken" in started.stdout
    assert "error" in results(tmp_path, "c")["teacher-broken"]
    code, said = rehearse("c", tmp_path)
    assert code == 1 and "teacher-broken" in said and "error" in results(tmp_path, "c")["teacher-broken"]


def test_merged_results_replace_unfinished_ones_alone(tmp_path):
    setting = run.Setting("cpu", False, tmp_path, tmp_path / "out")
    run.write(tmp_path / "out" / "b.json", {"kept": {"result": {"a": 1}}, "again": {"result": {"finished": False}}})
    added = {"kept": {"result": {"a": 2}}, "again": {"result": {"a": 3}}, "new": {"error": "out of memory"}}
    (tmp_path / "added.json").write_text(json.dumps(added))
    run.merge("b", [tmp_path / "added.json"], setting)
    assert run.results_of("b", setting) == {"kept": {"result": {"a": 1}}, "again": added["again"], "new": added["new"]}
