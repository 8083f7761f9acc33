"""Several processes of this machine that do one piece of work together, as one call.

In: how many, a device, a function of the module level.  Out: what it returns in the first process.  It knows no training.

Each process gets the environment that `accelerate` looks for, and calls the function with its own `team`.  The first to fail ends
all, and its error is raised here as if the work had been done here; Ctrl-C is this process's business, and ends the others too.  No
process outlives this one, however it ends.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from threading import Thread
from typing import Any, TypeVar

import torch

from rdrec.core.children import deaf_to_ctrl_c, end_with_parent
from rdrec.core.records import RDRecError
from rdrec.core.settings import integer
from rdrec.student.team import LostOthersError, join, leave

Value = TypeVar("Value")


class ProcessEndedError(RDRecError):
    """A process ended without a word: killed, or by a fault of the program that stands above on stderr."""


def together(processes: int, device: str, work: Callable[..., Value], *given: Any, **named: Any) -> Value:
    """`work(*given, **named, device=..., team=...)` in `processes` new processes; what it returns in the first one.

    All that is given and returned must be picklable.  Call it from the main thread.  Raises what the first to fail raised (an
    RDRecError or an OSError), ProcessEndedError where it could not say.
    """
    context = get_context("spawn")  # a GPU that was looked at, or a thread pool, does not survive a fork
    address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port())}
    workers: list[SpawnProcess] = []
    pipes: list[Connection] = []
    try:
        with deaf_to_ctrl_c():
            for place in range(processes):
                mine, theirs = context.Pipe(duplex=False)
                worker = context.Process(
                    target=_work, args=(place, processes, device, address, theirs, work, given, named), daemon=True
                )
                worker.start()
                theirs.close()  # so that its end is the end of the pipe
                workers.append(worker)
                pipes.append(mine)
        answers = _answers(pipes, workers)
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.join()
        for pipe in pipes:
            pipe.close()
    return answers[0]


def _answers(pipes: list[Connection], workers: list[SpawnProcess]) -> dict[int, Any]:
    """What each returned.  Raises at the first failure; one that merely lost the others waits a while for the others' word."""
    answers: dict[int, Any] = {}
    lost: LostOthersError | None = None
    until = float("inf")
    while len(answers) < len(pipes) and time.monotonic() < until:
        open_ones = [pipe for place, pipe in enumerate(pipes) if place not in answers]
        for pipe in connection.wait(open_ones, None if lost is None else max(0.0, until - time.monotonic())):
            place = pipes.index(pipe)  # type: ignore[arg-type]
            try:
                answers[place] = pipes[place].recv()
            except EOFError:
                raise _ended(place, workers) from None
            if isinstance(answers[place], LostOthersError):
                lost = lost or answers[place]
                until = min(until, time.monotonic() + integer("train.last_words"))
            elif isinstance(answers[place], Exception):
                raise answers[place]
    if lost is not None:
        raise lost
    return answers


def _ended(place: int, workers: list[SpawnProcess]) -> ProcessEndedError:
    workers[place].join()
    code = workers[place].exitcode or 0
    how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
    return ProcessEndedError(
        f"process {place + 1} of {len(workers)} {how}, and the others with it",
        todo="see above what it said, or whether memory ran out; the same command goes on from the last finished epoch",
    )


def _work(
    place: int,
    size: int,
    device: str,
    address: dict[str, str],
    pipe: Connection,
    work: Callable[..., Any],
    given: tuple[Any, ...],
    named: dict[str, Any],
) -> None:
    """The life of one process."""
    Thread(target=end_with_parent, daemon=True).start()
    threads = max(1, torch.get_num_threads() // size)
    torch.set_num_threads(threads)
    os.environ |= address | {"OMP_NUM_THREADS": str(threads)}
    os.environ |= {"RANK": str(place), "LOCAL_RANK": str(place), "WORLD_SIZE": str(size), "LOCAL_WORLD_SIZE": str(size)}
    try:
        team = join(device)
        answer = work(*given, **named, device=device, team=team)
        pipe.send(answer if team.first else None)
        leave()
    except (RDRecError, OSError) as error:
        pipe.send(error)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
