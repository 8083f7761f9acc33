"""Item metadata of three releases and CSV; Python literals are parsed but never executed."""

import json
import math
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from rdrec.core.records import InputError
from rdrec.data.importers import amazon
from rdrec.data.importers.faulty import STRICT
from rdrec.data.importers.items import ItemInfo, parse_literal, read_items


def put(folder: Path, *lines: str) -> Path:
    path = folder / "meta.json"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def test_2014_python_literals(tmp_path: Path) -> None:
    path = put(
        tmp_path,
        "{'asin': 'A', 'title': \"Bob's &amp; Son\", 'price': 12.5, 'brand': 'Stag', 'categories': [['Music', 'Strings'], ['Gifts']]}",
        "{'asin': 'B', 'related': {'also_bought': ['A']}}",
        "{'asin': 'C', 'title': 'not wanted'}",
    )
    assert read_items(path, {"A"}).infos == {"A": ItemInfo("Bob's & Son", "Stag", "Music > Strings | Gifts", 12.5)}
    other = read_items(path, {"B"}).infos["B"]
    assert (other.title, other.brand, other.categories) == (None, None, None) and math.isnan(other.price)


def test_a_key_of_thousands_of_digits_is_a_faulty_line(tmp_path: Path) -> None:
    path = put(tmp_path, "{'asin': 'A', 'title': 'Mic &#" + "9" * 5_000 + ";'}", "{'asin': 0x" + "f" * 20_000 + "}")
    read = read_items(path, {"A"})
    assert read.infos["A"].title == "Mic \ufffd"


def test_2018_and_2023_json(tmp_path: Path) -> None:
    path = put(
        tmp_path,
        json.dumps({"asin": "A", "title": "Mic", "brand": "Shure", "category": ["Music", "Mics"], "price": "$1,099.00"}),
        json.dumps(
            {"parent_asin": "B", "title": "Amp", "store": "Vox", "categories": ["Amps"], "price": None, "main_category": "x"}
        ),
        json.dumps({"asin": "C", "title": "Pick", "price": ".a-box-inner{background-color:#fff}"}),
    )
    found = read_items(path, {"A", "B", "C"}).infos
    assert found["A"] == ItemInfo("Mic", "Shure", "Music > Mics", 1099.0)
    assert (found["B"].title, found["B"].brand, found["B"].categories) == ("Amp", "Vox", "Amps")
    assert math.isnan(found["B"].price) and math.isnan(found["C"].price)


def test_csv(tmp_path: Path) -> None:
    path = put(tmp_path, "asin,name", 'A,"Strings, 12"')
    assert read_items(path, {"A"}).infos["A"].title == "Strings, 12"
    with pytest.raises(InputError, match=r"missing title or name; found asin, colour"):
        read_items(put(tmp_path, "asin,colour", "A,red"), {"A"})


def test_every_container_of_2023_metadata(tmp_path: Path) -> None:
    rows = [
        {
            "parent_asin": "B",
            "title": "Amp &amp; cable",
            "store": "Vox",
            "categories": ["Music", "Amps"],
            "price": "12.50",
            "x": [[1]],
        },
        {"parent_asin": "C", "title": None, "store": None, "categories": [], "price": "from 5", "x": None},
    ]
    as_json = put(tmp_path, *(json.dumps(row) for row in rows))
    expected = read_items(as_json, {"B", "C"}).infos
    as_parquet = tmp_path / "meta.parquet"
    pd.DataFrame(rows).to_parquet(as_parquet)
    packed = tmp_path / "meta.json.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(as_json, "meta.json")
    as_csv = tmp_path / "meta.csv"
    as_csv.write_text('parent_asin;title;store;categories;price\nB;"Amp &amp; cable";Vox;Music > Amps;12.50\nC;;;;from 5\n')
    for path in (as_parquet, packed, as_csv):
        found = read_items(path, {"B", "C"}).infos
        assert found["B"] == expected["B"] == ItemInfo("Amp & cable", "Vox", "Music > Amps", 12.5)
        assert (found["C"].title, found["C"].brand, found["C"].categories) == (None, None, None) and math.isnan(
            found["C"].price
        )


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("var aPageStart = (new Date()).getTime();\nvar ue_t0=1;", None),
        ('<span id="productTitle">Real name</span>', None),
        ("<script>x</script>", None),
        ("Drum &amp; stick <3, 5 < 6", "Drum & stick <3, 5 < 6"),
        ("A function of variety", "A function of variety"),
        ("nan", None),
    ],
)
def test_titles_that_are_page_fragments_are_dropped_and_counted(tmp_path: Path, title: str, shown: str | None) -> None:
    read = read_items(put(tmp_path, json.dumps({"asin": "A", "title": title, "brand": "By\n    \n    Stag"})), {"A"})
    assert (read.infos["A"].title, read.infos["A"].brand) == (shown, "Stag")
    assert bool(read.notes) == (shown is None and title != "nan")


