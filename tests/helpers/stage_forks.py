"""Runs commands of the program in forks of one process that has imported everything, so that a run takes no time to start.

Run as a program: one line of JSON a run (arguments, log, stop).  It prints the fork's process number; after the next line of
input it prints the fork's exit code and how many storage operations it made, as JSON.
`stop` is null, or [signal, operation]: the fork sends itself that signal just before this storage operation.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2]
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CHANGING = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.truncate"}


@dataclass(frozen=True)
class Ended:
    """How a run ended: its exit code (negative: the signal that killed it), storage operations, and all that it printed."""

    code: int
    operations: int
    said: str


class Stages:
    """Talks to the program below."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.log = folder / "said.txt"
        for_all = {"PYTHONPATH": str(PROJECT), "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **for_all, **environment},
            cwd=PROJECT,
        )

    def run(
        self, arguments: Sequence[object], stop: tuple[int, int] | None = None, meanwhile: Callable[[int], None] | None = None
    ) -> Ended:
        """One command from start to end; `meanwhile` gets the process number of the run."""
        child = int(self._ask({"arguments": [str(part) for part in arguments], "log": str(self.log), "stop": stop}))
        if meanwhile is not None:
            meanwhile(child)
        code, operations = json.loads(self._ask("reap"))
        return Ended(code, operations, self.log.read_text("utf-8", errors="replace"))

    def close(self) -> None:
        self._process.stdin.close()
        assert self._process.wait(60) == 0
        self._process.stdout.close()

    def _ask(self, value: Any) -> str:
        self._process.stdin.write(json.dumps(value) + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()


def main() -> None:
    from rdrec.cli.main import build_parser

    build_parser()
    while line := sys.stdin.readline():
        asked = json.loads(line)
        reads, writes = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reads)
            _run(asked, writes)
        os.close(writes)
        print(child, flush=True)
        sys.stdin.readline()
        with os.fdopen(reads, "rb") as told:
            operations, _, imported = told.read().partition(b"\n")
        status = os.waitpid(child, 0)[1]
        for name in imported.decode().split():  # the next run of this stage need not import it
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
        print(json.dumps([os.waitstatus_to_exitcode(status), len(operations)]), flush=True)


def _run(asked: dict[str, Any], told: int) -> None:
    """Never returns.  Writes to `told` one byte a storage operation, then the names of the modules that it imported."""
    log = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    before = set(sys.modules)
    _count_operations(told, asked["stop"])
    from rdrec.cli.main import main as command

    try:
        code = command(asked["arguments"])
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os.write(told, "\n".join(["", *(name for name in sys.modules if name not in before)]).encode())
    os._exit(code)


def _count_operations(told: int, stop: list[int] | None) -> None:
    """Count each change of a file or folder; die or be interrupted just before the one that `stop` names."""
    process, made = os.getpid(), 0

    def operation() -> None:
        nonlocal made
        if os.getpid() == process:
            made += 1
            os.write(told, b".")
            if stop is not None and made == stop[1]:
                os.kill(process, stop[0])

    def audit(event: str, values: tuple[Any, ...]) -> None:
        opened = event == "open" and isinstance(values[2], int) and values[2] & WRITING and str(values[0]) != os.devnull
        if opened or event in CHANGING:
            operation()

    fsync = os.fsync

    def counted_fsync(file: int) -> None:
        operation()
        fsync(file)

    os.fsync = counted_fsync
    sys.addaudithook(audit)


if __name__ == "__main__":
    main()
