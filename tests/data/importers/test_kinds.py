"""The same reviews in every file format give the same data set."""

import csv
import gzip
import io
import json
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rdrec.core.home import Home
from rdrec.core.records import Dataset, InputError
from rdrec.core.storage import ROW_GROUP_ROWS
from rdrec.data import schema, store
from rdrec.data.importers import amazon, text_buffer
from rdrec.data.importers.faulty import STRICT

Rows = list[dict[str, Any]]
DAY = 1_393_545_600


def read(path: Path, **options: Any) -> Dataset:
    dataset = amazon.open_reviews(path, "toy", core_users=0, core_items=0, seed=0, **options).dataset()
    schema.check(dataset)
    return dataset


def as_json(rows: Rows) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def as_csv(rows: Rows, delimiter: str = ",") -> bytes:
    with io.StringIO(newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
        return file.getvalue().encode()


def as_parquet(rows: Rows, **options: Any) -> bytes:
    with io.BytesIO() as file:
        pd.DataFrame(rows).to_parquet(file, **options)
        return file.getvalue()


def as_zip(content: bytes) -> bytes:
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("data/reviews.json", content)
        return file.getvalue()


def same(one: Dataset, other: Dataset) -> None:
    for table in ("users", "items", "interactions"):
        pd.testing.assert_frame_equal(getattr(one, table), getattr(other, table))


@pytest.fixture
def put(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(content: bytes) -> Path:
        path = tmp_path / "reviews"
        path.write_bytes(content)
        return path

    return write


WRITERS: dict[str, tuple[Callable[[Rows], bytes], str]] = {
    "json": (as_json, "JSON lines"),
    "gzip": (lambda rows: gzip.compress(as_json(rows)), "JSON lines, gzip"),
    "zip": (lambda rows: as_zip(as_json(rows)), "JSON lines, zip"),
    "zip of csv": (lambda rows: as_zip(as_csv(rows)), "comma separated text, zip"),
    "comma": (as_csv, "comma separated text"),
    "tab": (lambda rows: as_csv(rows, "\t"), "tab separated text"),
    "semicolon": (lambda rows: as_csv(rows, ";"), "semicolon separated text"),
    "bom": (lambda rows: b"\xef\xbb\xbf" + as_csv(rows, ";"), "semicolon separated text"),
    "utf-16": (lambda rows: as_csv(rows, "\t").decode().encode("utf-16"), "tab separated text"),
    "parquet": (as_parquet, "Parquet"),
    "parquet zstd": (lambda rows: as_parquet(rows, compression="zstd", row_group_size=5), "Parquet"),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_every_container_gives_the_same_tables(put: Callable[[bytes], Path], review_rows: Rows, writer: str) -> None:
    review_rows[3]["reviewText"] = 'two lines,\nwith "quotes"; and\ta tab, ü'
    expected = read(put(as_json(review_rows)))
    write, read_as = WRITERS[writer]
    dataset = read(put(write(review_rows)))
    same(expected, dataset)
    source: Any = dataset.meta["source"]
    assert source["read_as"] == read_as


def in_2023(row: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "user_id": row["reviewerID"],
        "parent_asin": row["asin"],
        "asin": row["asin"],
        "text": row["reviewText"],
        "title": row["summary"],
        "rating": float(row["overall"]),
        "timestamp": row["unixReviewTime"] * 1000,
    } | changes


@pytest.mark.parametrize("missing", [None, "", "nan"])
@pytest.mark.parametrize("some", [True, False])
def test_asin_replaces_a_missing_parent(
    put: Callable[[bytes], Path], review_rows: Rows, missing: str | None, some: bool
) -> None:
    rows = [in_2023(row, **({} if some and number % 2 else {"parent_asin": missing})) for number, row in enumerate(review_rows)]
    dataset = read(put(as_json(rows)), leniency=amazon.Leniency(STRICT))
    same(read(put(as_json([in_2023(row) for row in review_rows]))), dataset)
    assert dataset.meta["notes"] == [f"asin replaces a missing parent_asin in {6 if some else 12} of 12 reviews"]


def test_a_file_without_the_parent_column_at_all(put: Callable[[bytes], Path], review_rows: Rows) -> None:
    rows = [in_2023(row) for row in review_rows]
    for row in rows:
        del row["parent_asin"]
    for content in (as_json(rows), as_csv(rows), as_parquet(rows)):
        assert "in 12 of 12 reviews" in read(put(content)).meta["notes"][0]  # type: ignore[index]


def test_whole_numbers_are_keys(put: Callable[[bytes], Path], review_rows: Rows) -> None:
    rows = [row | {"reviewerID": int(row["reviewerID"][-1]), "asin": int(row["asin"][-1])} for row in review_rows]
    as_text = [row | {"reviewerID": row["reviewerID"][-1], "asin": row["asin"][-1]} for row in review_rows]
    expected = read(put(as_json(as_text)))
    for content in (as_json(rows), as_csv(rows), as_parquet(rows)):
        same(expected, read(put(content)))
    floats = [row | {"reviewerID": float(row["reviewerID"]), "asin": float(row["asin"])} for row in rows]
    for content in (as_json(floats), as_parquet(floats)):  # how pandas writes whole numbers beside missing ones
        same(expected, read(put(content)))


def test_missing_values_as_pandas_writes_them(put: Callable[[bytes], Path], review_rows: Rows) -> None:
    frame = pd.DataFrame(review_rows).astype({"reviewText": object, "overall": float})
    frame.loc[[0, 5], "reviewText"] = None
    frame.loc[[0, 7], "overall"] = None
    texts = io.StringIO()
    frame.to_csv(texts, na_rep="nan")
    parquet = io.BytesIO()
    frame.to_parquet(parquet)
    for content in (texts.getvalue().encode(), parquet.getvalue()):
        dataset = read(put(content), leniency=amazon.Leniency(STRICT))
        assert dataset.interactions["review"].isna().sum() == 2 and dataset.interactions["rating"].isna().sum() == 2
        assert "2 of 12 reviews have no rating" in dataset.meta["notes"]  # type: ignore[operator]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 400])
def test_odd_numbers_matter_only_where_they_are_read(put: Callable[[bytes], Path], review_rows: Rows, number: str) -> None:
    lines = as_json(review_rows).decode().splitlines()
    unread = "\n".join(line[:-1] + f', "vote": {number}, "more": [{{"a": 1}}]}}' for line in lines)
    same(read(put(as_json(review_rows))), read(put(unread.encode()), leniency=amazon.Leniency(STRICT)))
    lines[4] = lines[4].replace('"overall": 1', f'"overall": {number}').replace('"overall": 3', f'"overall": {number}')
    assert number in lines[4]
    report = read(put("\n".join(lines).encode())).meta["left_out"]["reviews"]  # type: ignore[index]
    assert (report["left_out"], report["first"][0]["line"]) == (1, 5)


def test_lone_surrogates_are_replaced_and_counted(put: Callable[[bytes], Path], review_rows: Rows) -> None:
    review_rows[0] |= {"reviewText": "half \ud83d a smile", "summary": "\udc00\udc00"}
    review_rows[1]["reviewText"] = "whole \U0001f600 smile"
    dataset = read(put(as_json(review_rows)), leniency=amazon.Leniency(STRICT))
    texts = set(dataset.interactions["review"])
    assert {"half \ufffd a smile", "whole \U0001f600 smile"} <= texts and "\ufffd\ufffd" in set(dataset.interactions["summary"])
    assert "3 lone surrogates replaced by U+FFFD" in dataset.meta["notes"]  # type: ignore[operator]
    review_rows[0]["asin"] = "\ud83d"  # but not in a key: two keys could become one
    assert read(put(as_json(review_rows))).meta["left_out"]["reviews"]["left_out"] == 1  # type: ignore[index]


AWS = "marketplace\tcustomer_id\treview_id\tproduct_id\tproduct_title\tstar_rating\treview_headline\treview_body\treview_date\n"


def test_the_aws_files(put: Callable[[bytes], Path]) -> None:
    lines = [
        f'US\t{n % 3}\tR{n}\tB{n}\tA 6" pad &amp; stick\t{1 + n % 5}\t"Open\tIt is 6" wide\t2014-03-0{1 + n}\n'
        for n in range(6)
    ]
    dataset = read(put((AWS + "".join(lines)).encode()), leniency=amazon.Leniency(STRICT))
    assert dataset.items["title"].tolist() == ['A 6" pad & stick'] * 6
    rows = dataset.interactions
    assert (rows["review"] == 'It is 6" wide').all() and (rows["summary"] == '"Open').all()
    assert rows["timestamp"].tolist() == [1393632000 + 86400 * n for n in (0, 3, 1, 4, 2, 5)]
    bad = (AWS + "".join(lines).replace("2014-03-02", "2014-13-02")).encode()
    with pytest.raises(InputError, match=r"review_date is '2014-13-02': expected a date like"):
        read(put(bad), leniency=amazon.Leniency(STRICT))


@pytest.mark.parametrize("first", [b'{"reviewerID": "a\0\0\0', b'{"reviewerID": "a\rb"}', b'{"reviewerID": "cut'])
def test_a_damaged_first_line_only_loses_itself(put: Callable[[bytes], Path], review_rows: Rows, first: bytes) -> None:
    same(read(put(as_json(review_rows))), read(put(first + b"\n" + as_json(review_rows))))


def test_batches_give_the_bytes_of_the_whole(
    tmp_path: Path, put: Callable[[bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (amazon, text_buffer):
        monkeypatch.setattr(module, "BLOCK_ROWS", ROW_GROUP_ROWS)
    monkeypatch.setattr(amazon, "pick_explanations", lambda texts: ([t and t[:20] for t in texts], [None] * len(texts)))
    count = ROW_GROUP_ROWS + 1000
    path = put(
        b"reviewerID,asin,reviewText,unixReviewTime\n"
        + b"".join(
            b"U%d,I%d,%s,%d\n" % (n * 7 % 5000, n % 997, b"" if n % 50 == 0 else b"text %d" % n, DAY + n) for n in range(count)
        )
    )
    dataset = read(path)
    home = Home(tmp_path / "home")
    whole = store.save_dataset(home, dataset)
    found = amazon.open_reviews(path, "toy", core_users=0, core_items=0, seed=0, work_folder=tmp_path)
    in_batches = store.save_batches(home, "toy", found.users, found.items, found.batches, found.meta)
    assert whole.sha256 == in_batches.sha256 and len(dataset.interactions) > ROW_GROUP_ROWS
    pd.testing.assert_frame_equal(store.load_dataset(home, "toy").interactions, dataset.interactions)


def test_a_file_that_changes_between_the_passes_is_refused(put: Callable[[bytes], Path], review_rows: Rows) -> None:
    path = put(as_json(review_rows))
    found = amazon.open_reviews(path, "toy", core_users=0, core_items=0, seed=0)
    path.write_bytes(as_json(review_rows[:5]))
    with pytest.raises(InputError, match="the file changed while it was read"):
        list(found.batches)


LINE = json.dumps({"reviewerID": "U", "asin": "I", "reviewText": "Great sound.", "overall": 5, "unixReviewTime": DAY}).encode()
PIECES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [LINE, b'"', b";", b"\t", b"{", b"nan", b"\xff\xfe", b"\0", b"U,I,fine,5,1393545600", LINE.replace(b"5", b"NaN")]
    ),
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(PIECES, max_size=8),
    st.sampled_from([LINE + b"\n", b"reviewerID,asin,reviewText,overall,unixReviewTime\n", AWS.encode(), b"\xff\xfe", b""]),
    st.booleans(),
)
def test_any_bytes_are_valid_records_or_one_clear_error(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], head: bytes, packed: bool
) -> None:
    path = tmp_path_factory.mktemp("bytes") / "reviews"
    content = head + b"\n".join(pieces)
    path.write_bytes(as_zip(content) if packed else content)
    try:
        first, again = read(path), read(path)
    except InputError as error:
        assert str(path) in str(error)
    else:
        same(first, again)
        assert first.meta == again.meta
        report = first.meta["left_out"]["reviews"]  # type: ignore[index]
        assert report["left_out"] == sum(report["reasons"].values()) and report["lines"] >= report["left_out"] + 1


def test_memory_follows_the_batch_and_not_the_file(
    tmp_path: Path, put: Callable[[bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (amazon, text_buffer):
        monkeypatch.setattr(module, "BLOCK_ROWS", 100)
    monkeypatch.setattr(text_buffer, "settings", SimpleNamespace(integer=lambda name: 200_000))
    filler = "many words " * 180
    line = '{{"reviewerID": "U{}", "asin": "I{}", "unixReviewTime": {}, "reviewText": "{} {}"}}\n'
    path = put(b"".join(line.format(n % 1000, n % 37, DAY + n, n, filler).encode() for n in range(2_000)))  # 4 MB of texts
    tracemalloc.start()
    found = amazon.open_reviews(path, "toy", core_users=0, core_items=0, seed=0, work_folder=tmp_path)
    rows = sum(len(batch) for batch in found.batches)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rows == 2_000 and path.stat().st_size > 4_000_000 and peak < 2_000_000, peak