@pytest.mark.parametrize(
    "line",
    [
        "{'asin': __import__('os').system('touch hacked')}",
        "{'asin': 'a', 'b': 9**9**9}",
        "{'asin': " + "[" * 5000,
        "{'asin': " + "-" * 50_000 + "1}",
        "{'asin': " + "(" * 100 + "1" + "+1" * 40_000,
        "{'asin': 'half",
        "{'a': '" + "x" * 200_001,
    ],
)
def test_hostile_literals_are_refused_and_never_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError):
        parse_literal(line)
    with pytest.raises(InputError, match=r"meta.json:2: "):
        read_items(put(tmp_path, "{'asin': 'A'}", line), {"A"}, STRICT)
    metadata = read_items(put(tmp_path, "{'asin': 'A'}", line), {"A"})
    assert set(metadata.infos) == {"A"} and metadata.report["left_out"] == 1
    assert not (tmp_path / "hacked").exists()


def test_keys_are_checked(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"2 of 3 lines are faulty: line 1: the item key \(asin\) is missing.*line 3: expected one object"
    ):
        read_items(put(tmp_path, '{"asin": 5.5}', '{"asin": "A"}', "[1]"), {"A"}, STRICT)
    assert set(read_items(put(tmp_path, '{"asin": 5}', '{"asin": 0}', '{"asin": 7.0}'), {"5", "0", "7"}).infos) == {
        "5",
        "0",
        "7",
    }
    for missing in ('"nan"', "null", '""'):
        assert set(read_items(put(tmp_path, f'{{"parent_asin": {missing}, "asin": "A"}}'), {"A"}, STRICT).infos) == {"A"}
    assert set(read_items(put(tmp_path, "asin,title", "A,Drum", "nan,Harp"), {"A", "nan"}).infos) == {"A"}


def test_metadata_of_other_items_is_noted(tmp_path: Path) -> None:
    metadata = read_items(put(tmp_path, '{"asin": "A"}', '{"asin": "B"}'), {"C", "D"})
    assert metadata.notes == ["none of the 2 items bought is among the 2 in meta.json; check that it belongs to this data"]
    assert read_items(put(tmp_path, '{"asin": "A"}'), {"A", "B"}).notes == []


def test_import_joins_titles(tmp_path: Path, review_rows: list[dict[str, Any]], write_reviews: Callable[..., Path]) -> None:
    meta = put(tmp_path, "asin,title,brand,price", "ITEM0,Strings,Stag,$5", "ITEM9,Nobody bought it,,")
    dataset = amazon.open_reviews(write_reviews(review_rows), "toy", items=meta, core_users=0, core_items=0, seed=0).dataset()
    row = dataset.items.set_index("item_key").loc["ITEM0"]
    assert (row["title"], row["brand"], row["price"]) == ("Strings", "Stag", 5.0)
    assert dataset.items["title"].notna().sum() == 1 and dataset.meta["items_in_metadata"] == 1
