"""Several processes and `keywords`: the same bytes, Ctrl-C and killed processes, and nothing left behind."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from itertools import chain
from pathlib import Path

import psutil
import pytest
from ctrl_c import hears_ctrl_c
from made_home import save_made
from pooled import Signed, Slow

from rdrec.core.journal import Journal
from rdrec.core.records import RDRecError
from rdrec.core.settings import integer
from rdrec.data.store import load_dataset
from rdrec.teachers.keywords import KeywordsTeacher
from rdrec.teachers.pool import PooledTeacher, processes_here
from rdrec.teachers.run import distil, reviews_with_text

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def small_pieces(monkeypatch):
    """Pools also for few reviews, in pieces of five."""
    numbers = {"distill.pool_from": 2, "distill.pool_piece": 5}
    monkeypatch.setattr("rdrec.teachers.pool.integer", lambda name: numbers.get(name) or integer(name))


def artefact(home):
    return {path.name: path.read_bytes() for path in sorted(home.rationales("made", "keywords").iterdir())}


def test_the_result_and_the_journal_are_those_of_one_process(home, small_pieces, monkeypatch):
    journalled, append = [], Journal.append

    def noted(journal, values):
        journalled.append(values)
        append(journal, values)

    monkeypatch.setattr(Journal, "append", noted)
    distil(home, "made", KeywordsTeacher(), progress=False)
    whole, lines = artefact(home), list(journalled)
    journalled.clear()
    (home.rationales("made", "keywords") / "manifest.json").unlink()
    distil(home, "made", PooledTeacher(KeywordsTeacher, 2), progress=False)
    assert artefact(home) == whole and journalled == lines
    assert not multiprocessing.active_children()


def test_several_processes_read_and_the_order_is_kept(home, small_pieces):
    reviews = list(reviews_with_text(load_dataset(home, "made").interactions))
    results = list(chain.from_iterable(PooledTeacher(Signed, 3).stream(reviews)))
    assert [result[1:] for result in results] == [(review.user, review.position) for review in reviews]
    readers = {result[0] for result in results}
    assert os.getpid() not in readers and 1 <= len(readers) <= 3


def test_few_reviews_are_read_here(home):
    reviews = list(reviews_with_text(load_dataset(home, "made").interactions))
    for teacher, read in ((PooledTeacher(Signed, 3), reviews), (PooledTeacher(Signed, 1), reviews * 5)):
        assert {result[0] for result in chain.from_iterable(teacher.stream(read))} == {os.getpid()}


def test_how_many(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda process: set(range(64)), raising=False)
    assert (processes_here(), processes_here(3), processes_here(20)) == (8, 3, 20)
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {5}, raising=False)
    assert processes_here() == 1


def test_a_killed_process_is_reported_and_the_run_goes_on(home, small_pieces):
    distil(home, "made", KeywordsTeacher(), progress=False)
    whole = artefact(home)
    (home.rationales("made", "keywords") / "manifest.json").unlink()
    journal = home.root / "rationales" / "made" / ".keywords.journal"

    def kill_one():
        until = time.monotonic() + 120
        while time.monotonic() < until:
            if journal.exists() and len(journal.read_bytes().splitlines()) > 64:  # a batch is journalled
                os.kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)
                return
            time.sleep(0.01)

    killer = threading.Thread(target=kill_one)
    killer.start()
    with pytest.raises(RDRecError, match=r"one of 2 processes was killed .* run the same command again"):
        distil(home, "made", PooledTeacher(Slow, 2), progress=False)
    killer.join()
    assert not multiprocessing.active_children()
    assert len(journal.read_bytes().splitlines()) > 64, "what was read before is kept"
    distil(home, "made", PooledTeacher(KeywordsTeacher, 2), progress=False)
    assert artefact(home) == whole


@pytest.fixture
def many(tmp_path):
    """A home with 6,000 reviews: more than are read within a test."""
    text = "The clasp is sturdy, but the cord is too short. " * 6
    return save_made(tmp_path, [text] * 6000, 5)


def _begin(home):
    """A run with two processes in a group of its own, once it has journalled something: (process, the processes it started)."""
    command = [sys.executable, "-m", "rdrec", "distill", "--data", "made", "--home", str(home.root), "--processes", "2"]
    child = subprocess.Popen(
        command,
        cwd=PROJECT,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        preexec_fn=hears_ctrl_c,
    )
    journal, until = home.root / "rationales" / "made" / ".keywords.journal", time.monotonic() + 300
    while not (journal.exists() and len(journal.read_bytes().splitlines()) > 1):
        assert child.poll() is None and time.monotonic() < until
        time.sleep(0.05)
    started = psutil.Process(child.pid).children(recursive=True)
    assert len(started) >= 2
    return child, started


def _gone(processes, within):
    until = time.monotonic() + within
    while any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes if psutil.pid_exists(one.pid)):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def test_ctrl_c_ends_all_and_says_how_to_go_on(many):
    child, started = _begin(many)
    os.killpg(child.pid, signal.SIGINT)  # as a terminal does: to all of them
    _, said = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "run the same command to resume" in said and "Traceback" not in said
    assert _gone(started, 60)


def test_no_process_outlives_a_killed_run(many):
    child, started = _begin(many)
    child.kill()
    child.communicate(timeout=60)
    assert _gone(started, 20)
