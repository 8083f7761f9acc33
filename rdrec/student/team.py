"""How several processes train one student: each computes its share of every batch, then all add up their gradients.

In: gradients, values that must be the same everywhere.  Out: the same, of all processes together.  `accelerate` finds the others, by the
environment that `accelerate launch` or `rdrec.student.launch` sets, and picks gloo on CPUs and NCCL on GPUs.  It knows no task.

Every process draws all rows of an epoch, from the seed alone, and takes every N-th of a batch; the whole batch's number of target tokens
is known to each, so that the sum of their gradients is the gradient of one process.  The first process alone measures and writes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import TypeVar

import torch
from torch import distributed

from rdrec.core.records import InputError, RDRecError
from rdrec.core.settings import integer

Value = TypeVar("Value")
_APART = 7_919  # between the seeds of two processes' dropout


class LostOthersError(RDRecError):
    """Another process of the run ended before this one."""


class Team:
    """`number` of `size` processes; a team of one does nothing and costs nothing."""

    def __init__(self, number: int = 0, size: int = 1, device: str = "cpu") -> None:
        self.number, self.size, self.device = number, size, device

    @property
    def first(self) -> bool:
        return self.number == 0

    @property
    def dropout_seed(self) -> int:
        """Added to the seed, so that no two processes drop the same."""
        return self.number * _APART

    def share(self, rows: Sequence[Value]) -> Sequence[Value]:
        """What this process computes of a batch."""
        return rows if self.size == 1 else rows[self.number :: self.size]

    def add_up(self, parameters: Iterable[torch.nn.Parameter], values: Sequence[float]) -> list[float]:
        """Gradients become their sum over all processes, in place; returns the sums of `values` (fp32 where there are several)."""
        if self.size == 1:
            return list(values)
        held = list(parameters)
        grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in held]  # none: fewer rows than processes
        told = torch.tensor([*(float(p.grad is not None) for p in held), *values], dtype=torch.float32, device=self.device)
        flat = torch.cat([*(grad.flatten() for grad in grads), told])
        self._together(lambda: distributed.all_reduce(flat))
        sums = flat[-len(told) :].tolist()
        place = 0
        for parameter, grad, found in zip(held, grads, sums, strict=False):
            # one without a gradient in any process stays without: the optimiser then leaves it alone, as it does for one process
            parameter.grad = flat[place : place + grad.numel()].view_as(grad) if found else None
            place += grad.numel()
        return sums[len(held) :]

    def of_first(self, make: Callable[[], Value]) -> Value:
        """What `make` returns in the first process, told to all; the others do not call it."""
        if self.size == 1:
            return make()
        held = [make() if self.first else None]
        self._together(lambda: distributed.broadcast_object_list(held, src=0, device=torch.device(self.device)))
        return held[0]  # type: ignore[return-value]

    def same_start(self, module: torch.nn.Module) -> None:
        """The first process's weights everywhere, in place: machines of different kinds round differently."""
        if self.size > 1:
            for tensor in module.state_dict().values():
                self._together(partial(distributed.broadcast, tensor, src=0))

    def _together(self, work: Callable[[], object]) -> None:
        try:
            work()
        except RuntimeError as error:  # torch's DistBackendError too
            raise LostOthersError(
                f"process {self.number + 1} of {self.size} lost the others ({str(error).splitlines()[0]})",
                todo="see what the first to end said; the same command goes on from the last finished epoch",
            ) from error


def launched() -> bool:
    """Whether the environment says that this is one of several processes."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def join(device: str) -> Team:
    """The team that the environment names, on its own device each; a team of one where it names none.

    Raises InputError for more processes on this machine than it has GPUs.
    """
    if not launched():
        return Team(device=device)
    from accelerate import PartialState

    here = int(os.environ.get("LOCAL_WORLD_SIZE", os.environ["WORLD_SIZE"]))
    if device == "cuda" and here > torch.cuda.device_count():
        raise InputError(
            f"{here} processes need {here} GPUs, there are {torch.cuda.device_count()}",
            todo=f"use --processes {torch.cuda.device_count()}, or --device cpu",
        )
    state = PartialState(cpu=device == "cpu", timeout=timedelta(hours=integer("train.wait")))
    return Team(state.process_index, state.num_processes, str(state.device))


def leave() -> None:
    """The end of a team's work: its connections are closed.  Only after the last thing that it does together."""
    if distributed.is_initialized():
        from accelerate import PartialState

        PartialState().destroy_process_group()
