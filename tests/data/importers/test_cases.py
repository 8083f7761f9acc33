"""The small realistic files of `shared/cases/import`: each is imported and reports what it corrected."""

from pathlib import Path
from typing import Any

import pytest

from rdrec.core.records import Dataset
from rdrec.data import schema
from rdrec.data.importers import amazon
from rdrec.data.release import read_release

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases" / "import"


def imported(case: str) -> Dataset:
    folder = CASES / case
    if not folder.is_dir():
        pytest.skip(f"the shared cases are not here ({folder})")
    if not any(folder.glob("reviews*")) and not any(folder.glob("amazon_reviews*")):
        dataset = read_release(folder, "case").dataset
    else:
        metadata = folder / "meta.json"
        (reviews,) = (path for path in folder.iterdir() if path != metadata)
        items = metadata if metadata.exists() else None
        dataset = amazon.open_reviews(reviews, "case", items=items, core_users=2, core_items=2, seed=0).dataset()
    schema.check(dataset)
    return dataset


# case: interactions, reviews, titles, faulty lines of each file, words of a note
EXPECTED: dict[str, tuple[int, int, int, dict[str, int], str]] = {
    "02-2023-rating-zero": (59, 59, 0, {"reviews": 1}, ""),
    "05-meta-one-broken-line": (60, 60, 7, {"reviews": 0, "items": 1}, ""),
    "06-2018-meta-noise": (60, 60, 6, {"reviews": 0, "items": 0}, "2 titles dropped"),
    "08-aws-tsv": (60, 60, 8, {"reviews": 0}, ""),
    "10-pandas-csv-index-nan": (60, 50, 0, {"reviews": 0}, "10 texts written as nan"),
    "11-json-nan-in-unused-column": (60, 60, 0, {"reviews": 0}, ""),
    "12-2023-without-parent-asin": (60, 60, 0, {"reviews": 0}, "asin replaces a missing parent_asin in 60 of 60"),
    "13-2023-some-parent-asin-null": (60, 60, 0, {"reviews": 0}, "asin replaces a missing parent_asin in 2 of 60"),
    "15-lone-surrogate": (60, 60, 0, {"reviews": 0}, "1 lone surrogate"),
    "18-integer-ids": (60, 60, 0, {"reviews": 0}, ""),
    "19-zip-from-kaggle": (60, 60, 0, {"reviews": 0}, ""),
    "21-p5-item2id-only": (36, 0, 0, {}, "user2id was inverted"),
    "22-openp5-user-sequence": (36, 0, 8, {"sequences": 0, "items": 0}, "no times or reviews"),
    "24-same-day-ties": (72, 72, 0, {"reviews": 0}, ""),
    "25-videoid-entities": (60, 60, 0, {"reviews": 0}, ""),
    "26-semicolon-csv": (60, 60, 0, {"reviews": 0}, ""),
    "29-some-without-rating": (60, 60, 0, {"reviews": 0}, "2 of 60 reviews have no rating"),
    "32-parquet-2023": (60, 60, 0, {"reviews": 0}, ""),
}


@pytest.mark.parametrize("case", EXPECTED)
def test_each_case_is_read(case: str) -> None:
    interactions, reviews, titles, faulty, note = EXPECTED[case]
    dataset = imported(case)
    counts: Any = dataset.meta["counts"]
    left_out: Any = dataset.meta.get("left_out", {})
    notes: Any = dataset.meta["notes"]
    assert (counts["interactions"], counts["reviews"], counts["titles"]) == (interactions, reviews, titles)
    assert {which: report["left_out"] for which, report in left_out.items()} == faulty
    assert (any(note in said for said in notes)) if note else notes == []


def test_every_shared_case_is_expected() -> None:
    if not CASES.is_dir():
        pytest.skip(f"the shared cases are not here ({CASES})")
    assert {path.name for path in CASES.iterdir() if path.is_dir()} == set(EXPECTED)


def test_the_texts_of_the_cases_are_clean() -> None:
    texts = imported("25-videoid-entities").interactions
    assert 'This 6" pad\nis great see this' in texts["review"].tolist() and "<3 it" in texts["review"].tolist()
    assert "Five Stars™" in texts["summary"].tolist()
    assert "Broke \ufffd after a week, the clip is weak. (01)" in imported("15-lone-surrogate").interactions["review"].tolist()
    aws = imported("08-aws-tsv").interactions
    assert aws["review"].str.startswith('It is 6" wide and').all() and (aws["summary"] == 'Says "fine').all()


def test_keys_and_metadata_of_the_cases() -> None:
    assert imported("18-integer-ids").users["user_key"].str.fullmatch(r"\d+").all()
    items = imported("06-2018-meta-noise").items.set_index("item_key")
    assert (items["brand"] == "Made").all() and (items["categories"] == "Musical Instruments > Drums").all()
    assert items.loc["B00TEST003", "title"] is None and items.loc["B00TEST000", "title"] == "Pad & stick 0"
    assert imported("21-p5-item2id-only").items["item_key"].iloc[0] == "B00TEST000"
    assert imported("22-openp5-user-sequence").items["title"].iloc[0] == "made up pad 0"
