"""Training while visitors watch: one at a time, seeded, bounded, and nothing left behind."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pandas as pd
import psutil
import pytest
from forking import FORKED

from rdrec.core.home import PROJECT
from rdrec.core.records import InputError, RDRecError
from rdrec.explorer import lab as lab_module
from rdrec.explorer.lab import Lab, LabBusyError, allowed
from rdrec.explorer.lab_records import STARTS, Beat, Begun, Ended, Job
from rdrec.explorer.store import Store

FOLDER = PROJECT / "precomputed" / "toys"


@pytest.fixture(scope="module")
def shipped():
    if not (FOLDER / "manifest.json").is_file():
        pytest.skip("the shipped set is not here")
    return Store.open(FOLDER)


@pytest.fixture
def lab(monkeypatch):
    """A lab whose trainings are small."""
    monkeypatch.setenv("RDREC_LAB_SHOPPERS", "20")
    made = Lab()
    yield made
    made.close()


@pytest.fixture
def quick_lab(lab, monkeypatch):
    """Its processes are forked from one that has imported everything; in the tests of `lab` they start as on a server."""
    monkeypatch.setattr(lab_module, "subprocess", FORKED)
    return lab


def news(events):
    """What happens, without the beats in between."""
    return (event for event in events if not isinstance(event, Beat))


def gone(pid):
    """Whether a process ends, whoever takes note of it; a busy machine may take minutes."""
    end = time.monotonic() + 600
    while time.monotonic() < end:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


def pid_of(lab):
    return lab._worker._process.pid


def test_a_student_begins_with_nonsense_and_the_same_seed_gives_the_same_student(shipped, monkeypatch):
    from rdrec.explorer import lab_student

    monkeypatch.setattr(lab_student, "integer", {"lab.shoppers": 20, "lab.rows": 16}.__getitem__)

    def firsts(seed, start):
        student = lab_student.LabStudent(Job(str(FOLDER), "toys", shipped.facts.teacher, 28, seed, start))
        looks = [student.look()]
        for _ in range(2):
            student.advance(2)
            looks.append(student.look())
        return student.begun(), looks

    by_start = {start: firsts(0, start) for start in STARTS}
    for begun, looks in by_start.values():
        assert begun.shoppers == 20 and set(begun.rules) == {"popularity", "EASE"}
        assert all(score.among == looks[0].score.among and 1 <= score.rank <= score.among for score in begun.rules.values())
        assert [look.step for look in looks] == [0, 2, 4] and looks[2].own < looks[1].own < looks[0].own
        assert looks[0].score.among < begun.items and "prefers" not in looks[0].sentence
    assert by_start["data"] == firsts(0, "data")
    assert by_start["data"][1] != firsts(1, "data")[1] and by_start["data"][1][0] != by_start["random"][1][0]


def test_a_student_starts_from_what_purchases_say(shipped, monkeypatch):
    from rdrec.explorer import lab_student

    monkeypatch.setattr(lab_student, "integer", {"lab.shoppers": 150, "lab.rows": 16}.__getitem__)
    students = [lab_student.LabStudent(Job(str(FOLDER), "toys", shipped.facts.teacher, 28, 0, start)) for start in STARTS]
    ndcg = dict(zip(STARTS, (student.look().score.ndcg for student in students), strict=True))
    assert ndcg["data"] > students[0].begun().rules["popularity"].ndcg > ndcg["random"]


def test_one_at_a_time_and_only_who_started_it_stops_it(shipped, lab):
    events = news(lab.train(shipped, 28, owner="lecturer"))
    assert isinstance(next(events), Begun)
    pid = pid_of(lab)
    with pytest.raises(LabBusyError) as busy:
        next(lab.train(shipped, 6))
    assert 1 <= busy.value.seconds <= lab_module.WALL * 60
    lab.stop("somebody else")
    first, second = next(events), next(events)
    assert (first.step, second.step) == (0, 1) and 0 < first.cpu_s < second.cpu_s
    lab.stop("lecturer")
    *_, last = events
    assert last == Ended("stopped") and gone(pid)
    lab.stop("lecturer")  # once more harms nobody


def test_closing_the_iterator_ends_the_process_and_frees_the_turn(shipped, lab):
    events = lab.train(shipped, 28)
    next(events)
    pid = pid_of(lab)
    events.close()
    assert gone(pid)
    following = lab.train(shipped, 28)
    assert next(following) == Beat(0.0)
    following.close()


def test_a_training_ends_when_its_processor_time_is_up(shipped, quick_lab, monkeypatch):
    monkeypatch.setenv("RDREC_LAB_SECONDS", "1")
    *looks, last = news(quick_lab.train(shipped, 28))
    assert last == Ended("time") and looks[-1].cpu_s < 1 + lab_module.LAST_WORDS


def test_a_prepared_process_is_used_and_killed_it_is_one_sentence(shipped, quick_lab):
    quick_lab.prepare()
    spare = quick_lab._spare._process.pid
    quick_lab.prepare()
    assert quick_lab._spare._process.pid == spare
    events = news(quick_lab.train(shipped, 28))
    next(events)
    assert pid_of(quick_lab) == spare
    quick_lab.prepare()
    assert quick_lab._spare is None, "one process at a time"
    os.kill(spare, signal.SIGKILL)
    with pytest.raises(RDRecError, match="memory ran out"):
        list(events)


def test_a_process_that_nobody_wants_ends(quick_lab, monkeypatch):
    monkeypatch.setenv("RDREC_LAB_IDLE", "1")
    quick_lab.prepare()
    assert quick_lab._spare._process.wait(600) == 0 and not quick_lab._spare.alive


def test_a_server_that_is_killed_leaves_no_process(shipped, lab):
    code = (
        "import sys; from pathlib import Path; from rdrec.explorer.lab import Lab; from rdrec.explorer.store import Store\n"
        f"lab = Lab(); events = lab.train(Store.open(Path({str(FOLDER)!r})), 28)\n"
        "next(events); print(lab._worker._process.pid, flush=True); [None for _ in events]"
    )
    server = subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    pid = int(server.stdout.readline())
    server.kill()
    server.wait()
    server.stdout.close()
    assert gone(pid)


@pytest.mark.parametrize(
    ("table", "edit", "words"),
    [
        ("history", lambda rows: rows.assign(review=None), "has no reviews"),
        ("rationales", lambda rows: rows.assign(teacher="another"), "has no rationales"),
        ("rationales", lambda rows: rows.assign(status="nothing"), "has no rationales"),
    ],
)
def test_a_set_without_sentences_is_refused_in_words(shipped, tmp_path, table, edit, words):
    from rdrec.explorer.lab_student import part_of

    for name in ("users", "history", "rationales"):
        shutil.copy(FOLDER / f"{name}.parquet", tmp_path)
    edit(pd.read_parquet(tmp_path / f"{table}.parquet")).to_parquet(tmp_path / f"{table}.parquet")
    with pytest.raises(InputError, match=words):
        part_of(Job(str(tmp_path), "toys", shipped.facts.teacher, 28, 0, "data"), 20)


def test_a_set_that_cannot_be_read_is_one_sentence(shipped, quick_lab, tmp_path):
    shutil.copytree(FOLDER, tmp_path / "toys")
    store = Store.open(tmp_path / "toys")
    (tmp_path / "toys" / "rationales.parquet").unlink()
    with pytest.raises(RDRecError) as failed:
        list(quick_lab.train(store, 28))
    assert str(tmp_path) not in failed.value.what


@pytest.mark.parametrize(
    ("value", "option", "there"), [("", False, False), ("0", False, False), ("1", False, True), ("0", True, True)]
)
def test_who_serves_the_page_allows_it(monkeypatch, value, option, there):
    monkeypatch.setenv("RDREC_LAB", value)
    assert (allowed(option) is not None) == there


def test_a_value_that_is_none_is_refused(monkeypatch):
    monkeypatch.setenv("RDREC_LAB", "yes")
    with pytest.raises(InputError, match="RDREC_LAB"):
        allowed()
