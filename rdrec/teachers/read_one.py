"""Read one review with one teacher and return everything: prompt, raw answer, parsed answer and evidence.

Nothing is stored; `run` reads a whole data set.
"""

from __future__ import annotations

from dataclasses import dataclass

from rdrec.core.records import Rationale, Review, TeacherAnswer
from rdrec.teachers.base import Teacher
from rdrec.teachers.grounding import Grounding, ground
from rdrec.teachers.prompted import PromptedModel
from rdrec.teachers.prompts import Message, Prompt


@dataclass(frozen=True, slots=True)
class Reading:
    """What one teacher made of one review.

    prompt     None for a teacher without a prompt
    messages   None likewise, and if the prompt finds nothing to read
    raw        a language model's last answer in its own words, if any
    grounding  checks of every claim against the review; None if there is no rationale
    """

    teacher: str
    prompt: Prompt | None
    messages: tuple[Message, ...] | None
    raw: str | None
    attempts: int
    answer: TeacherAnswer
    grounding: Grounding | None


def read_one(teacher: Teacher, review: Review) -> Reading:
    """Read a review.  Raises the teacher's error if it cannot be used at all (server down, budget used up), never because of the text."""
    (result,) = [one for batch in teacher.stream([review]) for one in batch]
    prompt = messages = None
    if isinstance(teacher, PromptedModel):
        prompt = teacher.asker.prompt
        turns = teacher.messages(review)
        messages = None if turns is None else tuple(turns)
    grounding = ground(review, result.answer) if isinstance(result.answer, Rationale) else None
    return Reading(teacher.name, prompt, messages, result.raw, result.attempts, result.answer, grounding)
