"""Live runs where cards are lent: all work on the card goes through `spaces`, and the CPU answers where none is lent."""

import ast
import importlib
import pickle
import re
import sys
from types import ModuleType, SimpleNamespace

import pytest

from rdrec.core import zero_gpu
from rdrec.core.home import PROJECT
from rdrec.explorer import live_students
from rdrec.explorer.live_runner import Job
from rdrec.student.checkpoint import LoadedStudent


@pytest.fixture
def lending(toy_student, store, monkeypatch):
    """`live_students` as imported on a ZeroGPU Space; students may go to "cuda" only while a card is held."""
    student, tokenizer = toy_student
    spaces = ModuleType("spaces")
    spaces.calls, spaces.refuse, loads = [], False, []

    def GPU(task, duration):
        def lent(*args):
            spaces.calls.append(duration(*args))
            if spaces.refuse:
                raise RuntimeError("GPU quota exceeded")
            return pickle.loads(pickle.dumps(task(*pickle.loads(pickle.dumps(args)))))

        return lent

    def load_student(folder, where):
        assert where == "cpu" or zero_gpu.held(), "a card was used that nobody lent"
        loads.append(where)
        return LoadedStudent(student, tokenizer, SimpleNamespace(precision="nf4"), where, 1.0)

    spaces.GPU = GPU
    monkeypatch.setitem(sys.modules, "spaces", spaces)
    monkeypatch.setenv(zero_gpu.VARIABLE, "true")
    module = importlib.reload(live_students)
    monkeypatch.setattr(module, "load_student", load_student)
    yield SimpleNamespace(students=module.LiveStudents(store), spaces=spaces, loads=loads)
    monkeypatch.undo()
    importlib.reload(live_students)


def ranked(students, lists):
    return {role: len(lists) for role in students}


def test_both_students_answer_on_the_lent_card_and_are_loaded_there_once(lending):
    first, second = lending.students.predict(1, "sequential"), lending.students.predict(2, "topn")
    assert (first.device, first.fell_back, first.load_ms is None, second.load_ms) == ("cuda", None, False, None)
    assert lending.loads == ["cuda", "cuda"] and len(lending.spaces.calls) == 2


def test_other_work_is_sent_there_and_asks_for_longer_the_more_it_ranks(lending):
    few = lending.students.run(Job(ranked, ([[1]],)))
    assert few.device == "cuda" and few.result == {"rdrec": 1, "baseline": 1}
    short, long = (live_students._seconds(lending.students._pair, Job(ranked, ([[1]] * count,))) for count in (1, 1000))
    assert lending.spaces.calls == [short] and long > short


def test_where_no_card_is_lent_the_cpu_answers_this_once_and_says_why(lending):
    lending.spaces.refuse = True
    answer, work = lending.students.predict(1, "sequential"), lending.students.run(Job(ranked, ([],)))
    assert (
        answer.device == work.device == "cpu"
        and "GPU quota exceeded" in answer.fell_back
        and answer.fell_back == work.fell_back
    )
    assert lending.loads == ["cpu", "cpu"]
    lending.spaces.refuse = False
    assert lending.students.predict(1, "sequential").device == "cuda"


def test_the_page_sends_jobs_and_no_closures():
    """A lambda cannot be sent to the process that holds the card."""
    calls = [
        (path.name, node.lineno, ast.unparse(node.args[-1]))
        for path in sorted((PROJECT / "rdrec").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and re.fullmatch(r"self\._?runner\.of\(store\)\.run(_shipped)?", ast.unparse(node.func))
    ]
    assert len(calls) >= 6 and [call for call in calls if not call[2].startswith("Job(")] == []
