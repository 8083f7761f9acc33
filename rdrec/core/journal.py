"""Append-only journal of long runs: one checksummed line per result, synced to disk.  A line cut off by a crash is dropped.

Values are JSON and are returned in order.
Line format: eight hex digits of CRC-32 over the JSON text, a tab, the JSON text, a newline.
"""

from __future__ import annotations

import json
import os
import zlib
from contextlib import nullcontext, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from rdrec.core.records import ArtefactError
from rdrec.core.storage import lock, writing


class Journal:
    """A journal opened for reading and appending by one writer; a second writer is refused.

    `entries` holds the results of earlier runs.  The first line is a header.  A journal that has entries cannot be opened with
    another header (another teacher, another data set), so results never mix.
    """

    def __init__(self, path: Path, header: dict[str, Any]) -> None:
        self.path = path
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: BinaryIO = path.open("a+b")
        try:
            lock(self._file, path, "another process is writing this journal", "wait for it or stop it")
            with writing(path):
                self.entries = self._recover(header)
        except BaseException:
            with suppress(OSError):
                self._file.close()
            raise

    def append(self, values: list[Any]) -> None:
        """Write results and sync once; from then on they survive a crash."""
        with writing(self.path):
            self._write(values)
        self.entries.extend(values)

    def discard(self) -> None:
        """Remove the journal after the work has been saved elsewhere."""
        self.path.unlink(missing_ok=True)
        self._file.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        with suppress(OSError) if kind else nullcontext():  # on a full disk, closing fails like the write before it
            self._file.close()

    def _recover(self, header: dict[str, Any]) -> list[Any]:
        self._file.seek(0)
        content = self._file.read()
        values: list[Any] = []
        good = 0
        while (end := content.find(b"\n", good)) >= 0:
            value = _parse(content[good : end + 1])
            if value is None:
                if content.find(b"\n", end + 1) >= 0:  # damage in the middle, not a last line cut off by a crash
                    raise ArtefactError(
                        f"line {len(values) + 1} is damaged", where=self.path, todo="delete the file and start over"
                    )
                break
            values.append(value)
            good = end + 1
        self._file.truncate(good)
        self._file.seek(0, os.SEEK_END)
        if len(values) <= 1 and values != [header]:  # new or without results, so nothing can mix
            self._file.truncate(0)
            self._write([header])
            return []
        if values[0] != header:
            raise ArtefactError(
                "this journal belongs to an unfinished run with other settings or other data",
                where=self.path,
                todo="finish that run with its own settings, or delete this file",
            )
        return values[1:]

    def _write(self, values: list[Any]) -> None:
        self._file.write(b"".join(_line(value) for value in values))
        self._file.flush()
        os.fsync(self._file.fileno())


def _line(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True).encode()
    return b"%08x\t%b\n" % (zlib.crc32(text), text)


def _parse(line: bytes) -> Any:
    """The value of an undamaged line, otherwise None (a journal never contains null)."""
    if len(line) < 10 or line[8:9] != b"\t":
        return None
    text = line[9:-1]
    if line[:8] != b"%08x" % zlib.crc32(text):
        return None
    return json.loads(text)
