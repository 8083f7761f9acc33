"""Second pass over a file of reviews: the cleaned texts of the selected reviews."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rdrec.core import settings
from rdrec.core.arrays import Integers
from rdrec.core.records import InputError, plural
from rdrec.data.importers.faulty import ANY, FaultyLines
from rdrec.data.importers.forms import PANDAS_MISSING, Form
from rdrec.data.importers.tabular import TableFile, records
from rdrec.data.importers.text_buffer import TextBuffer
from rdrec.data.text import one_line, replace_surrogates, strip_markup, tidy


def file_stamp(path: Path) -> tuple[int, int]:
    """Size and modification time, to detect changes."""
    facts = path.stat()
    return facts.st_size, facts.st_mtime_ns


@dataclass
class ReviewTexts:
    """Reads the texts; `line[row]` is the line on which the review of a selected row begins."""

    form: Form
    table: TableFile
    line: Integers
    stamp: tuple[int, int]
    work_folder: Path | None
    cut: int = 0  # reviews longer than data.max_review_chars
    written_missing: int = 0  # texts such as "nan"
    surrogates: int = 0

    def read_into(self, waiting: TextBuffer) -> npt.NDArray[np.bool_]:
        """Store the texts of all rows; return which rows have a review.  Raises InputError if the file has changed."""
        selected = bytearray(int(self.line.max()) + 1)
        order = np.argsort(self.line)
        np.frombuffer(selected, dtype=np.uint8)[self.line] = 1
        has_text = np.zeros(len(self.line), dtype=bool)
        rows = iter(order.tolist())
        columns, faults = (self.form.text, self.form.summary), FaultyLines(self.table.path, ANY)
        for _, record in records(self.table, columns, faults, f"reading the texts of {self.table.path.name}", selected):
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
        whole = tidy(strip_markup(text)) if isinstance(text := self._whole(text), str) else None
        self.cut += whole is not None and len(whole) > limit
        return whole if whole is None or len(whole) <= limit else tidy(whole, limit)

    def _summary(self, text: object) -> str | None:
        return one_line(strip_markup(text)) if isinstance(text := self._whole(text), str) else None

    def _whole(self, text: object) -> object:
        if not isinstance(text, str):
            return None
        if text in PANDAS_MISSING:
            self.written_missing += 1
            return None
        text, count = replace_surrogates(text)
        self.surrogates += count
        return text

    def notes(self) -> list[str]:
        """What was changed in the texts, for the notes of the import."""
        notes = []
        if self.cut:
            notes.append(f"{plural(self.cut, 'review')} cut to {settings.integer('data.max_review_chars'):,} characters")
        if self.written_missing:
            notes.append(f"{plural(self.written_missing, 'text')} written as nan or None treated as missing")
        if self.surrogates:
            notes.append(f"{plural(self.surrogates, 'lone surrogate')} replaced by U+FFFD")
        return notes

    def _changed(self) -> InputError:
        return InputError("the file changed while it was read", where=self.table.path, todo="import it again")
