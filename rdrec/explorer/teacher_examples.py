"""Example reviews with recorded answers of language models (assets/teacher_examples.json).

Created with `python precomputed/record-teacher-examples.py FILE.gguf`.
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
    """An example; `answers`: recorded answers whose claims are checked when the file is read."""

    key: str
    text: str
    stars: int
    answers: tuple[Distilled, ...]


@lru_cache(maxsize=1)
def teacher_examples() -> tuple[TeacherExample, ...]:
    """All examples, in file order.  Raises ArtefactError if the file cannot be read."""
    try:
        entries = json.loads(FILE.read_text("utf-8"))["examples"]
        return tuple(
            TeacherExample(
                entry["key"], entry["text"], entry["stars"], tuple(_answer(entry["text"], raw) for raw in entry["answers"])
            )
            for entry in entries
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtefactError(
            "the examples for teachers cannot be read", where=FILE, todo="restore the file from the repository"
        ) from error


def _answer(text: str, raw: dict[str, Any]) -> Distilled:
    claims: tuple[Claim, ...] = decode_claims(json.dumps(raw["claims"]))
    sentences = raw["user_preference"], raw["item_attribution"]
    why: tuple[str | None, ...] = ()
    if raw["status"] == "ok":
        checks = ground(Review(0, 0, 0, text), Rationale(*sentences, claims)).claims
        why = tuple(None if check.supported else check.why for check in checks)
    return Distilled(0, 0, raw["status"], raw["reason"], *sentences, claims, raw["teacher"], why, raw["raw"])
