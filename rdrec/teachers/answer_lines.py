"""Answers that were computed elsewhere, as JSON lines: {"text_sha256", and "answer", or the fields of the answer}."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from rdrec.core.records import Failed, InputError, Review
from rdrec.teachers import grammar
from rdrec.teachers.answers import Answer
from rdrec.teachers.prompts import without_surrogates

_HASH = re.compile(r"[0-9a-f]{64}")
_NOBODY = Review(0, 0, 0, "")  # the form of an answer hangs on no review


def read_answers(path: Path, form: str) -> list[Answer]:
    """Every line checked against the grammar of `form`.  Raises InputError that names the first bad line."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise InputError(f"the answers cannot be read ({error})", where=path, todo="give a file of JSON lines") from None
    return [_answer(line, number, path, form) for number, line in enumerate(lines, start=1) if line.strip()]


def _answer(line: str, number: int, path: Path, form: str) -> Answer:
    try:
        fields: dict[str, Any] = json.loads(line)
        text = fields.pop("text_sha256", None)
    except (ValueError, AttributeError, TypeError, RecursionError):
        raise InputError(f"line {number} is not a JSON object", where=path, todo="see docs/teachers.md") from None
    if not isinstance(text, str) or not _HASH.fullmatch(text):
        raise InputError(f"line {number} has no text_sha256 of 64 hex digits", where=path, todo="see docs/teachers.md")
    raw = fields["answer"] if set(fields) == {"answer"} else json.dumps(fields, ensure_ascii=False)
    if not isinstance(raw, str) or isinstance(grammar.parse(form, raw, _NOBODY), Failed):
        raise InputError(
            f"line {number} is not an answer in the form that the prompt asks for", where=path, todo="remove such lines"
        )
    return Answer(text, without_surrogates(raw))
