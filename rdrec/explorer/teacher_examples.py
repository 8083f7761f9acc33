"""Reviews to try a teacher on, each with the answers of language models that were recorded: assets/teacher_examples.json.

Made with `python precomputed/record-teacher-examples.py FILE.gguf`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rdrec.core.home import PROJECT
from rdrec.core.records import ArtefactError, Claim, Rationale, Review
from rdrec.data.rationales import decode_claims
from rdrec.explorer.answers import Distilled
from rdrec.teachers.grounding import ground

FILE = PROJECT / "assets" / "teacher_examples.json"


@dataclass(frozen=True, slots=True)
class TeacherExample:
    """`answers` as they were recorded, each claim checked against the text now."""

    key: str
    text: str
    stars: int
    answers: tuple[Distilled, ...]


@lru_cache(maxsize=1)
def teacher_examples() -> tuple[TeacherExample, ...]:
    """All examples, in their order.  Raises ArtefactError where the file cannot be read."""
    try:
        entries = json.loads(FILE.read_text("utf-8"))["examples"]
        return tuple(
            TeacherExample(one["key"], one["text"], one["stars"], tuple(_answer(one["text"], said) for said in one["answers"]))
            for one in entries
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtefactError(
            "the examples for teachers cannot be read", where=FILE, todo="restore the file from the repository"
        ) from error


def _answer(text: str, said: dict[str, Any]) -> Distilled:
    claims: tuple[Claim, ...] = decode_claims(json.dumps(said["claims"]))
    sentences = said["user_preference"], said["item_attribution"]
    why: tuple[str | None, ...] = ()
    if said["status"] == "ok":
        checks = ground(Review(0, 0, 0, text), Rationale(*sentences, claims)).claims
        why = tuple(None if check.supported else check.why for check in checks)
    return Distilled(0, 0, said["status"], said["reason"], *sentences, claims, said["teacher"], why, said["raw"])
