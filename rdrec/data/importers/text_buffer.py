"""Reorder texts from file order to row order, overflowing to disk if they do not fit into memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import gettempdir
from typing import Any, Self

import pyarrow as pa

from rdrec.core import settings
from rdrec.core.storage import ROW_GROUP_ROWS, scratch_folder

BLOCK_ROWS = 2 * ROW_GROUP_ROWS  # texts per block
_SCHEMA = pa.schema([("place", pa.int64()), ("review", pa.large_string()), ("summary", pa.large_string())])
_Row = tuple[int, str | None, str | None]


class TextBuffer:
    """`put` (place, review, summary) in any order, then take `blocks` in order of place.  A context manager."""

    def __init__(self, total: int, folder: Path | None = None) -> None:
        self._total, self._folder = total, folder
        self._rows: dict[int, list[_Row]] = {}
        self._chars, self._limit = 0, settings.integer("data.waiting_chars")
        self._open = ExitStack()
        self._files: dict[int, tuple[Any, Any]] = {}  # stream writer and its file
        self._place: Path | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def put(self, place: int, review: str | None, summary: str | None) -> None:
        """Store the texts of one row, in memory or, beyond the limit, in a file."""
        self._rows.setdefault(place // BLOCK_ROWS, []).append((place, review, summary))
        self._chars += len(review or "") + len(summary or "") + 100
        if self._chars > self._limit:
            self._write()

    def blocks(self) -> Iterator[tuple[list[str | None], list[str | None]]]:
        """Reviews and summaries in order of place, `BLOCK_ROWS` at a time; None where nothing was put."""
        if self._files:
            self._write()
        for writer, sink in self._files.values():
            writer.close()
            sink.close()
        for block in range(-(-self._total // BLOCK_ROWS)):
            start = block * BLOCK_ROWS
            size = min(BLOCK_ROWS, self._total - start)
            reviews: list[str | None] = [None] * size
            summaries: list[str | None] = [None] * size
            for place, review, summary in self._read(block):
                reviews[place - start], summaries[place - start] = review, summary
            yield reviews, summaries

    def _write(self) -> None:
        if self._place is None:
            self._place = self._open.enter_context(scratch_folder((self._folder or Path(gettempdir())) / "rdrec-import"))
        for block, rows in self._rows.items():
            if block not in self._files:
                sink = self._open.enter_context(pa.OSFile(str(self._place / str(block)), "wb"))
                options = pa.ipc.IpcWriteOptions(compression="lz4")
                self._files[block] = pa.ipc.new_stream(sink, _SCHEMA, options=options), sink
            columns = [
                pa.array(list(column), kind) for column, kind in zip(zip(*rows, strict=True), _SCHEMA.types, strict=True)
            ]
            self._files[block][0].write_batch(pa.record_batch(columns, schema=_SCHEMA))
        self._rows, self._chars = {}, 0

    def _read(self, block: int) -> Iterator[_Row]:
        if self._place is None:
            yield from self._rows.pop(block, [])
        elif block in self._files:
            with pa.OSFile(str(self._place / str(block))) as source, pa.ipc.open_stream(source) as reader:
                for batch in reader:
                    yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
