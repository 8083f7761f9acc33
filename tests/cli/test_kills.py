"""Every stage is killed and interrupted at its storage operations and at random moments; run again, it writes the same bytes.

By default the cheap stages end early three times each. RDREC_KILLS=10 kills every stage ten times and interrupts it five times,
which takes an hour; RDREC_KILLS_STAGES=train,rival names some of them.
"""

import json
import os
import random
import shutil
import signal
import time
from pathlib import Path

import fault_server as faults
import pandas as pd
import pytest
from fault_server import FaultServer
from stage_forks import Stages
from tiny_stages import stages, write_reviews

from rdrec.core.storage import MANIFEST, verify

TIMES = int(os.environ.get("RDREC_KILLS", "0"))
ASKED = tuple(os.environ.get("RDREC_KILLS_STAGES", "").split(","))
EVERY = stages(Path("reviews"), "server", (Path("model"), Path("prompt")))
TRIED = [
    name
    for name, stage in EVERY.items()
    if (TIMES or not stage.slow) and name.startswith(ASKED) and not name.endswith(" 1") and name != "train baseline 0"
]
ANSWERS, TIMINGS = "answers", "timings"  # kept in parts, as runs ended; how long a teacher took
UNNAMED = (ANSWERS, TIMINGS, "results.md")  # files that belong to no artefact


class Workshop:
    """A home after each stage, made once in an uninterrupted run."""

    def __init__(self, root, known):
        self.root, self.known, self.forks = root, known, Stages(root)
        self.seconds, self.operations = {}, {}

    def run(self, name, home, *more, **stop):
        stage = self.known[name]
        arguments = [str(part).replace("{home}", str(home)) for part in (*stage.arguments, *more)]
        return self.forks.run([*arguments, "--home", home], **stop)

    def before(self, name, home):
        """`home`, new, with what the stage needs."""
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        for needed in self.known[name].needs:
            shutil.copytree(self.after(needed), home, dirs_exist_ok=True)
        return home

    def after(self, name):
        home = self.root / f"after {name}"
        if name not in self.seconds:
            self.before(name, home)
            began = time.monotonic()
            ended = self.run(name, home)
            assert ended.code == 0, ended.said
            self.seconds[name], self.operations[name] = time.monotonic() - began, ended.operations
        return home


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    root = tmp_path_factory.mktemp("kills")
    with FaultServer(lambda n, body: faults.GOOD) as server:
        made = Workshop(root, stages(write_reviews(root / "reviews.csv"), server.endpoint, _llama(root) if TIMES else None))
        yield made
        made.forks.close()


def _llama(root):
    from tiny_gguf import SHORT_PROMPT, write_tiny_gguf

    (root / "short.toml").write_text(SHORT_PROMPT, "utf-8")
    return write_tiny_gguf(root / "tiny.gguf", context=16_384), root / "short.toml"


def contents(home):
    """Every file, the hidden ones too: path and bytes; the kept answers as one sorted list."""
    files = {path.relative_to(home).as_posix(): path for path in home.rglob("*") if path.is_file()}
    parts = [name for name in files if name.startswith(ANSWERS) and name.endswith(".parquet")]
    rows = [pd.read_parquet(files[name]) for name in parts]
    answers = pd.concat(rows).sort_values(list(rows[0].columns)).to_csv(index=False).encode() if rows else b""
    found = {name: path.read_bytes() for name, path in files.items() if name not in parts and not name.startswith(TIMINGS)}
    return found | {ANSWERS: answers}


def check_what_is_visible(home):
    """A reader finds complete artefacts and nothing else."""
    visible = [
        path
        for path in home.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(home).parts)
    ]
    folders = {path.parent for path in visible if path.name == MANIFEST}
    for folder in folders:
        verify(folder, json.loads((folder / MANIFEST).read_text("utf-8"))["kind"])
    loose = [path for path in visible if not folders & set(path.parents) and path.relative_to(home).parts[0] not in UNNAMED]
    assert not loose, "files without a manifest"


def ends_early(workshop, name, sent, rng, *, older, at_operation):
    """One run that ends early over no result or over an older one; the same command again writes what it would have written."""
    stage = workshop.known[name]
    whole = contents(workshop.after(name))
    work = workshop.before(name, workshop.root / "work")
    replace = stage.replace if older else ()
    if older:
        assert workshop.run(name, work, *stage.older).code == 0
    if at_operation:
        ended = workshop.run(name, work, *replace, stop=(sent, rng.randint(1, workshop.operations[name])))
    else:
        ended = workshop.run(name, work, *replace, meanwhile=_later(rng.uniform(0, workshop.seconds[name]), sent))
    assert ended.code in ((-sent, 0) if sent == signal.SIGKILL else (130, 0)), ended.said
    assert "Traceback" not in ended.said
    check_what_is_visible(work)
    finished = whole.items() <= contents(work).items()
    if contents(work) != whole:
        again = workshop.run(name, work, *(stage.replace if finished else replace))
        assert again.code == 0, again.said
        found = contents(work)
        assert sorted(found) == sorted(whole), "left over or missing"
        assert [path for path in whole if found[path] != whole[path]] == [], "other bytes"
    return ended.code != 0


def _later(seconds, sent):
    def send(process):
        time.sleep(seconds)
        os.kill(process, sent)

    return send


@pytest.mark.parametrize("name", TRIED)
def test_a_stage_that_ends_early_leaves_nothing_half_done(workshop, name):
    rng, older = random.Random(name), EVERY[name].older is not None
    workshop.after(name)
    plan = [(signal.SIGKILL, False, True), (signal.SIGKILL, older, True), (signal.SIGINT, False, True)]
    if TIMES:
        plan = [(signal.SIGKILL, older and turn % 3 == 1, turn % 2 == 0) for turn in range(TIMES)]
        plan += [(signal.SIGINT, older and turn % 3 == 1, turn % 2 == 0) for turn in range(TIMES // 2)]
    early = [ends_early(workshop, name, sent, rng, older=over, at_operation=at) for sent, over, at in plan]
    print(f"{name}: {len(early)} runs, {sum(early)} ended early")
