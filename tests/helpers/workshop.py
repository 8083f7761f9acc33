"""Homes in which the stages of `tiny_stages` have run, and what lies in them."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
from fault_server import FaultServer
from stage_forks import Stages
from tiny_stages import stages, write_reviews

from rdrec.core.storage import MANIFEST, verify

ANSWERS, TIMINGS = "answers", "timings"  # kept in parts, as runs ended; how long a teacher took
LISTS = '{"likes": ["a clear sound"], "dislikes": [], "item": []}'
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
            assert name != "distill http" or " 0 with a rationale" not in ended.said, "every answer was refused"
            self.seconds[name], self.operations[name] = time.monotonic() - began, ended.operations
        return home


@contextmanager
def workshop_in(root: Path, *, llama: bool = False) -> Iterator[Workshop]:
    """With a chat server for the teacher http; `llama`: also with a GGUF file."""
    with FaultServer(lambda n, body: LISTS) as server:
        made = Workshop(root, stages(write_reviews(root / "reviews.csv"), server.endpoint, _llama(root) if llama else None))
        try:
            yield made
        finally:
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
