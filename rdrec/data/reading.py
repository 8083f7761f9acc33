"""Strict, bounded reading of untrusted text files: lines, CSV rows, JSON lines and whole JSON files.

Faulty lines are reported to a `FaultSink`; problems with the whole file (a broken gzip stream, an archive bomb, an endless line) raise
InputError at once.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol, TypeVar

import orjson

from rdrec.core import settings
from rdrec.core.records import InputError, first_few
from rdrec.data.containers import InputFile, as_input, chunks

Line = TypeVar("Line", str, bytes)
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_SHOWN_FAULTS = 5
_MOST_ROWS_AGAIN = 8  # times `data.max_line_bytes`: text that may be re-read after broken quotes


class NotJSONError(ValueError):
    """Text that is not JSON; `line`: where the parser failed."""

    def __init__(self, what: str, line: int) -> None:
        super().__init__(what)
        self.line = line


class FaultSink(Protocol):
    """Receives faulty lines: `what` describes the fault, `kind` is the same without values, for counting."""

    def __len__(self) -> int: ...

    def add(self, line: int | None, what: str, kind: str | None = None) -> None:
        """Count a fault.  line: from 1, None if it concerns the whole file; kind: the fault without its values."""


class Faults:
    """The faults of one file, at most one per line; the first few are described, all are counted.

    `add` raises InputError when `data.max_faults` is reached; `check` raises it if there was any fault.
    """

    def __init__(self, path: Path, todo: str = "fix or remove these lines") -> None:
        self.path, self.todo = path, todo
        self._found: list[tuple[int | None, str]] = []
        self._lines: set[int] = set()

    def __len__(self) -> int:
        return len(self._found)

    def add(self, line: int | None, what: str, kind: str | None = None) -> None:
        """Count a fault; only the first one of a line counts.  Raises InputError when `data.max_faults` is reached."""
        if line is not None:
            if line in self._lines:
                return
            self._lines.add(line)
        self._found.append((line, what))
        if len(self._found) >= settings.integer("data.max_faults"):
            raise self.error(stopped=True)

    def check(self) -> None:
        """Raise InputError if there was any fault."""
        if self._found:
            raise self.error()

    def error(self, stopped: bool = False) -> InputError:
        """The error that describes the first faults.  stopped: reading ended at the limit, so there may be more."""
        assert self._found, "no fault to report"
        if len(self._found) == 1:
            line, what = self._found[0]
            return InputError(what, where=self.path if line is None else f"{self.path}:{line}", todo=self.todo)
        described = [what if line is None else f"line {line}: {what}" for line, what in self._found]
        count = f"{len(described)} faults" + (" (reading stopped there)" if stopped else "")
        return InputError(f"{count}: " + first_few(described, _SHOWN_FAULTS), where=self.path, todo=self.todo)


def raw_lines(source: Path | InputFile, label: str | None = None) -> Iterator[tuple[int, bytes]]:
    """Numbered lines (from 1) without line ends and byte order mark; `label` shows a progress bar.

    An incomplete line at the end of a truncated file is dropped.
    """
    file, limit = as_input(source), settings.integer("data.max_line_bytes")
    number, rest = 0, b""
    for chunk in chunks(file, label):
        pieces = (rest + chunk).split(b"\n")
        rest = pieces.pop()
        for piece in pieces:
            number += 1
            if len(piece) > limit:
                raise _too_long(file.path, number, limit)
            yield number, _trimmed(piece, number)
        if len(rest) > limit:
            raise _too_long(file.path, number + 1, limit)
    if rest and not file.was_cut:
        yield number + 1, _trimmed(rest, number + 1)


def _trimmed(line: bytes, number: int) -> bytes:
    return (line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line).removesuffix(b"\r")


def text_lines(source: Path | InputFile, faults: FaultSink, label: str | None = None) -> Iterator[tuple[int, str]]:
    """`raw_lines` decoded as UTF-8.  A line that is not UTF-8 or contains NUL is a fault, and is returned with replacement characters."""
    for number, raw in raw_lines(source, label):
        try:
            line = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            faults.add(number, *not_utf8(raw, error))
            line = raw.decode("utf-8", errors="replace")
        if "\0" in line:
            faults.add(number, "contains a NUL character, so it is not text; save the file as UTF-8")
            line = line.replace("\0", "\ufffd")
        yield number, line


def not_utf8(raw: bytes, error: UnicodeDecodeError) -> tuple[str, str]:
    """The fault and its kind."""
    return f"not UTF-8 (byte 0x{raw[error.start]:02x} at byte {error.start + 1}); save the file as UTF-8", "not UTF-8"


class _RowTooLongError(Exception):
    pass


class _RowLines:
    """Feeds lines to a CSV reader and can re-feed all but the first line of a broken row."""

    def __init__(self, path: Path, lines: Iterator[tuple[int, str]], faults: FaultSink) -> None:
        self._path, self._lines, self._faults = path, lines, faults
        self._again: deque[tuple[int, str, bool]] = deque()
        self._row: list[tuple[int, str, bool]] = []  # number, line, whether the line itself is faulty
        self._limit = settings.integer("data.max_line_bytes")
        self._size = self._given_again = 0
        self._next_line = 1

    def __iter__(self) -> _RowLines:
        return self

    def __next__(self) -> str:
        if self._again:
            self._row.append(self._again.popleft())
        else:
            before = len(self._faults)
            number, line = next(self._lines)
            self._row.append((number, line, len(self._faults) > before))
        line = self._row[-1][1]
        self._size += len(line) + 1
        if self._size > self._limit:
            raise _RowTooLongError
        return line + "\n"

    @property
    def faulty(self) -> bool:
        """Whether the row contains a faulty line."""
        return any(faulty for *_, faulty in self._row)

    @property
    def begin(self) -> int:
        """The line on which the current row begins."""
        return self._row[0][0] if self._row else self._next_line

    def start_row(self) -> None:
        if self._row:
            self._next_line = self._row[-1][0] + 1
        self._row, self._size = [], 0

    def requeue(self) -> None:
        """Re-feed the lines of this row after the first.  Raises InputError if that adds up to more than a few long rows."""
        again = self._row[1:]
        self._given_again += sum(len(line) for _, line, _ in again)
        if self._given_again > _MOST_ROWS_AGAIN * self._limit:
            raise InputError(
                "too many quotes are opened and never closed",
                where=f"{self._path}:{self.begin}",
                todo="rewrite the file with a CSV writer that doubles quotes in texts",
            )
        self._again.extendleft(reversed(again))


def csv_rows(
    source: Path | InputFile, faults: FaultSink, label: str | None = None, *, delimiter: str = ",", quoted: bool = True
) -> Iterator[tuple[int, list[str]]]:
    """CSV rows with the line on which each begins; quoted fields may span lines.

    A row with broken quotes or a faulty line is skipped; after broken quotes, reading continues on the line after the one where the row
    began.  Not `quoted`: quotes are ordinary characters, as in the AWS files.
    """
    file = as_input(source)
    csv.field_size_limit(settings.integer("data.max_line_bytes"))
    feed = _RowLines(file.path, text_lines(file, faults, label), faults)
    reader = csv.reader(feed, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE, strict=True)
    while True:
        feed.start_row()
        try:
            row = next(reader)
        except StopIteration:
            return
        except (csv.Error, _RowTooLongError) as error:
            if file.was_cut and "unexpected end of data" in str(error):
                return  # the row truncated at the end of the file
            _broken_row(feed, faults, error)
            continue
        if row and not feed.faulty:
            yield feed.begin, row


def _broken_row(feed: _RowLines, faults: FaultSink, error: Exception) -> None:
    begin, limit = feed.begin, settings.integer("data.max_line_bytes")
    if isinstance(error, _RowTooLongError):
        faults.add(
            begin, f"the row that begins here is longer than {limit:,} characters; check for a quote that is never closed"
        )
    elif "unexpected end of data" in str(error):
        faults.add(begin, "a quote is opened here and never closed")
    else:
        faults.add(begin, f"broken csv ({error})")
    feed.requeue()


def json_objects(path: Path, faults: Faults) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a JSON-lines file with their line numbers; blank lines are skipped, invalid ones are faults."""
    yield from objects(text_lines(path, faults), faults, parse_json, "one JSON object")


