"""The second reading of a file of reviews: the texts of the reviews that stay, cleaned."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rdrec import settings
from rdrec.data import core
from rdrec.data.importers.faulty import Unheeded
from rdrec.data.importers.forms import PANDAS_MISSING, Form
from rdrec.data.importers.tabular import TableFile, records
from rdrec.data.importers.waiting_texts import WaitingTexts
from rdrec.data.text import one_line, tidy, unmark, whole_characters
from rdrec.records import InputError, plural


def file_stamp(path: Path) -> tuple[int, int]:
    """What changes when a file is written to."""
    facts = path.stat()
    return facts.st_size, facts.st_mtime_ns


@dataclass
class ReviewTexts:
    """The second reading: the cleaned texts of the reviews that stay.  `line[row]` is where the review of a kept row begins."""

    form: Form
    table: TableFile
    line: core.Integers
    stamp: tuple[int, int]
    work_folder: Path | None
    cut: int = 0  # longer than data.max_review_chars
    written_missing: int = 0  # "nan" and the like
    half_characters: int = 0

    def read_into(self, waiting: WaitingTexts) -> npt.NDArray[np.bool_]:
        """Put the texts of all rows; returns which rows have a review."""
        wanted = bytearray(int(self.line.max()) + 1)
        order = np.argsort(self.line)
        np.frombuffer(wanted, dtype=np.uint8)[self.line] = 1
        has_text = np.zeros(len(self.line), dtype=bool)
        rows = iter(order.tolist())
        columns = (self.form.text, self.form.summary)
        for _, record in records(self.table, columns, Unheeded(), f"reading the texts of {self.table.path.name}", wanted):
            row = next(rows, None)
            if row is None:
                raise self._changed()
            review, summary = self._review(record.get(self.form.text)), self._summary(record.get(self.form.summary))
            has_text[row] = review is not None
            waiting.put(row, review, summary)
        if next(rows, None) is not None or file_stamp(self.table.path) != self.stamp:
            raise self._changed()
        return has_text

    def _review(self, text: object) -> str | None:
        limit = settings.integer("data.max_review_chars")
        whole = tidy(unmark(text)) if isinstance(text := self._whole(text), str) else None
        self.cut += whole is not None and len(whole) > limit
        return whole if whole is None or len(whole) <= limit else tidy(whole, limit)

    def _summary(self, text: object) -> str | None:
        return one_line(unmark(text)) if isinstance(text := self._whole(text), str) else None

    def _whole(self, text: object) -> object:
        if not isinstance(text, str):
            return None
        if text in PANDAS_MISSING:
            self.written_missing += 1
            return None
        text, half = whole_characters(text)
        self.half_characters += half
        return text

    def notes(self) -> list[str]:
        notes = []
        if self.cut:
            notes.append(f"{plural(self.cut, 'review')} cut to {settings.integer('data.max_review_chars'):,} characters")
        if self.written_missing:
            notes.append(f"{plural(self.written_missing, 'text')} written as nan or None: taken as missing")
        if self.half_characters:
            notes.append(f"{plural(self.half_characters, 'half character')} (lone surrogates) replaced by U+FFFD")
        return notes

    def _changed(self) -> InputError:
        return InputError("the file changed while it was read", where=self.table.path, todo="import it again")
