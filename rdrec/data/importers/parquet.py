"""Read selected columns of a Parquet file in batches.

Parquet stores a repeated text once, so a few kB can expand to gigabytes, whatever the footer claims.  DuckDB first sums the lengths,
without copying texts and within `data.parquet_memory`; only a file that passes is unpacked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from rdrec.core import settings
from rdrec.core.records import InputError, first_few
from rdrec.data.importers.forms import Unit

_MOST_ROWS, _BATCH_BYTES = 8192, 2**25  # per batch, whichever is reached first
_NUMBER_BYTES = 8
_GLOB = re.compile(r"([\[*?])")  # characters that DuckDB treats as a file name pattern


def parquet_columns(path: Path) -> list[str]:
    """The column names.  Raises InputError for a broken file."""
    try:
        with _opened(path) as file:
            return [str(name) for name in file.schema_arrow.names]
    except (OSError, ValueError, pa.ArrowException) as error:
        raise _broken(path, error) from None


def parquet_rows(path: Path, columns: Sequence[str], unit: Unit, label: str | None) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows, numbered from 1, with the existing ones of `columns`; missing values are omitted, and times are in `unit`."""
    try:
        with _opened(path) as file:
            schema, total = file.schema_arrow, file.metadata.num_rows
            there = [name for name in columns if name in schema.names]
            for name in there:
                _check_name(path, name, schema.names)
                _check_type(path, name, schema.field(name).type)
            longest = _check_cost(path, {name: schema.field(name).type for name in there})
            rows = max(1, min(_MOST_ROWS, _BATCH_BYTES // longest))
            number = 0
            with tqdm(desc=label, total=total, unit=" rows", leave=False, disable=True if label is None else None) as bar:
                for batch in file.iter_batches(batch_size=rows, columns=there, use_threads=False):
                    arrays = (batch.column(batch.schema.get_field_index(name)) for name in there)
                    for row in zip(*(_values(array, unit) for array in arrays), strict=True):
                        number += 1
                        yield number, {name: value for name, value in zip(there, row, strict=True) if value is not None}
                    bar.update(batch.num_rows)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise _broken(path, error) from None


def _opened(path: Path) -> pq.ParquetFile:
    limit = settings.integer("data.max_footer_bytes")
    return pq.ParquetFile(
        path,
        pre_buffer=False,
        buffer_size=2**20,  # read page by page instead of whole row groups
        thrift_string_size_limit=limit,
        thrift_container_size_limit=limit,
    )


def _values(column: pa.Array, unit: Unit) -> list[Any]:
    """The values of one column of a batch."""
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        if unit == "date":
            column = column.cast(pa.date32(), safe=False).cast(pa.string())
        else:
            column = column.cast(pa.timestamp("s" if unit == "seconds" else "ms"), safe=False).cast(pa.int64())
    values: list[Any] = column.to_pylist()
    if pa.types.is_floating(kind):
        return [None if value is None or value != value else value for value in values]  # NaN marks a missing value in pandas
    return values


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _is_list(kind: pa.DataType) -> bool:
    return pa.types.is_list(kind) or pa.types.is_large_list(kind)


def _check_name(path: Path, name: str, names: list[str]) -> None:
    """DuckDB ignores case in column names, so it might measure another column than the one that is read."""
    alike = [repr(other[:80]) for other in names if other.casefold() == name.casefold()]
    if len(alike) > 1:
        raise InputError(f"two columns are called {name} ({first_few(alike)})", where=path, todo="rename one of them")


def _check_type(path: Path, name: str, kind: pa.DataType) -> None:
    types = pa.types
    number = types.is_integer(kind) or types.is_floating(kind) or types.is_null(kind)
    texts = _is_text(kind) or (_is_list(kind) and (_is_text(kind.value_type) or types.is_null(kind.value_type)))
    if not (texts or number or types.is_timestamp(kind) or types.is_date(kind)):
        raise InputError(f"the column {name} is of type {kind}", where=path, todo="write it as text or as numbers")


def _check_cost(path: Path, columns: dict[str, pa.DataType]) -> int:
    """Refuse a file that unpacks to too much; return the size of its longest text or list in bytes, at least 1."""
    total, longest = _unpacked(path, columns)
    ratio, most = settings.integer("data.max_gzip_ratio"), settings.integer("data.max_unpacked_bytes")
    if longest > settings.integer("data.max_line_bytes"):
        limit = settings.integer("data.max_line_bytes")
        raise InputError(f"a text is longer than {limit:,} bytes", where=path, todo="use a file of reviews")
    if total > most:
        raise InputError(f"unpacks to more than {most:,} bytes", where=path, todo="split the file")
    if total > settings.integer("data.gzip_grace_bytes") and total > ratio * path.stat().st_size:
        raise InputError(
            f"unpacks to more than {ratio} times its size, so it is not a file of reviews",
            where=path,
            todo="do not open this file",
        )
    return max(1, longest)


def _unpacked(path: Path, columns: dict[str, pa.DataType]) -> tuple[int, int]:
    """Unpacked size of the columns, with repeated texts counted each time, and of the longest text or list, in bytes.

    Raises InputError for a file that DuckDB cannot read within its memory limit.
    """
    lengths = [_length(name, kind) for name, kind in columns.items()]
    sums = ", ".join(["count(*)", *(f"coalesce(sum({length}), 0), coalesce(max({length}), 0)" for length in lengths if length)])
    memory = settings.integer("data.parquet_memory") // 2**20
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": "1",
        "memory_limit": f"{memory}MiB",
        "temp_directory": "",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    try:
        with duckdb.connect(config=config) as connection:
            found = connection.execute(f"select {sums} from read_parquet(?)", [_GLOB.sub(r"[\1]", str(path))]).fetchone()
    except duckdb.OutOfMemoryException:
        raise InputError(
            f"a page of the file does not fit into {memory} MiB", where=path, todo="do not open this file"
        ) from None
    except duckdb.Error as error:
        raise _broken(path, error) from None
    assert found is not None  # sums without GROUP BY are always one row
    rows, *each = (int(value) for value in found)
    return rows * _NUMBER_BYTES * len(columns) + sum(each[::2]), max(each[1::2], default=0)


def _length(name: str, kind: pa.DataType) -> str | None:
    """SQL for the size of one value in bytes; None for numbers."""
    if _is_text(kind):
        return f'strlen("{name}")'
    if _is_list(kind) and _is_text(kind.value_type):
        return f'list_sum(list_transform("{name}", lambda text: strlen(text) + {_NUMBER_BYTES}))'
    return None


def _broken(path: Path, error: Exception) -> InputError:
    if isinstance(error, FileNotFoundError):
        return InputError("there is no such file", where=path, todo="check the path")
    reason = " ".join(str(error).split())[:200]
    return InputError(f"the Parquet file cannot be read ({reason})", where=path, todo="download or write it again")
