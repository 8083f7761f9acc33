"""Read records of a CSV, JSON-lines or Parquet file with known columns, detecting format and delimiter."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rdrec.core.records import InputError, plural
from rdrec.data.containers import InputFile, container, is_parquet
from rdrec.data.importers.faulty import FaultRule, FaultyLines
from rdrec.data.importers.forms import Unit
from rdrec.data.importers.parquet import parquet_columns, parquet_rows
from rdrec.data.reading import FaultSink, csv_rows, objects, parse_record, raw_lines

Kind = Literal["csv", "json", "parquet"]
Record = tuple[int, dict[str, Any]]
_DELIMITERS = {",": "comma", "\t": "tab", ";": "semicolon"}
# Recognised by the first line; a merely damaged JSON record is handled by the rule for faulty lines.
_NO_TABLE = tuple(
    (re.compile(first_line), (what, todo))
    for first_line, what, todo in (
        (r"\[", "this is a JSON array", "write one JSON object per line (jq -c '.[]' FILE)"),
        (r"\{\s*$", "the JSON objects span several lines", "write one JSON object per line (jq -c . FILE)"),
        (r"<", "this is a web page or XML, not data", "download the file again"),
        (
            r"\{?\0|[^{][^\0]*\0",
            "this is binary data, or UTF-16 without a byte order mark",
            "unpack or convert it, or save it as UTF-8",
        ),
        (
            r"\{[^\r]*\}\r\s*\{|[^{][^\r]*\r",
            "the lines end in a bare carriage return, as on old Macs",
            "save the file with line feeds",
        ),
    )
)
_INSPECTED = 100  # records of a JSON file, because the first may lack a column


@dataclass(frozen=True)
class TableFile:
    """A file of records and how to read it; `names`: its columns, for JSON lines those of the first records."""

    file: InputFile
    kind: Kind
    names: tuple[str, ...]
    delimiter: str = ","
    quoted: bool = True
    unit: Unit = "seconds"

    @property
    def path(self) -> Path:
        """The path of the file."""
        return self.file.path

    @property
    def noun(self) -> str:
        """What a record is called in messages."""
        return "row" if self.kind == "parquet" else "line"

    def wrong_columns(self, missing: Sequence[str], todo: str) -> InputError:
        """The error for missing columns; unprintable names are escaped for the terminal."""
        found = ", ".join(name if name.isprintable() else repr(name) for name in self.names)[:300] or "none"
        if self.kind == "csv" and len(self.names) == 1:
            todo += "; columns are separated by a comma, a tab or a semicolon"
        return InputError(f"the columns are wrong: missing {', '.join(missing)}; found {found}", where=self.path, todo=todo)

    def described(self) -> str:
        """For reports, as in 'tab separated text, gzip'."""
        if self.kind == "parquet":
            return "Parquet"
        text = "JSON lines" if self.kind == "json" else f"{_DELIMITERS[self.delimiter]} separated text"
        packed = container(self.path)
        return text if packed == "plain" else f"{text}, {packed}"


def inspect_table(file: InputFile, what: str, forms: Sequence[Sequence[str]]) -> TableFile:
    """Detect how to read a file; a CSV delimiter is chosen to give the most columns of one of the `forms`.

    what  what the file should contain, for error messages
    Raises InputError for an empty file, a JSON array, a web page and the like.
    """
    if is_parquet(file.path):
        return TableFile(file, "parquet", tuple(parquet_columns(file.path)))
    first = next((line for _, line in raw_lines(file) if line.strip()), b"").decode("utf-8", "replace").strip()
    if not first:
        raise InputError("the file is empty", where=file.path, todo=f"use a file of {what}")
    if fault := next((fault for pattern, fault in _NO_TABLE if pattern.match(first)), None):
        raise InputError(fault[0], where=file.path, todo=fault[1])
    if first.startswith("{"):
        return TableFile(file, "json", ())
    headers = {delimiter: _header(first, delimiter) for delimiter in _DELIMITERS}

    def known_columns(delimiter: str) -> tuple[int, int]:
        names = set(headers[delimiter])
        return max(len(names & set(form)) for form in forms), len(names)

    delimiter = max(headers, key=known_columns)
    return TableFile(file, "csv", tuple(headers[delimiter]), delimiter)


def _header(line: str, delimiter: str) -> list[str]:
    try:
        return [name.strip() for name in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return []


def json_names(file: InputFile) -> tuple[str, ...]:
    """The columns of the first records of a JSON-lines file.  Raises InputError if none of them is a record."""
    faults = FaultyLines(file.path, FaultRule.of_settings())
    names: dict[str, None] = {}
    for seen, (_, record) in enumerate(json_records(file, faults, None), 1):
        names |= dict.fromkeys(record)
        if seen == _INSPECTED:
            break
    if not names and (refusal := faults.refusal()):
        raise refusal
    return tuple(names)


def records(
    table: TableFile, columns: Iterable[str], faults: FaultSink, label: str | None = None, only: bytearray | None = None
) -> Iterator[Record]:
    """Numbered records with at least those of `columns` that have a value; `only[number]` selects records (default: all)."""
    if table.kind == "json":
        yield from json_records(table.file, faults, label, only)
        return
    if table.kind == "parquet":
        rows = parquet_rows(table.path, list(columns), table.unit, label)
    else:
        rows = _csv_records(table, set(columns), faults, label)
    for number, record in rows:
        if only is None or (number < len(only) and only[number]):
            yield number, record


def json_records(
    file: InputFile,
    faults: FaultSink,
    label: str | None,
    only: bytearray | None = None,
    parse: Callable[[bytes], Any] = parse_record,
) -> Iterator[Record]:
    """The objects of a file with one object per line, as `reading.objects` finds them; `only` as for `records`."""
    lines = raw_lines(file, label)
    if only is not None:
        lines = ((number, raw) for number, raw in lines if number < len(only) and only[number])
    yield from objects(lines, faults, parse, "one object")


def _csv_records(table: TableFile, columns: set[str], faults: FaultSink, label: str | None) -> Iterator[Record]:
    rows = csv_rows(table.file, faults, label, delimiter=table.delimiter, quoted=table.quoted)
    _, header = next(rows, (1, []))
    names = [name.strip() for name in header]
    read = [(index, name) for index, name in enumerate(names) if name in columns]
    if len({name for _, name in read}) < len(read):
        raise InputError("a column name appears twice in the header", where=f"{table.path}:1", todo="rename one of them")
    for line, row in rows:
        if len(row) == len(names):
            yield line, {name: cell for index, name in read if (cell := row[index])}
        else:
            faults.add(
                line,
                f"{plural(len(row), 'field')} where the header has {len(names)}",
                "wrong number of fields",
            )
