"""Bounded, strict reading of text files that came from outside: lines, csv rows, JSON lines, whole JSON files.

In: a path, plain or gzip.  Out: numbered lines, rows or objects, read as a stream; the limits are the `data.*` settings.
What is wrong with single lines is gathered in `Faults` and said at once; what ends the reading (a broken gzip stream, a
bomb, a line without end) is an InputError at once.  It knows nothing of what the columns mean.
"""

from __future__ import annotations

import csv
import json
import math
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from tqdm import tqdm

from rdrec import settings
from rdrec.records import InputError, first_few

CHUNK = 2**16  # bytes read or unpacked at a time
GZIP_MAGIC = b"\x1f\x8b"
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_SHOWN_FAULTS = 5


class NotJSONError(ValueError):
    """Text that is not JSON, and the line on which that shows."""

    def __init__(self, what: str, line: int) -> None:
        super().__init__(what)
        self.line = line


class Faults:
    """What is wrong in one file, line by line: the first few in words, all counted, one for a line.

    `add` raises by itself when `data.max_faults` is reached; `check` raises if there was any.
    """

    def __init__(self, path: Path, todo: str = "mend or remove these lines") -> None:
        self.path, self.todo = path, todo
        self._found: list[tuple[int | None, str]] = []
        self._lines: set[int] = set()

    def __len__(self) -> int:
        return len(self._found)

    def add(self, line: int | None, what: str) -> None:
        if line is not None:
            if line in self._lines:
                return
            self._lines.add(line)
        self._found.append((line, what))
        if len(self._found) >= settings.integer("data.max_faults"):
            raise self.error(stopped=True)

    def check(self) -> None:
        if self._found:
            raise self.error()

    def error(self, stopped: bool = False) -> InputError:
        assert self._found, "no fault to report"
        if len(self._found) == 1:
            line, what = self._found[0]
            return InputError(what, where=self.path if line is None else f"{self.path}:{line}", todo=self.todo)
        said = [what if line is None else f"line {line}: {what}" for line, what in self._found]
        count = f"{len(said)} faults" + (" (reading stopped there)" if stopped else "")
        return InputError(f"{count}: " + first_few(said, _SHOWN_FAULTS), where=self.path, todo=self.todo)


def text_lines(path: Path, faults: Faults, label: str | None = None) -> Iterator[tuple[int, str]]:
    """Numbered lines (from 1) without their ends, of UTF-8 text, plain or gzip; `label` shows a progress bar.

    A line that is not UTF-8 or holds a NUL is a fault and goes on with a stand-in character, so that the rest is still checked.
    """
    for number, raw in _split(_chunks(path, label), path):
        try:
            line = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            faults.add(number, f"not UTF-8 (byte 0x{raw[error.start]:02x} at byte {error.start + 1}); save the file as UTF-8")
            line = raw.decode("utf-8", errors="replace")
        if "\0" in line:
            faults.add(number, "holds a NUL character: not a text file, or UTF-16; save it as UTF-8")
            line = line.replace("\0", "\ufffd")
        yield number, line.removeprefix("\ufeff") if number == 1 else line


def csv_rows(path: Path, faults: Faults, label: str | None = None) -> Iterator[tuple[int, list[str]]]:
    """The rows of a csv file with the line on which each begins; a row may span lines inside quotes.

    Broken quoting ends the reading (what follows cannot be told apart): the error names the line where the row begins.
    """
    limit = settings.integer("data.max_line_bytes")
    csv.field_size_limit(limit)
    begin, size = 1, 0

    def feed() -> Iterator[str]:
        nonlocal size
        for _, line in text_lines(path, faults, label):
            size += len(line) + 1
            if size > limit:
                raise InputError(
                    f"the row that begins here is longer than {limit:,} characters",
                    where=f"{path}:{begin}",
                    todo="look for a quote that is never closed",
                )
            yield line + "\n"

    reader = csv.reader(feed(), strict=True)
    while True:
        begin, size = reader.line_num + 1, 0
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            unclosed = "unexpected end of data" in str(error)
            faults.add(begin, "a quote is opened here and never closed" if unclosed else f"broken csv ({error})")
            raise faults.error() from None
        if row:
            yield begin, row


