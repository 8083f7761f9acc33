"""Parquet files: typed columns, missing values, and small files that unpack to much."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rdrec.core.records import InputError
from rdrec.core.settings import changed
from rdrec.data.importers.parquet import parquet_columns, parquet_rows


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


@pytest.mark.parametrize("other", ["t", "T"])
def test_two_columns_of_one_name_are_refused(tmp_path: Path, other: str) -> None:
    path = tmp_path / "reviews.parquet"
    pq.write_table(
        pa.Table.from_arrays([pa.array(["short"]), pa.array(["x" * 1000]), pa.array([1])], names=[other, "t", "n"]), path
    )
    with pytest.raises(InputError, match=f"two columns are called t.*'{other}', 't'.* - rename one of them"):
        rows(path, "t")
    assert rows(path, "n") == [{"n": 1}]


@pytest.mark.parametrize("kind", [pa.list_(pa.string()), pa.large_list(pa.large_string())])
def test_lists_of_texts(tmp_path: Path, kind: pa.DataType) -> None:
    path = put(tmp_path, {"c": pa.array([["Music", "Drums"], None, [], ["Music"]], kind)})
    assert rows(path, "c") == [{"c": ["Music", "Drums"]}, {}, {"c": []}, {"c": ["Music"]}]


BOMBS: dict[str, tuple[Callable[[], pa.Array], dict[str, Any], str]] = {
    "one text many times": (
        lambda: pa.DictionaryArray.from_arrays(pa.array([0] * 1_000, pa.int32()), ["word " * 20_000]).cast(pa.string()),
        {},
        "100 times its size",
    ),
    "texts that pack too well": (
        lambda: pa.array([f"{number:05}" + "x" * 50_000 for number in range(1000)]),
        {"use_dictionary": False},
        "100 times its size",
    ),
    "many rows of nothing": (lambda: pa.nulls(10_000_000, pa.int64()), {}, "100 times its size"),
    "one endless text": (lambda: pa.array(["x" * 5_000_000]), {}, "longer than 4,000,000 bytes"),
    "a page of 100 million bytes": (
        lambda: pa.array(["x" * 20_000_000] * 5),
        {"use_dictionary": False},
        "does not fit into 64 MiB",
    ),
    "long lists": (lambda: pa.array([["word " * 20_000] * 30] * 60), {}, "100 times its size|does not fit"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bomb: str) -> None:
    make, options, message = BOMBS[bomb]
    if "64 MiB" in message:
        monkeypatch.setitem(changed(), "data.parquet_memory", 2**26)
    path = put(tmp_path, {"t": make()}, compression="zstd", **options)
    assert path.stat().st_size < 500_000
    peak = pa.default_memory_pool().max_memory()
    with pytest.raises(InputError, match=message):
        next(parquet_rows(path, ["t"], "seconds", None))
    assert pa.default_memory_pool().max_memory() == peak  # Arrow allocated no more than for writing the file


def test_a_file_name_can_look_like_a_pattern(tmp_path: Path) -> None:
    folder = tmp_path / "a[b]*"
    folder.mkdir()
    path = put(folder, {"t": ["x"]}).rename(folder / "what?.parquet")
    assert rows(path, "t") == [{"t": "x"}]


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