def objects(
    lines: Iterable[tuple[int, Line]], faults: FaultSink, parse: Callable[[Line], Any], expected: str
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The object of each line; blank lines are skipped, invalid ones are faults.

    parse  raises UnicodeDecodeError, or ValueError with a clear message
    """
    for number, line in lines:
        if not line or line.isspace():
            continue
        try:
            value = parse(line)
        except UnicodeDecodeError as error:
            faults.add(number, *not_utf8(error.object, error))
            continue
        except ValueError as error:
            faults.add(number, str(error))
            continue
        if isinstance(value, dict):
            yield number, value
        else:
            faults.add(number, f"expected {expected} on the line, {{...}}")


def read_json(path: Path) -> Any:
    """Read a whole JSON file.  Raises InputError with file and line."""
    limit = settings.integer("data.max_json_bytes")
    content = bytearray()
    for chunk in chunks(InputFile(path), None):
        content += chunk
        if len(content) > limit:
            raise InputError(f"larger than {limit:,} bytes", where=path, todo="use a file of a released data set")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError("not UTF-8", where=f"{path}:{line}", todo="save the file as UTF-8") from None
    try:
        return parse_json(text)
    except NotJSONError as error:
        raise InputError(str(error), where=f"{path}:{error.line}", todo="download the file again or fix it") from None
    except ValueError as error:
        raise InputError(str(error), where=path, todo="download the file again or fix it") from None


def parse_json(text: str) -> Any:
    """Strict JSON: no NaN, infinite or huge numbers, repeated keys, lone surrogates or excessive nesting.

    Raises ValueError with a clear message (NotJSONError, which has the line, for text that is not JSON).
    """
    try:
        value = json.loads(text, object_pairs_hook=unique_keys, parse_constant=no_constant, parse_float=_float, parse_int=_int)
        if _SURROGATE_ESCAPE.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise NotJSONError(_not_json(error), error.lineno) from None
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None
    except UnicodeEncodeError:
        raise ValueError("the JSON contains a lone surrogate (\\ud800 to \\udfff)") from None
    return value


def parse_record(raw: bytes) -> Any:
    """Parse one line of a dump leniently.  Raises ValueError with a clear message.

    Accepts NaN, Infinity, lone surrogates (for the caller to replace) and repeated keys (the last counts).
    """
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        pass  # let the slow parser read or explain it
    try:
        return json.loads(raw.decode("utf-8"), parse_int=_int_or_float)
    except json.JSONDecodeError as error:
        raise ValueError(_not_json(error)) from None
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None


def _not_json(error: json.JSONDecodeError) -> str:
    cut = error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated string")
    return "the JSON is cut off in the middle" if cut else f"not JSON ({error.msg}, column {error.colno})"


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An `object_pairs_hook` for `json.loads`.  Raises ValueError for an object with a repeated key."""
    value = dict(pairs)
    if len(value) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {twice[:80]!r} appears twice in one JSON object")
    return value


def no_constant(text: str) -> Any:
    """A `parse_constant` for `json.loads`.  Raises ValueError for NaN and infinities."""
    raise ValueError(f"{text} is not a JSON number")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text[:40]} is out of range")
    return value


def _int_or_float(text: str) -> int | float:
    return int(text) if len(text) <= 18 else float(text)


def _int(text: str) -> int:
    if len(text) > 18:  # may not fit into 64 bits
        raise ValueError(f"the number {text[:20]}... is out of range")
    return int(text)


def _too_long(path: Path, line: int, limit: int) -> InputError:
    return InputError(f"the line is longer than {limit:,} bytes", where=f"{path}:{line}", todo="use a file of reviews")
