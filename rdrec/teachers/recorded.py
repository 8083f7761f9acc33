"""A language model whose weights are not available, named by their hash: it gives the stored answers and no others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rdrec.core.records import InputError, Review
from rdrec.teachers.answers import Identity
from rdrec.teachers.asking import Asker
from rdrec.teachers.base import TeacherResult

PREFIX = "sha256:"
_MODEL = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass
class RecordedTeacher:
    """Implements `teachers.Teacher`, with the config of a `LlamaTeacher` with these weights.

    Reviews without a stored answer stay unread.  Raises InputError if `model` is not a hash.
    """

    name: str
    model: str
    asker: Asker
    context: int

    def __post_init__(self) -> None:
        self._left = 0
        if not _MODEL.fullmatch(self.model):
            raise InputError(
                f"{self.model[:80]!r} is not the hash of a GGUF file",
                where="--model",
                todo="give sha256: and 64 hex digits, or the file itself",
            )

    @property
    def config(self) -> dict[str, Any]:
        """What affects the answers; it is stored with the rationales, so that only matching answers are reused."""
        return {"teacher": "llama", "model": self.model, "context": self.context, **self.asker.config}

    @property
    def identity(self) -> Identity:
        """The key under which its answers are stored."""
        return Identity(self.asker, self.model, "", "")

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks for the report: how many texts have no stored answer."""
        return (
            (f"{self._left:,} different texts have no stored answer; to read them, give the GGUF file as --model",)
            if self._left
            else ()
        )

    def note(self) -> str:
        """A short text for the progress bar."""
        return "stored answers only"

    def spent(self) -> dict[str, float]:
        """No requests, because no model is asked."""
        return {"requests": 0}

    def stream(self, reviews: Sequence[Review]) -> Iterator[list[TeacherResult]]:
        """Answers for reviews in which the prompt finds nothing to read; all others without a stored answer are skipped."""
        first = [self.asker.first(review) for review in reviews]
        empty = [one for one in first if isinstance(one, TeacherResult)]
        self._left += len(first) - len(empty)
        if empty:
            yield empty
