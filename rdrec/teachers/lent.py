"""A chat model on a card that is lent for one review (`core.zero_gpu`); on the CPU where none is lent.

In: a hub id or folder, a prompt.  Out: a teacher, for the page of a Space.  The model is placed on the card's stand-in when the page
starts, so that the process that gets a card finds it there; bf16, since packed weights cannot be placed so.
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
from rdrec.teachers.base import Told
from rdrec.teachers.local import LocalTeacher
from rdrec.teachers.prompts import Message, Prompt

if TYPE_CHECKING:
    from rdrec.teachers.answers import Identity

LOG = logging.getLogger(__name__)
PRECISION = "bf16"


@dataclass(frozen=True, slots=True)
class Where:
    """On what the last review was read."""

    device: str
    precision: str = PRECISION


class LentTeacher:
    """Implements `teachers.StreamingTeacher`.  Make it before the page is launched: what is placed later is not moved to a card."""

    def __init__(self, name: str, model: str, prompt: Prompt) -> None:
        self.name, self._model, self._prompt = name, model, prompt
        self.asker = Asker(prompt, 0)
        self.model = Where("cuda")
        _placed[name] = _opened(name, model, prompt, "cuda")
        self._here: LocalTeacher | None = None

    @property
    def config(self) -> dict[str, Any]:
        """What determines the answers: model, prompt, sampling."""
        return _placed[self.name].config

    @property
    def identity(self) -> Identity:
        """Under what its answers are kept."""
        return _placed[self.name].identity

    def messages(self, review: Review) -> list[Message] | None:
        """What the model is told about a review; None where the prompt has nothing to read in it."""
        return _placed[self.name].messages(review)

    def note(self) -> str:
        """Nothing is counted for a progress bar."""
        return ""

    def spent(self) -> dict[str, float]:
        """Nothing is counted: the Space has a quota of its own."""
        return {}

    def stream(self, reviews: Sequence[Review]) -> Iterator[list[Told]]:
        """Read on a lent card; on the CPU where none is lent, and `model` says so."""
        try:
            told = _read_on_card(self.name, list(reviews))
            self.model = Where("cuda")
        except zero_gpu.NoCardError as error:
            LOG.warning("no card was lent to %s, so the CPU answers: %s", self.name, error.what)
            if self._here is None:
                self._here = _opened(self.name, self._model, self._prompt, "cpu")
            told = list(self._here.stream(reviews))
            self.model = Where("cpu")
        yield from told


_placed: dict[str, LocalTeacher] = {}  # a process with a card is a fork of this one


def _opened(name: str, model: str, prompt: Prompt, device: str) -> LocalTeacher:
    from rdrec.teachers.chat_model import ChatModel  # torch

    return LocalTeacher(name, ChatModel(model, precision=PRECISION, device=device), Asker(prompt, 0))


def _read(name: str, reviews: list[Review]) -> list[list[Told]]:
    return list(_placed[name].stream(reviews))


def _seconds(name: str, reviews: list[Review]) -> int:
    return integer("live.card_seconds") + integer("live.card_review_seconds") * len(reviews)


_read_on_card = zero_gpu.on_card(_read, _seconds)
