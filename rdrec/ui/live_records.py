"""What a live prediction answers with.  No model, no torch: the page imports this before any model is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rdrec.precompute.store import Store


@dataclass(frozen=True)
class LiveStudent:
    """One student's ranking, made just now.  `items` are internal item numbers, best first, `probabilities` beside them."""

    role: str
    milliseconds: float
    items: list[int]
    probabilities: list[float]
    truth_rank: int | None


@dataclass(frozen=True)
class LiveAnswer:
    """Both students' rankings, and on what they ran.  `load_ms` is None when the students were loaded before."""

    device: str
    precision: str
    load_ms: float | None
    students: tuple[LiveStudent, ...]
    fell_back: str | None


class Students(Protocol):
    """Loaded students, whatever runs them."""

    def predict(self, user: int, task: str) -> LiveAnswer: ...


class OpenStudents(Protocol):
    """How the page gets them: called at most once a data set, on the first live prediction."""

    def __call__(self, folder: Path, store: Store, /) -> Students: ...
