"""The training process of `lab.py`: reads one job from standard input and prints a line of JSON for each event.

It ends when standard input is closed, when no job arrives within some minutes, or when its processor time is used up.
"""

from __future__ import annotations

import json
import os
import resource
import select
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from rdrec.core.records import RDRecError
from rdrec.core.settings import integer
from rdrec.explorer.lab_records import Job

NICE = 10
GRACE = 5  # seconds of processor time beyond the limit of the training before the system kills the process
EARLY_LOOKS, EVERY = (0, 1, 2, 4, 8, 16), 16  # first steps at which the student is evaluated, and the interval after them
NO_MEMORY = "the training ran out of memory"


def main() -> None:
    """Train the student of one job.  Raises SystemExit if no job arrives."""
    _prefer_for_oom_kill()
    from rdrec.explorer.lab_student import LabStudent  # torch

    job = _job()
    threading.Thread(target=_end_with_input, daemon=True).start()
    start, seconds = time.process_time(), integer("lab.seconds")
    resource.setrlimit(resource.RLIMIT_CPU, (int(start) + seconds + GRACE,) * 2)
    try:
        student = LabStudent(job)
        _send("begun", asdict(student.begun()))
        while time.process_time() - start < seconds:
            look = replace(student.look(), cpu_s=round(time.process_time() - start, 3))
            _send("look", asdict(look))
            if look.step == 0:  # everything before is short, and the visitor is waiting for it
                os.nice(NICE)
            student.advance(_steps_from(look.step))
        _send("ended", {"why": "time"})
    except RDRecError as error:
        _send("failed", {"what": error.what, "todo": error.todo or ""})
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "memory" not in str(error):
            raise
        _send("failed", {"what": NO_MEMORY, "todo": "serve the page with a smaller RDREC_LAB_SHOPPERS"})


def _steps_from(step: int) -> int:
    """Number of steps until the next evaluation."""
    return next((early - step for early in EARLY_LOOKS if early > step), EVERY)


def _job() -> Job:
    """Read the job.  Ends the process if none arrives in time."""
    ready, _, _ = select.select([sys.stdin], [], [], integer("lab.idle"))
    line = sys.stdin.readline() if ready else ""
    if not line:
        raise SystemExit(0)
    return Job(**json.loads(line))


def _send(kind: str, content: dict[str, Any]) -> None:
    print(json.dumps({"kind": kind} | content), flush=True)


def _end_with_input() -> None:
    """End the process when standard input is closed."""
    sys.stdin.read()
    os._exit(0)


def _prefer_for_oom_kill() -> None:
    """If memory runs out, let the system kill this process rather than the page."""
    with suppress(OSError):  # not Linux
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")


if __name__ == "__main__":
    main()
