"""The process behind `lab.py`: it gets ready, waits for one job on its standard input, and prints a line of JSON for each look at its student.

It ends when its standard input is closed, when nobody wants it for some minutes, or when it has had the processor time of a training.
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
GRACE = 5  # seconds of processor time that the system allows beyond the training's own end
EARLY_LOOKS, EVERY = (0, 1, 2, 4, 8, 16), 16  # steps at which the student is looked at, and between looks from then on
NO_MEMORY = "the training ran out of memory"


def main() -> None:
    """Raises SystemExit where no job comes."""
    _first_to_go()
    from rdrec.explorer.lab_student import LabStudent  # torch

    job = _job()
    threading.Thread(target=_end_with_input, daemon=True).start()
    start, seconds = time.process_time(), integer("lab.seconds")
    resource.setrlimit(resource.RLIMIT_CPU, (int(start) + seconds + GRACE,) * 2)
    try:
        student = LabStudent(job)
        _say("begun", asdict(student.begun()))
        while time.process_time() - start < seconds:
            look = replace(student.look(), cpu_s=round(time.process_time() - start, 3))
            _say("look", asdict(look))
            if look.step == 0:  # what comes until then is short, and somebody waits for it
                os.nice(NICE)
            student.advance(_steps_from(look.step))
        _say("ended", {"why": "time"})
    except RDRecError as error:
        _say("failed", {"what": error.what, "todo": error.todo or ""})
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "memory" not in str(error):
            raise
        _say("failed", {"what": NO_MEMORY, "todo": "serve the page with a smaller RDREC_LAB_SHOPPERS"})


def _steps_from(step: int) -> int:
    """Steps to the next look."""
    return next((early - step for early in EARLY_LOOKS if early > step), EVERY)


def _job() -> Job:
    """The line of a job.  Ends the process where none comes in time."""
    ready, _, _ = select.select([sys.stdin], [], [], integer("lab.idle"))
    line = sys.stdin.readline() if ready else ""
    if not line:
        raise SystemExit(0)
    return Job(**json.loads(line))


def _say(kind: str, what: dict[str, Any]) -> None:
    print(json.dumps({"kind": kind} | what), flush=True)


def _end_with_input() -> None:
    """The page is gone, or has had enough."""
    sys.stdin.read()
    os._exit(0)


def _first_to_go() -> None:
    """Where memory runs out the system ends this process, not the page."""
    with suppress(OSError):  # another system than Linux
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")


if __name__ == "__main__":
    main()
