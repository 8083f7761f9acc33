"""Many workers on a Ray cluster, each with its own teacher: the answers are the same, and the process that started them journals them.

If a worker dies, another one reads the reviews on which it was working.  Ray is optional (requirements-ray.txt).
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from rdrec.core.home import PACKAGE, PROJECT
from rdrec.core.records import InputError, RDRecError, Review
from rdrec.core.settings import integer
from rdrec.data.rationales import answer_of
from rdrec.teachers.answers import Identity, identity
from rdrec.teachers.base import Teacher, TeacherResult

_EXAMPLE = "10.0.0.1:6379"
_START = "start it (ray start --head), or leave --address out"
Recipe = Callable[[], Teacher]
_NOT_SENT = [".git", ".venv", ".venv/**", "precomputed", "tests", "docs", "**/__pycache__"]


@dataclass
class RayTeacher:
    """Implements `teachers.Teacher`.

    recipe   creates the teacher in a worker; it must not contain a key, because workers have their own environment
    address  of a running cluster, None to start one on this machine for the run
    gpus     of each worker
    """

    recipe: Recipe
    workers: int
    address: str | None = None
    gpus: float = 0.0

    def __post_init__(self) -> None:
        ray = _ray()
        if not ray.is_initialized():
            _connect(ray, self.address, self.workers)
        look = ray.remote(num_gpus=self.gpus, max_calls=1)(_looked_at)
        try:
            self.name, self.config, self.identity = ray.get(look.remote(self.recipe))
        except ray.exceptions.RayTaskError as error:
            raise _own(error) from None
        self._answered = 0

    def note(self) -> str:
        """A short text for the progress bar."""
        return f"{self.workers} workers"

    def spent(self) -> dict[str, float]:
        """What the run has used so far."""
        return {"requests": self._answered}

    def stream(self, reviews: Sequence[Review]) -> Iterator[list[TeacherResult]]:
        """Yield lists of results as the workers finish them."""
        if not reviews:
            return
        ray = _ray()
        waiting = {review.key: review for review in reviews}
        blocks = -(-len(reviews) // integer("distill.journal_batch"))  # a block is answered and journalled together
        rows = [{"review": json.dumps(asdict(review))} for review in reviews]
        answered = ray.data.from_items(rows, override_num_blocks=blocks).map_batches(
            Reader,
            fn_constructor_args=(self.recipe,),
            compute=ray.data.ActorPoolStrategy(size=self.workers),
            batch_size=None,
            num_gpus=self.gpus,
        )
        try:
            for batch in answered.iter_batches(batch_size=None, prefetch_batches=0):
                told = [_told(json.loads(text), waiting) for text in batch["told"]]
                self._answered += len(told)
                yield told
        except ray.exceptions.RayError as error:
            raise _own(error) from None

    def close(self) -> None:
        """Leave the cluster; one that was started for the run ends."""
        _ray().shutdown()


class Reader:
    """What runs in a worker: a teacher, created once, which reads one block of reviews after another."""

    def __init__(self, recipe: Recipe) -> None:
        self.teacher = recipe()

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[str]]:
        """The results of one block, as JSON texts."""
        reviews = [Review(**json.loads(text)) for text in batch["review"]]
        return {"told": [json.dumps(one.as_row()) for done in self.teacher.stream(reviews) for one in done]}


def _told(row: dict[str, Any], waiting: dict[tuple[int, int], Review]) -> TeacherResult:
    return TeacherResult(waiting[(row["user"], row["position"])], answer_of(row), row["raw"], row["attempts"])


def _looked_at(recipe: Recipe) -> tuple[str, dict[str, Any], Identity | None]:
    teacher = recipe()
    return teacher.name, teacher.config, identity(teacher)


def _ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray must not send usage statistics
    try:
        import ray
        import ray.data
    except ImportError:
        raise InputError(
            "Ray is not installed", where="--engine ray", todo="install it: pip install -r requirements-ray.txt"
        ) from None
    return ray


def _knock(address: str) -> None:
    """Raise InputError if nothing listens at HOST:PORT (or ray://HOST:PORT); Ray itself would wait for minutes."""
    if address in ("auto", "local"):
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise InputError(
            "this is not the address of a cluster", where=f"--address {address}", todo=f'give one like "{_EXAMPLE}"'
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=integer("distill.cluster_patience")).close()
    except (OSError, UnicodeError) as error:
        raise InputError(f"nothing listens there ({error})", where=f"--address {address}", todo=_START) from None


def _program_files() -> dict[str, Any]:
    """What each worker receives: the checkout or the installed package, both with word lists and prompts."""
    if PACKAGE.parent == PROJECT:
        return {"working_dir": str(PROJECT), "excludes": _NOT_SENT}
    return {"py_modules": [str(PACKAGE)]}


def _connect(ray: Any, address: str | None, workers: int) -> None:
    environment = _program_files()
    options: dict[str, Any] = {"address": address} if address else {"num_cpus": max(workers + 1, os.cpu_count() or 1)}
    if address:
        _knock(address)
        # One attempt: Ray's own 20 take 13 minutes to report that no cluster answers.
        os.environ.setdefault("RAY_gcs_server_port_wait_time_s", "1")
    with suppress(AttributeError):
        ray.data.DataContext.get_current().enable_progress_bars = False
    try:
        ray.init(
            **options,
            runtime_env=environment,
            include_dashboard=None if address else False,
            log_to_driver=False,
            logging_level="ERROR",
        )
    except Exception as error:  # Ray raises a bare Exception if a node does not start in time
        what = "the cluster cannot be reached" if address else "no cluster could be started on this machine"
        raise InputError(
            f"{what} ({str(error)[:200]})",
            where=f"--address {address}" if address else "--engine ray",
            todo=_START if address else "try again when the machine is less busy, or give the --address of a running one",
        ) from None


def _own(error: Exception) -> Exception:
    """Our own error inside an error of Ray, or otherwise one of ours that quotes it."""
    cause = getattr(error, "cause", None)
    while cause is not None and not isinstance(cause, RDRecError):
        cause = getattr(cause, "cause", None) or cause.__cause__
    return cause or RDRecError(
        f"a worker failed ({str(error).strip().splitlines()[-1][:300]})", todo="run the same command again to resume"
    )
