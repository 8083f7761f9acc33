"""Live students: the CPU is the second try, once, with the reason; a fault that is not the GPU's stays an error."""

import shutil
import threading
import time
from types import SimpleNamespace

import pytest
import torch
from made_set import write_set

from rdrec.core.records import ArtefactError, RDRecError
from rdrec.explorer import live_students as live
from rdrec.explorer.store import Store
from rdrec.student.checkpoint import LoadedStudent

FULL = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB\nsecond line")
AS_ARTEFACT = ArtefactError("the weights cannot be loaded (no kernel image for this GPU)", where="/secret/place", todo="train")


@pytest.fixture
def opened(toy_student, store, monkeypatch):
    """Opens `LiveStudents` on a machine that says it has a GPU; faults are what loading or ranking raises there."""
    student, tokenizer = toy_student
    loads = []

    def make(load_fault=None, run_fault=None, everywhere=False, device="cuda"):
        def load_student(folder, where):
            loads.append(where)
            if load_fault and (everywhere or where == "cuda"):
                raise load_fault
            return LoadedStudent(student, tokenizer, SimpleNamespace(precision="nf4"), where, 1.0)

        class Recommender(live.Recommender):
            def _rank(self, *case):
                if run_fault and (everywhere or self.loaded.device == "cuda"):
                    raise run_fault
                return super()._rank(*case)

        monkeypatch.setattr(live, "choose_device", lambda: device)
        monkeypatch.setattr(live, "load_student", load_student)
        monkeypatch.setattr(live, "Recommender", Recommender)
        return live.LiveStudents(store), loads

    return make


def test_students_of_another_set_are_not_run_on_the_old_tables(tmp_path, monkeypatch):
    """The folder was replaced between the start of the page and the first live run."""
    write_set(tmp_path)
    opened = Store.open(tmp_path / "gear")
    monkeypatch.setattr(live, "choose_device", lambda: "cpu")
    loads = []
    monkeypatch.setattr(live, "load_student", lambda folder, device: loads.append(folder))
    write_set(tmp_path, title="Another set of the same name")
    with pytest.raises(ArtefactError, match="replaced or removed after the page was started - restart the page"):
        live.LiveStudents(opened).predict(1, "sequential")
    assert not loads
    from_files = Store.open(tmp_path / "gear", room=0)
    assert from_files.history(1)
    write_set(tmp_path, title="A third")
    with pytest.raises(ArtefactError, match="replaced or removed"):
        from_files.history(1)
    shutil.rmtree(tmp_path / "gear")
    with pytest.raises(ArtefactError, match="replaced or removed"):
        from_files.history(1)


def test_a_gpu_that_works_is_used_and_loaded_once(opened):
    students, loads = opened()
    first, second = students.predict(1, "sequential"), students.predict(2, "topn")
    assert (first.device, first.fell_back, second.load_ms) == ("cuda", None, None) and first.load_ms is not None
    assert loads == ["cuda", "cuda"]


@pytest.mark.parametrize("fault", [FULL, AS_ARTEFACT, RuntimeError("")], ids=["full", "as artefact", "without words"])
@pytest.mark.parametrize("when", ["load_fault", "run_fault"])
@pytest.mark.parametrize("task", ["sequential", "topn"])
def test_a_gpu_that_fails_gives_way_to_the_cpu_with_the_reason(opened, fault, when, task):
    students, loads = opened(**{when: fault})
    answer = students.predict(1, task)
    assert answer.device == "cpu" and answer.load_ms is not None and {s.role for s in answer.result} == {"rdrec", "baseline"}
    assert answer.fell_back.startswith("the GPU could not be used (")
    assert "/secret" not in answer.fell_back and "second line" not in answer.fell_back
    tries = len(loads)
    again = students.predict(2, task)
    assert (again.device, again.load_ms, again.fell_back) == ("cpu", None, answer.fell_back) and len(loads) == tries


@pytest.mark.parametrize("when", ["load_fault", "run_fault"])
def test_any_other_work_is_done_again_on_the_cpu(opened, when):
    students, _ = opened(**{when: FULL})
    ran = students.run(lambda by: {role: student.sequential([1], [[2, 3]]).shape[0] for role, student in by.items()})
    assert ran.device == "cpu" and ran.result == {"rdrec": 1, "baseline": 1} and "GPU could not be used" in ran.fell_back


def test_one_run_at_a_time(opened):
    students, _ = opened()
    inside, most = [], []

    def work(by):
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.02)
        inside.pop()

    threads = [threading.Thread(target=students.run, args=(work,)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 5


@pytest.mark.parametrize("when", ["load_fault", "run_fault"])
def test_weights_that_are_broken_everywhere_are_an_error_and_not_the_gpus_fault(opened, when):
    students, loads = opened(**{when: AS_ARTEFACT}, everywhere=True)
    for _ in range(2):
        with pytest.raises(ArtefactError, match="the weights cannot be loaded"):
            students.predict(1, "sequential")
    assert loads[0] == "cuda" and "cpu" in loads and students._fell_back is None and students._opened == {}


def test_on_the_cpu_there_is_no_second_try(opened):
    students, loads = opened(AS_ARTEFACT, everywhere=True, device="cpu")
    with pytest.raises(ArtefactError):
        students.predict(1, "sequential")
    assert loads == ["cpu"]


def test_a_shopper_without_a_case_is_no_reason_to_leave_the_gpu(opened):
    students, loads = opened()
    with pytest.raises(RDRecError, match="too few purchases"):
        students.predict(10, "topn")
    assert loads == [] and students.predict(1, "topn").device == "cuda"
