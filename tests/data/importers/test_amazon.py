"""Raw reviews: every release gives the same data set; order, duplicates, k-core; each bad input is one clear error."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from rdrec.core.records import Dataset, InputError
from rdrec.data import schema
from rdrec.data.importers import amazon
from rdrec.data.importers.faulty import STRICT
from rdrec.data.ties import ORDER_RULE

Rows = list[dict[str, Any]]
Write = Callable[..., Path]
DAY = 1_393_545_600


def read(path: Path, core: int = 0, strict: bool = False, **options: Any) -> Dataset:
    if strict:
        options["leniency"] = amazon.Leniency(STRICT)
    dataset = amazon.open_reviews(
        path, "toy", core_users=core, core_items=options.pop("core_items", core), seed=0, **options
    ).dataset()
    schema.check(dataset)
    return dataset


def in_2023(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "user_id": row["reviewerID"],
        "parent_asin": row["asin"],
        "asin": "variant",
        "text": row["reviewText"],
        "title": row["summary"],
        "rating": float(row["overall"]),
        "timestamp": row["unixReviewTime"] * 1000 + 123,
        "verified_purchase": True,
    }


def test_every_release_gives_the_same_tables(review_rows: Rows, write_reviews: Write) -> None:
    in_2018 = [{**row, "overall": float(row["overall"]), "vote": "2", "style": {"Size:": " L"}} for row in review_rows]
    paths = [write_reviews(review_rows, name) for name in ("a.csv", "a.csv.gz", "a.json", "a.json.gz")]
    paths += [write_reviews(in_2018, "b.json.gz"), write_reviews([in_2023(row) for row in review_rows], "c.jsonl.gz")]
    first, *others = [read(path) for path in paths]
    assert first.interactions["explanation"].notna().all() and first.interactions["feature"].notna().all()
    for other in others:
        for name in ("users", "items", "interactions"):
            pd.testing.assert_frame_equal(getattr(first, name), getattr(other, name))
    assert others[-1].meta["source"]["kind"] == "Amazon 2023 reviews"


def test_same_day_purchases_keep_file_order_on_request(write_reviews: Write, review_rows: Rows) -> None:
    rows = [
        {**review_rows[0], "asin": asin, "unixReviewTime": when}
        for asin, when in (("C", DAY), ("A", DAY), ("D", DAY - 1), ("B", DAY))
    ]
    dataset = read(write_reviews(rows), ties="file")
    assert order_of(dataset, 1) == ["D", "C", "A", "B"]
    assert dataset.meta["options"]["ties"] == "file" and dataset.meta["rules"]["order"] == ORDER_RULE["file"]


def order_of(dataset: Dataset, user: int) -> list[str]:
    keys = dataset.items["item_key"].to_numpy()
    return [keys[item - 1] for item in dataset.interactions.loc[dataset.interactions["user"] == user, "item"]]


def test_same_day_purchases_are_ordered_by_hash_independent_of_file_order(write_reviews: Write, review_rows: Rows) -> None:
    rows = [
        {**review_rows[0], "asin": f"B{n:02}", "reviewerID": user, "unixReviewTime": DAY + 86_400 * (n // 10)}
        for n in range(30)
        for user in ("one", "two")
    ]
    dataset = read(write_reviews(rows))
    one, two = order_of(dataset, 1), order_of(dataset, 2)
    assert [sorted(one[at : at + 10]) for at in (0, 10, 20)] == [[f"B{n:02}" for n in range(at, at + 10)] for at in (0, 10, 20)]
    assert one != sorted(one) and one != two, "neither the order of the file nor one order for everybody"
    backwards = read(write_reviews(rows[::-1]))
    assert order_of(backwards, 2) == one and order_of(backwards, 1) == two
    assert dataset.meta["options"]["ties"] == "hash" and dataset.meta["options"]["seed"] == 0
    other = amazon.open_reviews(write_reviews(rows), "toy", core_users=0, core_items=0, seed=1).dataset()
    assert order_of(other, 1) != one


def test_a_repeated_purchase_counts_at_its_earliest(write_reviews: Write, review_rows: Rows) -> None:
    again = {**review_rows[0], "unixReviewTime": DAY - 86_400, "reviewText": "Bought before."}
    dataset = read(write_reviews([*review_rows, again]))
    assert dataset.meta["dropped"] == {"duplicates": 1, "below_core": 0}
    assert dataset.interactions["review"].iloc[0] == "Bought before."
    assert len(dataset.interactions) == len(review_rows)


def test_texts_are_cleaned_cut_and_may_be_missing(write_reviews: Write, review_rows: Rows) -> None:
    review_rows[0]["reviewText"] = "Tom &amp; Jerry<br />\x07 said: great sound"
    review_rows[1]["reviewText"] = ""
    review_rows[2]["reviewText"] = "word " * 6000
    by_user = read(write_reviews(review_rows), ties="file").interactions.query("position == 0").set_index("user")
    assert by_user["review"][1] == "Tom & Jerry\n said: great sound".replace("\n ", "\n")
    assert by_user["review"][2] is None and by_user["text_split"][2] is None
    assert len(by_user["review"][3]) <= 20_000


def test_missing_ratings_are_missing_and_counted(write_reviews: Write, review_rows: Rows) -> None:
    columns = ["reviewerID", "asin", "reviewText", "unixReviewTime"]
    assert read(write_reviews(review_rows, columns=columns)).interactions["rating"].isna().all()
    review_rows[3]["overall"] = ""
    review_rows[5]["overall"] = "nan"
    dataset = read(write_reviews(review_rows), strict=True)
    assert dataset.interactions["rating"].isna().sum() == 2
    assert "2 of 12 reviews have no rating" in dataset.meta["notes"]


def test_an_empty_core_is_refused_with_advice(write_reviews: Write, review_rows: Rows) -> None:
    path = write_reviews([*review_rows, {**review_rows[0], "reviewerID": "ONCE"}])
    assert read(path, 3).n_users == 3
    assert read(path, 1).n_users == 4
    assert read(path, 4, core_items=1).n_users == 3
    with pytest.raises(InputError, match=r"nothing is left of 13 interactions .* at least 5 .* 3 is the largest .*--core 3"):
        read(path, 5)


def test_the_suggested_core_is_not_empty(write_reviews: Write, review_rows: Rows) -> None:
    path = write_reviews(review_rows)
    with pytest.raises(InputError, match=r"--core (\d+) --core-items (\d+)\)") as caught:
        amazon.open_reviews(path, "toy", core_users=2, core_items=100, seed=0).dataset()
    users, items = map(int, re.findall(r"--core(?:-items)? (\d+)", str(caught.value)))
    assert users == 2 and items > 2
    assert amazon.open_reviews(path, "toy", core_users=users, core_items=items, seed=0).dataset().n_users


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match="this is not a regular file - save it as a file"):
        read(pipe)


def test_text_split_is_seeded_and_80_10_10(write_reviews: Write, review_rows: Rows) -> None:
    rows = [{**row, "reviewerID": f"U{n}{row['reviewerID']}"} for n in range(10) for row in review_rows]
    path = write_reviews(rows)
    first, again = read(path).interactions["text_split"], read(path).interactions["text_split"]
    assert first.tolist() == again.tolist()
    assert first.value_counts().to_dict() == {"train": 96, "val": 12, "test": 12}


BAD = [
    ({"overall": 6}, "overall is '?6'?: expected a rating from 1 to 5"),
    ({"overall": 0}, "expected a rating from 1 to 5"),
    ({"overall": "five"}, "overall is 'five'"),
    ({"unixReviewTime": "02 28, 2014"}, "unixReviewTime is '02 28, 2014': expected Unix seconds"),
    ({"unixReviewTime": DAY * 1000}, "expected Unix seconds from 1990 to 2100"),
    ({"unixReviewTime": -5}, "expected Unix seconds"),
    ({"reviewerID": ""}, "reviewerID is missing|reviewerID is empty"),
    ({"asin": "a\tb"}, "asin contains an unprintable character"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
@pytest.mark.parametrize("name", ["reviews.csv", "reviews.json"])
def test_bad_values_name_file_and_line(
    write_reviews: Write, review_rows: Rows, name: str, change: dict[str, Any], message: str
) -> None:
    review_rows[4].update(change)
    line = 6 if name.endswith("csv") else 5
    with pytest.raises(InputError, match=rf"{name}:{line}: .*({message}).* - fix"):
        read(write_reviews(review_rows, name), strict=True)
    dataset = read(write_reviews(review_rows, name))
    report = dataset.meta["left_out"]["reviews"]
    assert len(dataset.interactions) == 11 and (report["lines"], report["left_out"]) == (12, 1)
    assert sum(report["reasons"].values()) == 1 and report["first"][0]["line"] == line


@pytest.mark.parametrize(
    "change", [{"overall": True}, {"overall": [5]}, {"reviewText": 7}, {"asin": 1.5}, {"asin": True}, {"unixReviewTime": None}]
)
def test_bad_json_types(write_reviews: Write, review_rows: Rows, change: dict[str, Any]) -> None:
    review_rows[4].update(change)
    with pytest.raises(InputError, match=rf"reviews.json:5: {next(iter(change))} "):
        read(write_reviews(review_rows, "reviews.json"), strict=True)


def test_times_in_seconds_are_refused_for_2023(write_reviews: Write, review_rows: Rows) -> None:
    rows = [{**in_2023(row), "timestamp": DAY} for row in review_rows]
    with pytest.raises(InputError, match=r"timestamp is .*: expected Unix milliseconds"):
        read(write_reviews(rows, "c.jsonl"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\n \n", "the file is empty"),
        (
            b"user,product,stars\n1,2,3\n",
            r"the columns are wrong: missing .*; found user, product, stars - use a file with reviewerID, asin",
        ),
        (b"reviewerID,asin,overall,unixReviewTime\na,b,5,1393545600\n", "missing reviewText; found"),
        (b'{"reviewerID": "a", "asin": "b"}\n', "missing unixReviewTime; found reviewerID, asin"),
        (b"reviewerID,asin,reviewText,unixReviewTime\n", "the file contains no reviews"),
        (b"reviewerID,asin,reviewText,unixReviewTime\na,b,c\n", "reviews:2: 3 fields where the header has 4"),
        (b"reviewerID,asin,reviewText,unixReviewTime,asin\n", "a column name appears twice"),
        (b"reviewerID,asin,reviewText,unixReviewTime\na,b,,1393545600\n", "no record has reviewText"),
        (b'[{"reviewerID": "a"}]', r"this is a JSON array - write one JSON object per line \(jq -c '.\[\]' FILE\)"),
        (b'{\n "reviewerID": "a",\n', r"the JSON objects span several lines - write one JSON object per line \(jq -c . FILE\)"),
        (b"reviewerID,asin\rU,I\r", "lines end in a bare carriage return"),
        (b"reviewerID|asin|reviewText|unixReviewTime\n", "columns are separated by a comma, a tab or a semicolon"),
        ("reviewerID,asin,reviewText,unixReviewTime\n".encode("utf-16-le"), "binary data, or UTF-16 without a byte order mark"),
        (b"name\0\0\0ustar", "binary data"),
        ('{"reviewerID": "a"}\n'.encode("utf-16-le"), "binary data, or UTF-16 without a byte order mark"),
        ('{"reviewerID": "a"}\n'.encode("utf-16-be"), "binary data, or UTF-16 without a byte order mark"),
        (b'{"reviewerID": "a"}\r{"reviewerID": "b"}\r', "lines end in a bare carriage return"),
        (b"PK\x05\x06" + bytes(18), r"the zip archive holds 0 files \(nothing\)"),
        (b"reviewer\x1b[31mID,asin\n", r"found 'reviewer\\x1b\[31mID', asin"),
        (b'{"reviewer\\u001b[31mID": 1}\n', r"found 'reviewer\\x1b\[31mID'"),
        (b"\x80\x04\x95\x10\x00", "this is pickled Python data"),
        (b'{"reviewerID": "a", "asin": "b", "unixRev', "reviews:1: the JSON is cut off"),
        (b"reviewerID,asin,reviewText,unixReviewTime\na,b,caf\xe9,1393545600\n", "reviews:2: not UTF-8"),
        (b'reviewerID,asin,reviewText,unixReviewTime\na,b,"open,1393545600\n', "reviews:2: a quote is opened here"),
        (b"PK\x03\x04\x00\x00", "the zip archive cannot be read"),
        (b"BZh91AY&SY", "this is bzip2 data"),
        (b"<!DOCTYPE html>\n<html>", "this is a web page"),
    ],
)
def test_files_that_are_something_else(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "reviews"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read(path)


def test_the_real_reviews(instruments: Path) -> None:
    with pytest.raises(InputError, match=r"5 is the largest .*--core 5"):
        read(instruments, 12)
    dataset = read(instruments, 5)
    assert (dataset.n_users, dataset.n_items, len(dataset.interactions)) == (1429, 900, 10_261)
    assert dataset.interactions["review"].isna().sum() == 7
    assert dataset.interactions["explanation"].notna().mean() > 0.8
    sentences = dataset.interactions.dropna(subset=["explanation"])
    plain = [" ".join(text.split()) for text in sentences["review"]]
    assert all(" ".join(said.split()) in text for said, text in zip(sentences["explanation"], plain, strict=True))
    assert not dataset.interactions["review"].str.contains("&#34;|&amp;|&quot;").any()
