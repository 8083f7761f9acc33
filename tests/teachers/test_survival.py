"""A run is killed at every write of its journal in turn: same bytes, no finished answer asked twice."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import fault_server as faults
import killed_runs
import pandas as pd
import pytest
from ctrl_c import hears_ctrl_c
from fault_server import FaultServer

from rdrec.core.journal import _parse
from rdrec.data.store import load_dataset, save_dataset
from rdrec.teachers.run import distil

PROJECT = Path(__file__).parents[2]
MOST_OPEN = 6  # answers that the teacher of these tests has in hand at once: a list of five, and the next one


class Forker:
    """Talks to `killed_runs`."""

    def __init__(self, home: Path) -> None:
        code = [sys.executable, killed_runs.__file__, str(home)]
        environment = {**os.environ, "PYTHONPATH": str(PROJECT), "PYTHONHASHSEED": "0"}
        self.process = subprocess.Popen(code, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)

    def run(self, what: str) -> bool:
        """Whether the run came through."""
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        self.process.stdout.readline()
        self.process.stdin.write("reap\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip() == "through"

    def close(self) -> None:
        self.process.stdin.close()
        assert self.process.wait(60) == 0
        self.process.stdout.close()


@pytest.fixture
def forker(home):
    forker = Forker(home.root)
    yield forker
    forker.close()


def artefact(home, name="shuffling"):
    return {path.name: path.read_bytes() for path in sorted(home.rationales("made", name).iterdir())}


def finished(home):
    """What the journal holds, as a reader after the crash sees it."""
    path = home.root / "rationales" / "made" / ".shuffling.journal"
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    rows = [_parse(line) for line in lines[1:] if line.endswith(b"\n")]
    return {(row["user"], row["position"]) for row in rows if row}


def asked(home):
    path = home.root / "asked.log"
    return [tuple(map(int, line.split())) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def whole(home):
    distil(home, "made", killed_runs.Shuffling(home.root / "asked.log"), progress=False)
    content = artefact(home)
    shutil.rmtree(home.root / "rationales")
    (home.root / "asked.log").unlink()
    return content


def follow(home, forker, what):
    """One run; nothing that was finished before it is asked in it."""
    before, log = finished(home), len(asked(home))
    through = forker.run(what)
    assert not before & set(asked(home)[log:]), "a finished answer was asked again"
    # killed after the artefact was whole, and the journal with its work done was removed: the content is checked by the caller
    saved = (home.root / "rationales" / "made" / "shuffling" / "manifest.json").exists()
    if not through and not saved:
        assert before <= finished(home), "a finished answer was lost"
        assert len(set(asked(home)) - finished(home)) <= MOST_OPEN, "answers came and were not journalled"
    return through


def test_killed_at_every_write_of_the_journal(home, whole, forker):
    runs = 0
    while not follow(home, forker, str(runs % 23)):  # 0, 1, 2 ...: each run dies at another moment, the next goes on
        runs += 1
        assert runs < 500 and len(asked(home)) < 10_000
    assert artefact(home) == whole
    for operation in range(4):  # and each moment of the first write from an empty start
        shutil.rmtree(home.root / "rationales")
        (home.root / "asked.log").unlink()
        assert not follow(home, forker, str(operation))
        assert follow(home, forker, "free") and artefact(home) == whole


@pytest.fixture
def different_texts(home):
    """No review of "made" twice: a text is asked about once."""
    made = load_dataset(home, "made")
    table = made.interactions
    numbered = [text if pd.isna(text) else f"{text} Number {place}." for place, text in enumerate(table["review"])]
    save_dataset(home, replace(made, interactions=table.assign(review=pd.Series(numbered, dtype=object))))


def test_ctrl_c_ends_a_run_within_five_seconds_and_says_how_to_go_on(home, different_texts):
    with FaultServer(lambda n, body: faults.GOOD if n < 40 else faults.stall) as server:
        command = [sys.executable, "-m", "rdrec", "distill", "--data", "made", "--home", str(home.root), "--teacher", "http"]
        command += ["--model", "toy-model", "--endpoint", server.endpoint, "--concurrency", "4"]
        child = subprocess.Popen(
            command, cwd=PROJECT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=hears_ctrl_c
        )
        until = time.monotonic() + 60
        while len(server.asked) < 44 and time.monotonic() < until:
            time.sleep(0.05)
        began = time.monotonic()
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=30)
    assert time.monotonic() - began < 5 and child.returncode == 130
    assert "run the same command to resume" in said
    journal = home.root / "rationales" / "made" / ".toy-model-lists.journal"
    rows = [_parse(line) for line in journal.read_bytes().splitlines(keepends=True)][1:]
    assert 10 <= len(rows) <= 44 and all(json.dumps(row) for row in rows)
