"""Read one review with one teacher and keep everything: the prompt, the raw answer, what was understood, and the evidence.

Nothing is stored; `run` reads a whole data set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from rdrec.core.records import Rationale, Review, TeacherAnswer
from rdrec.teachers.asking import Asker
from rdrec.teachers.base import StreamingTeacher, Teacher
from rdrec.teachers.grounding import Grounding, ground
from rdrec.teachers.prompts import Message, Prompt


@runtime_checkable
class PromptedTeacher(Protocol):
    """A language model: it has a prompt, and can say what it would be told about a review."""

    asker: Asker

    def messages(self, review: Review) -> list[Message] | None: ...


@dataclass(frozen=True, slots=True)
class Reading:
    """`prompt` and `messages` are None for a teacher without a prompt; `messages` also where the prompt finds nothing to read.

    raw        a language model's last answer in its own words, None where none came
    grounding  every claim against the review's words; None where there is no rationale
    """

    teacher: str
    prompt: Prompt | None
    messages: tuple[Message, ...] | None
    raw: str | None
    attempts: int
    answer: TeacherAnswer
    grounding: Grounding | None


def read_one(teacher: Teacher | StreamingTeacher, review: Review) -> Reading:
    """Raises what the teacher raises when it cannot be used at all (a server down, a budget spent); never for a text."""
    if isinstance(teacher, StreamingTeacher):
        (told,) = [one for batch in teacher.stream([review]) for one in batch]
        answer, raw, attempts = told.answer, told.raw, told.attempts
    else:
        (answer,) = teacher.answers([review])
        raw, attempts = None, 1
    prompt = messages = None
    if isinstance(teacher, PromptedTeacher):
        prompt = teacher.asker.prompt
        told_of = teacher.messages(review)
        messages = None if told_of is None else tuple(told_of)
    grounding = ground(review, answer) if isinstance(answer, Rationale) else None
    return Reading(teacher.name, prompt, messages, raw, attempts, answer, grounding)
