"""Run one function in several processes on this machine, as a single call.

Each process gets the environment variables that `accelerate` reads, and calls the function with its own `team`.  The first failure
ends all processes, and its error is raised here as if the work had been done here.  This process handles Ctrl-C and then ends the
others.  No worker outlives this process, however it ends.
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

from rdrec.core.children import end_with_parent, ignore_sigint
from rdrec.core.records import RDRecError
from rdrec.core.settings import integer
from rdrec.student.team import LostOthersError, join, leave

Value = TypeVar("Value")


class ProcessEndedError(RDRecError):
    """A process ended without reporting an error: it was killed, or crashed with a traceback on stderr."""


def run_processes(processes: int, device: str, work: Callable[..., Value], *args: Any, **kwargs: Any) -> Value:
    """Call `work(*args, **kwargs, device=..., team=...)` in `processes` new processes and return the first process's result.

    `work` must be a module-level function; arguments and results must be picklable.  Call it from the main thread.  Raises the first
    error that a process reported (an RDRecError or OSError), or ProcessEndedError if a process ended without reporting one.
    """
    context = get_context("spawn")  # neither an initialised GPU nor a thread pool survives a fork
    address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port())}
    workers: list[SpawnProcess] = []
    pipes: list[Connection] = []
    try:
        with ignore_sigint():
            for rank in range(processes):
                receiver, sender = context.Pipe(duplex=False)
                worker = context.Process(
                    target=_worker, args=(rank, processes, device, address, sender, work, args, kwargs), daemon=True
                )
                worker.start()
                sender.close()  # so that the pipe ends when the worker ends
                workers.append(worker)
                pipes.append(receiver)
        results = _results(pipes, workers)
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.join()
        for pipe in pipes:
            pipe.close()
    return results[0]


def _results(pipes: list[Connection], workers: list[SpawnProcess]) -> dict[int, Any]:
    """The result of each process by rank.  Raises the first failure.

    A process that only lost its connection to the others is not the cause, so the others get `train.last_words` seconds to report it.
    """
    results: dict[int, Any] = {}
    lost: LostOthersError | None = None
    deadline = float("inf")
    while len(results) < len(pipes) and time.monotonic() < deadline:
        pending = [pipe for rank, pipe in enumerate(pipes) if rank not in results]
        for pipe in connection.wait(pending, None if lost is None else max(0.0, deadline - time.monotonic())):
            rank = pipes.index(pipe)  # type: ignore[arg-type]
            try:
                results[rank] = pipes[rank].recv()
            except EOFError:
                raise _ended(rank, workers) from None
            if isinstance(results[rank], LostOthersError):
                lost = lost or results[rank]
                deadline = min(deadline, time.monotonic() + integer("train.last_words"))
            elif isinstance(results[rank], Exception):
                raise results[rank]
    if lost is not None:
        raise lost
    return results


def _ended(rank: int, workers: list[SpawnProcess]) -> ProcessEndedError:
    workers[rank].join()
    code = workers[rank].exitcode or 0
    how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
    return ProcessEndedError(
        f"process {rank + 1} of {len(workers)} {how}; the others were stopped",
        todo="check its output above, and whether memory ran out; the same command resumes from the last finished epoch",
    )


def _worker(
    rank: int,
    size: int,
    device: str,
    address: dict[str, str],
    pipe: Connection,
    work: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> None:
    """What one process does: join the others, call `work`, and send back the result or the error."""
    Thread(target=end_with_parent, daemon=True).start()
    threads = max(1, torch.get_num_threads() // size)
    torch.set_num_threads(threads)
    os.environ |= address | {"OMP_NUM_THREADS": str(threads)}
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(size), "LOCAL_WORLD_SIZE": str(size)}
    try:
        team = join(device)
        result = work(*args, **kwargs, device=device, team=team)
        pipe.send(result if team.first else None)
        leave()
    except (RDRecError, OSError) as error:
        pipe.send(error)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
