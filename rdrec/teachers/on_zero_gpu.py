"""A chat model for a ZeroGPU Space: a GPU is assigned for each review (`core.zero_gpu`), and the CPU answers if none is free.

The model is placed on the GPU's stand-in when the page starts, so that a process that gets a GPU finds it there.  It is bf16, because
packed weights cannot be placed this way.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rdrec.core import zero_gpu
from rdrec.core.records import Review
from rdrec.core.settings import integer
from rdrec.teachers.asking import Asker
from rdrec.teachers.base import TeacherResult
from rdrec.teachers.local import LocalTeacher
from rdrec.teachers.prompted import PromptedModel
from rdrec.teachers.prompts import Message, Prompt

if TYPE_CHECKING:
    from rdrec.teachers.answers import Identity

LOG = logging.getLogger(__name__)
PRECISION = "bf16"


@dataclass(frozen=True, slots=True)
class Where:
    """The device on which the last review was read."""

    device: str
    precision: str = PRECISION


class ZeroGpuTeacher(PromptedModel):
    """Implements `teachers.Teacher`.  Create it before the page is launched; models placed later are not moved to a GPU."""

    def __init__(self, name: str, model: str, prompt: Prompt) -> None:
        self.name, self._model, self._prompt = name, model, prompt
        self.asker = Asker(prompt, 0)
        self.model = Where("cuda")
        _placed[name] = _opened(name, model, prompt, "cuda")
        self._here: LocalTeacher | None = None

    @property
    def config(self) -> dict[str, Any]:
        """What affects the answers: model, prompt, sampling."""
        return _placed[self.name].config

    @property
    def identity(self) -> Identity:
        """The key under which its answers are stored."""
        return _placed[self.name].identity

    def messages(self, review: Review) -> list[Message] | None:
        """The messages that the model gets about a review; None if the prompt finds nothing to read in it."""
        return _placed[self.name].messages(review)

    def note(self) -> str:
        """Nothing for the progress bar."""
        return ""

    def spent(self) -> dict[str, float]:
        """Nothing is counted, because the Space has a quota of its own."""
        return {}

    def stream(self, reviews: Sequence[Review]) -> Iterator[list[TeacherResult]]:
        """Read on an assigned GPU, or on the CPU if there is none; `model` then says so."""
        try:
            results = _read_on_card(self.name, list(reviews))
            self.model = Where("cuda")
        except zero_gpu.NoCardError as error:
            LOG.warning("no GPU was assigned to %s, so the CPU answers: %s", self.name, error.what)
            if self._here is None:
                self._here = _opened(self.name, self._model, self._prompt, "cpu")
            results = list(self._here.stream(reviews))
            self.model = Where("cpu")
        yield from results


_placed: dict[str, LocalTeacher] = {}  # a process that gets a GPU is a fork of this one


def _opened(name: str, model: str, prompt: Prompt, device: str) -> LocalTeacher:
    from rdrec.teachers.chat_model import ChatModel  # torch

    return LocalTeacher(name, ChatModel(model, precision=PRECISION, device=device), Asker(prompt, 0))


def _read(name: str, reviews: list[Review]) -> list[list[TeacherResult]]:
    return list(_placed[name].stream(reviews))


def _seconds(name: str, reviews: list[Review]) -> int:
    return integer("live.card_seconds") + integer("live.card_review_seconds") * len(reviews)


_read_on_card = zero_gpu.on_card(_read, _seconds)