def json_objects(path: Path, faults: Faults, label: str | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a JSON-lines file with their line numbers; blank lines are passed over, bad ones are faults."""
    for number, line in text_lines(path, faults, label):
        if not line.strip():
            continue
        try:
            value = parse_json(line)
        except ValueError as error:
            faults.add(number, str(error))
            continue
        if isinstance(value, dict):
            yield number, value
        else:
            faults.add(number, "expected one JSON object on the line, {...}")


def read_json(path: Path) -> Any:
    """The value of a JSON file that is read whole.  Raises InputError with file and line."""
    limit = settings.integer("data.max_json_bytes")
    content = bytearray()
    for chunk in _chunks(path, None):
        content += chunk
        if len(content) > limit:
            raise InputError(f"larger than {limit:,} bytes", where=path, todo="this is not a file of a released data set")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError("not UTF-8", where=f"{path}:{line}", todo="save the file as UTF-8") from None
    try:
        return parse_json(text)
    except NotJSONError as error:
        raise InputError(str(error), where=f"{path}:{error.line}", todo="get the file again, or mend it") from None
    except ValueError as error:
        raise InputError(str(error), where=path, todo="get the file again, or mend it") from None


def parse_json(text: str) -> Any:
    """Strict JSON: no NaN, no infinite or huge number, no key twice, no lone surrogate, no endless nesting.

    Raises ValueError with a clear sentence (NotJSONError, which knows its line, for text that is not JSON).
    """
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float, parse_int=_int)
        if _SURROGATE_ESCAPE.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
        said = "the JSON is cut off in the middle" if cut else f"not JSON ({error.msg}, column {error.colno})"
        raise NotJSONError(said, error.lineno) from None
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None
    except UnicodeEncodeError:
        raise ValueError("the JSON holds half a character (a lone surrogate, \\ud800 to \\udfff)") from None
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {twice[:80]!r} comes twice in one JSON object")
    return value


def _constant(text: str) -> Any:
    raise ValueError(f"{text} is not a JSON number")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text[:40]} is out of range")
    return value


def _int(text: str) -> int:
    if len(text) > 18:  # more digits than a 64-bit integer surely holds
        raise ValueError(f"the number {text[:20]}... is out of range")
    return int(text)


def _split(chunks: Iterator[bytes], path: Path) -> Iterator[tuple[int, bytes]]:
    limit = settings.integer("data.max_line_bytes")
    number, rest = 0, b""
    for chunk in chunks:
        pieces = (rest + chunk).split(b"\n")
        rest = pieces.pop()
        for piece in pieces:
            number += 1
            if len(piece) > limit:
                raise _too_long(path, number, limit)
            yield number, piece.removesuffix(b"\r")
        if len(rest) > limit:
            raise _too_long(path, number + 1, limit)
    if rest:
        yield number + 1, rest.removesuffix(b"\r")


def _too_long(path: Path, line: int, limit: int) -> InputError:
    return InputError(f"the line is longer than {limit:,} bytes", where=f"{path}:{line}", todo="this is not a file of reviews")


def _chunks(path: Path, label: str | None) -> Iterator[bytes]:
    """The unpacked bytes of a file, at most CHUNK at a time; gzip is told by its first bytes, not by the name."""
    limit = settings.integer("data.max_unpacked_bytes")
    total = 0
    try:
        with (
            path.open("rb") as file,
            tqdm(
                desc=label,
                total=path.stat().st_size,
                unit="B",
                unit_scale=True,
                leave=False,
                disable=True if label is None else None,
            ) as bar,
        ):
            packed = file.read(2) == GZIP_MAGIC
            file.seek(0)
            if not packed and path.suffix == ".gz" and path.stat().st_size:
                raise InputError("not gzip, although the name ends in .gz", where=path, todo="download it again, or rename it")
            for chunk in _gunzip(file, path) if packed else iter(lambda: file.read(CHUNK), b""):
                total += len(chunk)
                if total > limit:
                    raise InputError(f"unpacks to more than {limit:,} bytes", where=path, todo="cut the file in parts")
                yield chunk
                bar.update(file.tell() - bar.n)
    except FileNotFoundError:
        raise InputError("there is no such file", where=path, todo="check the path") from None
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror or error})", where=path, todo="check the path and the permissions"
        ) from None


def _gunzip(file: BinaryIO, path: Path) -> Iterator[bytes]:
    """Unpack a gzip stream (of one or more members) in bounded steps.  Raises InputError when broken, cut off or a bomb."""
    grace, ratio = settings.integer("data.gzip_grace_bytes"), settings.integer("data.max_gzip_ratio")
    unpack, begun = zlib.decompressobj(31), False  # 31: gzip header and checksum
    given = 0
    while packed := file.read(CHUNK):
        full = False
        while packed or full:
            if not begun:
                packed = packed.lstrip(b"\0")  # padding after a member is allowed (gzip manual)
                begun = bool(packed)
                if not begun:
                    break
            try:
                piece = unpack.decompress(packed, CHUNK)
            except zlib.error as error:
                reason = str(error).rpartition(": ")[2]
                raise InputError(f"the gzip data is broken ({reason})", where=path, todo="download the file again") from None
            packed, full = unpack.unconsumed_tail, len(piece) == CHUNK
            if unpack.eof:
                packed, full = unpack.unused_data, False
                unpack, begun = zlib.decompressobj(31), False
            given += len(piece)
            if given > grace and given > ratio * (file.tell() - len(packed)):
                raise InputError(
                    f"unpacks to more than {ratio} times its size: not text", where=path, todo="do not open this file"
                )
            if piece:
                yield piece
    if begun:
        raise InputError("the gzip data is cut off", where=path, todo="download the file again")
