"""How several processes train one student: each computes its share of every batch, then the gradients are summed over all processes.

`accelerate launch` or `torchrun` starts the processes; `accelerate` connects them and picks gloo on CPUs and NCCL on GPUs.

Every process draws all rows of an epoch, from the seed alone, and takes every N-th row of a batch.  Each knows how many target tokens
the whole batch has, so the sum of their gradients equals the gradient of a single process.  Only the first process evaluates and
writes files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import partial
from threading import Thread
from typing import TypeVar

import torch
from torch import distributed

from rdrec.core.children import end_with_parent
from rdrec.core.records import InputError, RDRecError
from rdrec.core.settings import integer

Value = TypeVar("Value")
_SEED_STEP = 7_919  # between the dropout seeds of two processes


class LostOthersError(RDRecError):
    """The connection to the other processes broke, because another one ended first."""


class Team:
    """All processes of a run, seen from process `rank` of `size`.  With one process, every method is a no-op."""

    def __init__(self, rank: int = 0, size: int = 1, device: str = "cpu") -> None:
        self.rank, self.size, self.device = rank, size, device

    @property
    def first(self) -> bool:
        """Whether this process evaluates and writes files."""
        return self.rank == 0

    @property
    def dropout_seed(self) -> int:
        """Added to the seed, so that no two processes draw the same dropout masks."""
        return self.rank * _SEED_STEP

    def share(self, rows: Sequence[Value]) -> Sequence[Value]:
        """The rows of a batch that this process computes."""
        return rows if self.size == 1 else rows[self.rank :: self.size]

    def all_reduce(self, parameters: Iterable[torch.nn.Parameter], values: Sequence[float]) -> list[float]:
        """Replace the gradients by their sums over all processes, in place; return the sums of `values` (fp32 with several processes).

        A parameter without a gradient in any process keeps none, so that the optimiser skips it as it does with one process.
        """
        if self.size == 1:
            return list(values)
        params = list(parameters)
        grads = [
            torch.zeros_like(p) if p.grad is None else p.grad for p in params
        ]  # None if there are fewer rows than processes
        extra = torch.tensor([*(float(p.grad is not None) for p in params), *values], dtype=torch.float32, device=self.device)
        flat = torch.cat([*(grad.flatten() for grad in grads), extra])
        self._communicate(lambda: distributed.all_reduce(flat))
        sums = flat[-len(extra) :].tolist()
        begin = 0
        for parameter, grad, with_gradient in zip(params, grads, sums, strict=False):
            parameter.grad = flat[begin : begin + grad.numel()].view_as(grad) if with_gradient else None
            begin += grad.numel()
        return sums[len(params) :]

    def broadcast(self, make: Callable[[], Value]) -> Value:
        """Call `make` in the first process only and return its result in every process."""
        if self.size == 1:
            return make()
        sent = [make() if self.first else None]
        self._communicate(lambda: distributed.broadcast_object_list(sent, src=0, device=torch.device(self.device)))
        return sent[0]  # type: ignore[return-value]

    def sync_weights(self, module: torch.nn.Module) -> None:
        """Copy the first process's weights to all others, in place; different machines may have rounded them differently."""
        if self.size > 1:
            for tensor in module.state_dict().values():
                self._communicate(partial(distributed.broadcast, tensor, src=0))

    def _communicate(self, work: Callable[[], object]) -> None:
        try:
            work()
        except RuntimeError as error:  # torch's DistBackendError too
            raise LostOthersError(
                f"process {self.rank + 1} of {self.size} lost its connection to the others ({str(error).splitlines()[0]})",
                todo="look at the output of the process that ended first; the same command resumes from the last finished epoch",
            ) from error


def launched() -> bool:
    """Whether this process is one of several, according to the environment."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def join(device: str) -> Team:
    """Connect to the processes that the environment names, one GPU each; without such an environment, a team of one.

    The process then ends with the one that started it.  Raises InputError if this machine runs more processes than it has GPUs.
    """
    if not launched():
        return Team(device=device)
    from accelerate import PartialState

    local = int(os.environ.get("LOCAL_WORLD_SIZE", os.environ["WORLD_SIZE"]))
    if device == "cuda" and local > torch.cuda.device_count():
        raise InputError(
            f"{local} processes need {local} GPUs, but there are {torch.cuda.device_count()}",
            todo=f"start {torch.cuda.device_count()}, or use --device cpu",
        )
    Thread(target=end_with_parent, daemon=True).start()
    state = PartialState(cpu=device == "cpu", timeout=timedelta(hours=integer("train.wait")))
    return Team(state.process_index, state.num_processes, str(state.device))


def leave() -> None:
    """Close the connections between the processes.  Call it after the last collective operation."""
    if distributed.is_initialized():
        from accelerate import PartialState

        PartialState().destroy_process_group()
