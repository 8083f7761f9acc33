"""Measure speed and memory of a GGUF model that reads several reviews in parallel.

Each number of parallel requests runs in a separate process, so that peak memory can be measured; rounds alternate between the numbers, so
that a busy machine affects all of them alike.  Every parallel request caches the common prefix of all prompts; these caches are filled
before timing starts, as they are for most of a long run.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tqdm import tqdm

from rdrec.bench.timing import peak_megabytes
from rdrec.core.home import Home
from rdrec.core.records import Failed, InputError, Review, plural
from rdrec.data.store import load_dataset
from rdrec.teachers.asking import Asker
from rdrec.teachers.llama import LlamaTeacher
from rdrec.teachers.llama_model import LlamaModel
from rdrec.teachers.prompts import load_prompt
from rdrec.teachers.run import reviews_with_text


@dataclass(frozen=True)
class Plan:
    """What to time: the first `reviews` reviews of a data set, `rounds` times for each number in `parallel`.

    The reviews that follow them, as many as there are parallel requests, are read before the clock starts.
    """

    home: Home
    data: str
    model: Path
    prompt: str = "lists"
    parallel: tuple[int, ...] = (1, 4, 8)
    reviews: int = 8
    rounds: int = 2
    context: int = 4096  # tokens of each request
    threads: int = 0  # 0: one per core


@dataclass(frozen=True)
class Reading:
    """One round: seconds per review by the wall clock and of processor time, peak memory of the process, answers that failed."""

    parallel: int
    seconds: float
    processor_seconds: float
    peak_megabytes: float
    failed: int


def bench_local_teacher(plan: Plan) -> dict[str, Any]:
    """Return the mean over the rounds for each number of parallel requests, and every round.

    Raises InputError if the file cannot be used or the data set has too few reviews.
    """
    LlamaModel(plan.model, parallel=max(plan.parallel), context=plan.context)  # checks the file and the memory before any work
    needed = plan.reviews + max(plan.parallel)
    reviews = list(reviews_with_text(load_dataset(plan.home, plan.data).interactions))[:needed]
    if len(reviews) < needed:
        what = f"the data set {plan.data!r} has {plural(len(reviews), 'review')} with text, and {needed} are needed"
        raise InputError(what, todo="use a larger data set, a smaller --reviews, or fewer parallel requests")
    found: list[Reading] = []
    turns = [parallel for _ in range(plan.rounds) for parallel in plan.parallel]
    for parallel in tqdm(turns, desc="time", unit="run", disable=None):
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:  # a new process
            last = pool.submit(_read, plan, parallel, reviews).result()
        found.append(last)
        print(f"parallel {parallel}: {last.seconds:.2f} s, {last.processor_seconds:.2f} processor s per review", flush=True)
    return {
        "model": plan.model.name,
        "reviews": plan.reviews,
        "rounds": [asdict(reading) for reading in found],
        "mean": [_mean([reading for reading in found if reading.parallel == parallel]) for parallel in plan.parallel],
    }


def _read(plan: Plan, parallel: int, reviews: Sequence[Review]) -> Reading:
    model = LlamaModel(plan.model, parallel=parallel, context=plan.context, threads=plan.threads)
    teacher = LlamaTeacher("bench", model, Asker(load_prompt(plan.prompt), 0))
    timed, others = reviews[: plan.reviews], reviews[plan.reviews :]
    list(teacher.stream(others[:parallel]))  # loads the weights and fills the caches
    wall, processor = time.perf_counter(), time.process_time()
    kinds = Counter(type(result.answer) for batch in teacher.stream(timed) for result in batch)
    seconds, spent = time.perf_counter() - wall, time.process_time() - processor
    teacher.close()
    return Reading(parallel, seconds / len(timed), spent / len(timed), peak_megabytes("cpu"), kinds[Failed])


def _mean(readings: Sequence[Reading]) -> dict[str, float]:
    names = ("parallel", "seconds", "processor_seconds", "peak_megabytes")
    means = {name: sum(getattr(reading, name) for reading in readings) / len(readings) for name in names}
    return {name: round(value, 3) for name, value in means.items()} | {"failed": sum(reading.failed for reading in readings)}
