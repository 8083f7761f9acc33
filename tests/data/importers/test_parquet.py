"""Parquet files: typed columns, missing values, and files that claim little and unpack to much."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rdrec.data.importers.parquet import parquet_columns, parquet_rows
from rdrec.records import InputError


def put(folder: Path, columns: dict[str, Any], **options: Any) -> Path:
    path = folder / "reviews.parquet"
    pq.write_table(pa.table(columns), path, **options)
    return path


def rows(path: Path, *columns: str, unit: Any = "seconds") -> list[dict[str, Any]]:
    return [row for _, row in parquet_rows(path, columns, unit, None)]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_texts_and_missing_values(tmp_path: Path, kind: pa.DataType) -> None:
    texts = pa.array(["a", None, "b", "a"], pa.string()).cast(kind)
    path = put(tmp_path, {"t": texts, "n": pa.array([1.0, float("nan"), None, 2.0]), "unread": [[1]] * 4})
    assert rows(path, "t", "n", "absent") == [{"t": "a", "n": 1.0}, {}, {"t": "b"}, {"t": "a", "n": 2.0}]
    assert parquet_columns(path) == ["t", "n", "unread"]


def test_rows_are_numbered_over_row_groups(tmp_path: Path) -> None:
    path = put(tmp_path, {"t": [f"text {number}" for number in range(20_000)]}, row_group_size=3000)
    found = list(parquet_rows(path, ["t"], "seconds", None))
    assert found == [(number + 1, {"t": f"text {number}"}) for number in range(20_000)]


@pytest.mark.parametrize(
    ("unit", "kind", "expected"),
    [
        ("seconds", pa.timestamp("us"), 1_393_545_600),
        ("milliseconds", pa.timestamp("ns", "UTC"), 1_393_545_600_000),
        ("date", pa.date32(), "2014-02-28"),
    ],
)
def test_times_come_in_the_unit_of_the_form(tmp_path: Path, unit: str, kind: pa.DataType, expected: object) -> None:
    when = datetime(2014, 2, 28, tzinfo=UTC)
    values = pa.array([when.date() if pa.types.is_date(kind) else when.replace(tzinfo=kind.tz and UTC)], kind)
    assert rows(put(tmp_path, {"t": values}), "t", unit=unit) == [{"t": expected}]


def test_a_column_that_is_read_must_be_text_or_numbers(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the column t is of type list"):
        rows(put(tmp_path, {"t": [[1.5]]}), "t")


@pytest.mark.parametrize("kind", [pa.list_(pa.string()), pa.large_list(pa.large_string())])
def test_lists_of_texts(tmp_path: Path, kind: pa.DataType) -> None:
    path = put(tmp_path, {"c": pa.array([["Music", "Drums"], None, [], ["Music"]], kind)})
    assert rows(path, "c") == [{"c": ["Music", "Drums"]}, {}, {"c": []}, {"c": ["Music"]}]
    long = put(tmp_path, {"c": pa.array([["word " * 20_000] * 100] * 100, kind)}, compression="zstd")
    with pytest.raises(InputError, match="100 times its size"):
        rows(long, "c")


def test_a_text_said_once_and_repeated_is_counted_as_often_as_it_comes(tmp_path: Path) -> None:
    long = "word " * 20_000  # 100 kB, 20,000 times: 2 GB
    path = put(tmp_path, {"t": pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), [long])}, compression="zstd")
    assert path.stat().st_size < 200_000
    before = pa.total_allocated_bytes()
    with pytest.raises(InputError, match="100 times its size"):
        rows(path, "t")
    assert pa.total_allocated_bytes() - before < 50_000_000


def test_many_rows_of_nothing_are_refused_before_they_are_read(tmp_path: Path) -> None:
    path = put(tmp_path, {"t": pa.nulls(50_000_000, pa.int64())})
    with pytest.raises(InputError, match="100 times its size"):
        next(parquet_rows(path, ["t"], "seconds", None))


def test_a_file_that_packs_too_well_is_refused_by_what_it_says_of_itself(tmp_path: Path) -> None:
    texts = [f"{number:05}" + "x" * 50_000 for number in range(1000)]
    path = put(tmp_path, {"t": texts}, compression="zstd", use_dictionary=False)
    with pytest.raises(InputError, match="100 times its size"):
        next(parquet_rows(path, ["t"], "seconds", None))


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=30), st.integers(0, 2000))
def test_any_damage_is_rows_or_one_clear_error(tmp_path_factory: pytest.TempPathFactory, junk: bytes, place: int) -> None:
    path = put(tmp_path_factory.mktemp("parquet"), {"t": ["a", "b", None] * 20, "n": list(range(60))})
    content = path.read_bytes()
    for damaged in (content[:place], content[:place] + junk + content[place + len(junk) :], b"PAR1" + junk):
        path.write_bytes(damaged)
        try:
            for row in rows(path, "t", "n"):
                assert set(row) <= {"t", "n"}
        except InputError as error:
            assert str(path) in str(error)
