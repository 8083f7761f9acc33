"""A language model that is not at hand, by the hash of its weights: the answers that are kept of it, and no others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rdrec.core.records import InputError, Review
from rdrec.teachers.answers import Identity
from rdrec.teachers.asking import Asker
from rdrec.teachers.base import Told

PREFIX = "sha256:"
_MODEL = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass
class KeptTeacher:
    """Implements `teachers.StreamingTeacher`, with the config of a `LlamaTeacher` of these weights.

    Reviews without a kept answer stay unread.  Raises InputError for what is no hash.
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
        """What is stored with the rationales: which answers may be taken up again."""
        return {"teacher": "llama", "model": self.model, "context": self.context, **self.asker.config}

    @property
    def identity(self) -> Identity:
        """The key under which answers are kept."""
        return Identity(self.asker, self.model, "", "")

    @property
    def notes(self) -> tuple[str, ...]:
        """What the report has to say beside the counts."""
        return (
            (f"{self._left:,} different texts have no stored answer; to read them, give the GGUF file as --model",)
            if self._left
            else ()
        )

    def note(self) -> str:
        """A short remark for the progress bar."""
        return "stored answers only"

    def spent(self) -> dict[str, float]:
        """Nothing is asked, so no request is counted."""
        return {"requests": 0}

    def stream(self, reviews: Sequence[Review]) -> Iterator[list[Told]]:
        """Of what nobody remembered: reviews in which the prompt has nothing to read; the others are left."""
        told = [self.asker.first(review) for review in reviews]
        empty = [one for one in told if isinstance(one, Told)]
        self._left += len(told) - len(empty)
        if empty:
            yield empty
