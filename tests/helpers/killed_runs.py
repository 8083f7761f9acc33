"""A process that distils again and again in forks, each of which can be killed at any moment or at any write of the journal.

Run as a program: HOME, then a line of input a run: "free", or "OPERATION" (a number: the run kills itself there).
It prints the fork's process number, and when the fork is gone whether it came through.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rdrec.core.home import Home
from rdrec.core.journal import Journal, _line
from rdrec.core.records import Failed, NothingFound, Rationale, Review, TeacherAnswer
from rdrec.teachers.base import TeacherResult
from rdrec.teachers.run import distil

PAUSE = 0.0015  # seconds a review


class Shuffling:
    """A teacher that is done in another order than it was asked, in lists of one to five; it logs whom it was asked about."""

    name = "shuffling"
    config: dict[str, Any] = {"teacher": "shuffling"}  # noqa: RUF012

    def __init__(self, log: Path) -> None:
        self.log = log

    def stream(self, reviews: Sequence[Review]) -> Iterator[list[TeacherResult]]:
        done: list[TeacherResult] = []
        for review in sorted(reviews, key=lambda review: hash((review.position, review.user))):
            with self.log.open("a") as file:
                file.write(f"{review.user} {review.position}\n")
            time.sleep(PAUSE)
            done.append(TeacherResult(review, answer(review), f"raw {review.user}", 1 + review.user % 3))
            if len(done) > review.user % 5:
                yield done
                done = []
        if done:
            yield done

    def note(self) -> str:
        return ""

    def spent(self) -> dict[str, float]:
        return {}


def answer(review: Review) -> TeacherAnswer:
    if review.position == 3:
        return NothingFound("the teacher found nothing")
    return Failed("empty answer") if review.position == 4 else Rationale(f"The user prefers {review.user}.", None)


def dying_append(at: int) -> Any:
    """`Journal.append` whose write, flush and sync are four moments to die in; the one numbered `at` is the last."""
    count = 0

    def moment() -> None:
        nonlocal count
        count += 1
        if count > at:
            os.kill(os.getpid(), signal.SIGKILL)

    def append(journal: Journal, values: list[Any]) -> None:
        content = b"".join(_line(value) for value in values)
        moment()
        journal._file.write(content[: len(content) // 2])
        journal._file.flush()
        moment()
        journal._file.write(content[len(content) // 2 :])
        journal._file.flush()
        moment()
        os.fsync(journal._file.fileno())
        moment()
        journal.entries.extend(values)

    return append


def main() -> None:
    home = Path(sys.argv[1])
    while line := sys.stdin.readline():
        child = os.fork()
        if child == 0:
            if line.strip() != "free":
                Journal.append = dying_append(int(line))  # type: ignore[method-assign]
            distil(Home(home), "made", Shuffling(home / "asked.log"), progress=False)
            os._exit(0)
        print(child, flush=True)
        sys.stdin.readline()  # until then the number stays the child's, dead or not
        print("through" if os.waitpid(child, 0)[1] == 0 else "killed", flush=True)


if __name__ == "__main__":
    main()
