"""Rows of a Parquet file, only the columns that are read, batch by batch.

What rows cost once unpacked is bounded as for packed text: Parquet says a long text once and repeats it by number, so a few kB can
stand for gigabytes.  Texts are therefore read as numbers into a dictionary, and their lengths added up before they become rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from tqdm import tqdm

from rdrec import settings
from rdrec.data.importers.forms import Unit
from rdrec.records import InputError

_BATCH_ROWS = 8192
_NUMBER_BYTES = 8


def parquet_columns(path: Path) -> list[str]:
    """The names of the columns.  Raises InputError for a file that is broken."""
    try:
        with _opened(path, ()) as file:
            return [str(name) for name in file.schema_arrow.names]
    except (OSError, ValueError, pa.ArrowException) as error:
        raise _broken(path, error) from None


def parquet_rows(path: Path, columns: Sequence[str], unit: Unit, label: str | None) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows, numbered from 1, of the `columns` that are there; missing values are left out, times come in `unit`."""
    try:
        with _opened(path, ()) as described:
            schema, footer = described.schema_arrow, described.metadata
            there = [name for name in columns if name in schema.names]
            for name in there:
                _check_type(path, name, schema.field(name).type)
            leaves = _check_stated_size(path, footer, there)
        with (
            _opened(path, leaves) as file,
            tqdm(desc=label, total=footer.num_rows, unit=" rows", leave=False, disable=True if label is None else None) as bar,
        ):
            yield from _rows(path, file, there, unit, bar)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise _broken(path, error) from None


def _opened(path: Path, texts: Sequence[str]) -> pq.ParquetFile:
    most = settings.integer("data.max_footer_bytes")
    return pq.ParquetFile(
        path,
        read_dictionary=list(texts),
        pre_buffer=False,
        buffer_size=2**20,  # pages are read one by one, not a whole row group
        thrift_string_size_limit=most,
        thrift_container_size_limit=most,
    )


def _rows(path: Path, file: pq.ParquetFile, columns: list[str], unit: Unit, bar: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    size, given, number = path.stat().st_size, 0, 0
    for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=columns, use_threads=False):
        arrays = [batch.column(batch.schema.get_field_index(name)) for name in columns]
        given += sum(_cost(array) for array in arrays)
        _check_cost(path, given, size)
        values = [_values(array, unit) for array in arrays]
        for row in zip(*values, strict=True):
            number += 1
            yield number, {name: value for name, value in zip(columns, row, strict=True) if value is not None}
        bar.update(batch.num_rows)


def _cost(column: pa.Array) -> int:
    """The bytes of the values once they are Python's, each text as often as it comes.  Raises ValueError for an endless text."""
    if _is_list(column.type):
        return _NUMBER_BYTES * len(column) + _cost(column.flatten())
    if not pa.types.is_dictionary(column.type):
        return _NUMBER_BYTES * len(column)
    lengths = pc.fill_null(pc.binary_length(column.dictionary), 0).to_numpy(zero_copy_only=False)
    used = column.indices.drop_null().to_numpy()
    limit = settings.integer("data.max_line_bytes")
    if len(used) and int(lengths[used].max()) > limit:
        raise ValueError(f"a text is longer than {limit:,} bytes")
    return int(lengths[used].sum()) + _NUMBER_BYTES * len(column)


def _values(column: pa.Array, unit: Unit) -> list[Any]:
    """The values of a column of one batch."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        number, place = np.unique(column.indices.fill_null(-1).to_numpy(zero_copy_only=False), return_inverse=True)
        known = number[number >= 0]
        texts = [None] * (len(number) - len(known)) + column.dictionary.take(pa.array(known)).to_pylist()
        return [texts[index] for index in place.tolist()]
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        if unit == "date":
            column = column.cast(pa.date32(), safe=False).cast(pa.string())
        else:
            column = column.cast(pa.timestamp("s" if unit == "seconds" else "ms"), safe=False).cast(pa.int64())
    said: list[Any] = column.to_pylist()
    if pa.types.is_floating(kind):
        return [None if value is None or value != value else value for value in said]  # NaN is pandas' missing value
    return said


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _is_list(kind: pa.DataType) -> bool:
    return pa.types.is_list(kind) or pa.types.is_large_list(kind)


def _check_type(path: Path, name: str, kind: pa.DataType) -> None:
    types = pa.types
    number = types.is_integer(kind) or types.is_floating(kind) or types.is_null(kind)
    texts = _is_text(kind) or (_is_list(kind) and (_is_text(kind.value_type) or types.is_null(kind.value_type)))
    if not (texts or number or types.is_timestamp(kind) or types.is_date(kind)):
        raise InputError(f"the column {name} is of type {kind}", where=path, todo="write it as text or as numbers")


def _check_stated_size(path: Path, footer: pq.FileMetaData, columns: list[str]) -> list[str]:
    """Refuse by what the file says of itself, before anything is unpacked; returns the text leaves of the columns."""
    size, stated, leaves = path.stat().st_size, footer.num_rows * _NUMBER_BYTES * len(columns), set()
    for group in range(footer.num_row_groups):
        row_group = footer.row_group(group)
        for index in range(row_group.num_columns):
            column = row_group.column(index)
            if column.path_in_schema.partition(".")[0] in columns:
                stated += column.total_uncompressed_size + _NUMBER_BYTES * column.num_values
                if column.physical_type == "BYTE_ARRAY":
                    leaves.add(column.path_in_schema)
    _check_cost(path, stated, size)
    return sorted(leaves)


def _check_cost(path: Path, cost: int, size: int) -> None:
    ratio, most = settings.integer("data.max_gzip_ratio"), settings.integer("data.max_unpacked_bytes")
    if cost > most:
        raise InputError(f"unpacks to more than {most:,} bytes", where=path, todo="cut the file in parts")
    if cost > settings.integer("data.gzip_grace_bytes") and cost > ratio * size:
        raise InputError(f"unpacks to more than {ratio} times its size: not reviews", where=path, todo="do not open this file")


def _broken(path: Path, error: Exception) -> InputError:
    if isinstance(error, FileNotFoundError):
        return InputError("there is no such file", where=path, todo="check the path")
    said = " ".join(str(error).split())[:200]
    return InputError(f"the Parquet file cannot be read ({said})", where=path, todo="download it again, or write it anew")
