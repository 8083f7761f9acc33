"""Answers of language models, stored by text, model, prompt and sampling, so that no text is read twice.

A store is one or more folders of Parquet parts, which are never changed.  They contain hashes of texts but no texts, users or items, so
answers about real reviews can be shipped.  docs/teachers.md describes the columns.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from rdrec.core.home import PROJECT, Home
from rdrec.core.records import ArtefactError, Failed, InputError, Review
from rdrec.core.storage import atomic_write
from rdrec.teachers import grammar
from rdrec.teachers.asking import Asker, text_sha256
from rdrec.teachers.prompts import without_surrogates

SHIPPED = PROJECT / "precomputed" / "answers"
_HASH = re.compile(r"[0-9a-f]{64}")
_NOBODY = Review(0, 0, 0, "")  # the form of an answer hangs on no review
_COLUMNS = ("text_sha256", "model", "prompt", "sampling", "answer", "attempts", "model_name", "engine")


@dataclass(frozen=True, slots=True)
class Answer:
    """The model's own words about one text, and how often it was asked."""

    text_sha256: str
    raw: str
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Identity:
    """A language model with its prompt.

    model_id            identity of the weights ("sha256:..." of a GGUF file), or a server's name for its model
    model_name, engine  for people
    """

    asker: Asker
    model_id: str
    model_name: str
    engine: str

    @property
    def source(self) -> dict[str, str]:
        """Everything on which the answer to a given text depends, by column of the store."""
        return {"model": self.model_id, "prompt": self.asker.prompt.sha256, "sampling": self.asker.sampling}

    def key(self, review: Review) -> str | None:
        """The hash of what the prompt reads of the review; None if it reads nothing."""
        text = self.asker.prompt.source(review)
        return None if text is None else text_sha256(text)


def identity(teacher: object) -> Identity | None:
    """The identity of a language model; None for other teachers."""
    found = getattr(teacher, "identity", None)
    return found if isinstance(found, Identity) else None


class AnswerStore:
    """Reads all of `folders`; writes new parts into the first."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = tuple(folders)

    @classmethod
    def of(cls, home: Home) -> AnswerStore:
        """The store of a home, together with the answers that come with the program."""
        return cls((home.answers, SHIPPED))

    def find(self, source: dict[str, str]) -> dict[str, Answer]:
        """All answers of a source, by the hash of the text.  Raises ArtefactError for a damaged part."""
        found: dict[str, Answer] = {}
        for folder in self.folders:
            for part in sorted(folder.glob("*.parquet")):
                for answer in _read(part, source):
                    found.setdefault(answer.text_sha256, answer)
        return found

    def add(self, identity: Identity, answers: Iterable[Answer]) -> Path | None:
        """Write one part with the answers that are not in the store yet; None if there are none.  The same answers give the same file."""
        source = identity.source
        known = self.find(source)
        new = {answer.text_sha256: answer for answer in answers if answer.text_sha256 not in known}
        if not new:
            return None
        rows = [
            (one.text_sha256, *source.values(), one.raw, one.attempts, identity.model_name, identity.engine)
            for _, one in sorted(new.items())
        ]
        buffer = io.BytesIO()
        pd.DataFrame(rows, columns=list(_COLUMNS)).to_parquet(buffer, engine="pyarrow", compression="zstd", index=False)
        content = buffer.getvalue()
        path = self.folders[0] / f"{hashlib.sha256(content).hexdigest()[:16]}.parquet"
        atomic_write(path, content)
        return path


def _read(part: Path, source: dict[str, str]) -> list[Answer]:
    filters = [(column, "==", value) for column, value in source.items()]
    try:
        table = pd.read_parquet(part, engine="pyarrow", columns=["text_sha256", "answer", "attempts"], filters=filters)
    except (OSError, ValueError, KeyError) as error:  # pyarrow's own errors derive from these
        raise ArtefactError(
            f"stored answers cannot be read ({str(error)[:200]})",
            where=part,
            todo="delete the file; the model then reads its reviews again",
        ) from error
    return [Answer(*row) for row in table.itertuples(index=False, name=None)]


def read_answers(path: Path, form: str) -> list[Answer]:
    """Answers that were computed elsewhere, as JSON lines: {"text_sha256", and "answer", or the fields of the answer}.

    Every line is checked against the grammar of `form`.  Raises InputError that names the first bad line.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise InputError(f"the answers cannot be read ({error})", where=path, todo="give a file of JSON lines") from None
    return [_answer(line, number, path, form) for number, line in enumerate(lines, start=1) if line.strip()]


def _answer(line: str, number: int, path: Path, form: str) -> Answer:
    try:
        entry: dict[str, Any] = json.loads(line)
        text = entry.pop("text_sha256", None)
    except (ValueError, AttributeError, TypeError, RecursionError):
        raise InputError(f"line {number} is not a JSON object", where=path, todo="see docs/teachers.md") from None
    if not isinstance(text, str) or not _HASH.fullmatch(text):
        raise InputError(f"line {number} has no text_sha256 of 64 hex digits", where=path, todo="see docs/teachers.md")
    raw = entry["answer"] if set(entry) == {"answer"} else json.dumps(entry, ensure_ascii=False)
    if not isinstance(raw, str) or isinstance(grammar.parse(form, raw, _NOBODY), Failed):
        raise InputError(
            f"line {number} is not an answer in the form that the prompt asks for", where=path, todo="remove such lines"
        )
    return Answer(text, without_surrogates(raw))
