"""Importing an exported folder restores the same data set."""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rdrec.core.records import Dataset, InputError
from rdrec.data import schema
from rdrec.data.export import export
from rdrec.data.extras import FILE
from rdrec.data.importers import amazon
from rdrec.data.release import read_release
from rdrec.data.text import one_line, tidy


def same(one: Dataset, other: Dataset) -> None:
    for name in ("users", "items", "interactions"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
    assert (one.negatives is None) == (other.negatives is None)
    if one.negatives is not None and other.negatives is not None:
        pd.testing.assert_frame_equal(one.negatives, other.negatives)
    leave = {"source"}
    assert {k: v for k, v in one.meta.items() if k not in leave} == {k: v for k, v in other.meta.items() if k not in leave}


def round_trip(dataset: Dataset, folder: Path, **options: Any) -> Dataset:
    export(dataset, folder, **options)
    release = read_release(folder, dataset.name)
    schema.check(release.dataset)
    same(dataset, release.dataset)
    return release.dataset


def test_raw_reviews(tmp_path: Path, review_rows: list[dict[str, Any]], write_reviews: Callable[..., Path]) -> None:
    meta = tmp_path / "meta.csv"
    meta.write_text("asin,title,price\nITEM0,Strings,5\nITEM1,Drum,\n")
    review_rows[0]["reviewText"] = "Not &lt;b&gt; but &amp;amp; stays.<br />Great sound."
    path = write_reviews(review_rows)
    dataset = amazon.open_reviews(path, "toy", items=meta, core_users=0, core_items=0, seed=3, title="Toy set").dataset()
    round_trip(dataset, tmp_path / "out")
    assert not (tmp_path / "out" / "negative.txt").exists()  # 4 items: no 99 negatives


def test_the_original_source_survives_repeated_exports(
    tmp_path: Path, review_rows: list[dict[str, Any]], write_reviews: Callable[..., Path]
) -> None:
    dataset = amazon.open_reviews(write_reviews(review_rows), "toy", core_users=0, core_items=0, seed=0).dataset()
    first: Any = dataset.meta["source"]
    first["licence"] = "for research only"
    for folder in ("a", "b"):
        dataset = round_trip(dataset, tmp_path / folder)
        source: Any = dataset.meta["source"]
        assert (source["kind"], source["folder"], source["exported_from"]) == ("released folder", folder, first)


def test_the_real_reviews_and_a_second_export_is_the_same_bytes(
    instruments: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(amazon, "pick_explanations", lambda texts: ([t and tidy(t[:60]) for t in texts], [None] * len(texts)))
    dataset = amazon.open_reviews(instruments, "guitars", core_users=5, core_items=5, seed=0).dataset()
    again = round_trip(dataset, tmp_path / "a", seed=5)
    assert (tmp_path / "a" / "negative.txt").exists() and again.negatives is None
    export(dataset, tmp_path / "b", seed=5)
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes(), file.name


def test_a_released_set(real_data: Path, tmp_path: Path) -> None:
    (tmp_path / "head").mkdir()
    with (real_data / "toys" / "sequential.txt").open() as file:  # numbers follow first appearance: the head has no gaps
        (tmp_path / "head" / "sequential.txt").write_text("".join(islice(file, 2000)))
    round_trip(read_release(tmp_path / "head", "toys").dataset, tmp_path / "out")


def test_an_edited_negative_file_counts_as_released(random_dataset: Callable[[int], Dataset], tmp_path: Path) -> None:
    export(random_dataset(0), tmp_path / "out")
    path = tmp_path / "out" / "negative.txt"
    rows = path.read_text().splitlines()
    words = rows[0].split()
    rows[0] = " ".join([words[0], words[2], words[1], *words[3:]])
    path.write_text("\n".join(rows) + "\n")
    negatives = read_release(tmp_path / "out", "toy").dataset.negatives
    assert negatives is not None and negatives["negatives"][0][0] == int(words[2])


def test_released_negatives_survive(random_dataset: Callable[[int], Dataset], tmp_path: Path) -> None:
    dataset = random_dataset(0)
    export(dataset, tmp_path / "a")
    (tmp_path / "a" / FILE).unlink()
    released = read_release(tmp_path / "a", "toy").dataset
    assert released.negatives is not None
    round_trip(released, tmp_path / "b")
    assert (tmp_path / "a" / "negative.txt").read_bytes() == (tmp_path / "b" / "negative.txt").read_bytes()


TEXT = st.text(st.characters(blacklist_categories=["Cs"]), max_size=30)


@st.composite
def datasets(draw: st.DrawFn, build: Callable[..., Dataset]) -> Dataset:
    histories = draw(st.lists(st.lists(st.integers(1, 8), min_size=1, max_size=6, unique=True), min_size=1, max_size=5))
    n = sum(map(len, histories))

    def column(values: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(st.none() | values, min_size=n, max_size=n))

    reviews = column(TEXT.map(tidy))
    flat = {
        "explanation": column(TEXT.map(tidy)),
        "feature": column(TEXT.map(one_line)),
        "text_split": column(st.sampled_from(schema.SPLITS)),
    }
    for values in flat.values():
        values[:] = [value if review else None for value, review in zip(values, reviews, strict=True)]
    dataset = build(
        histories,
        n_items=8,
        review=reviews,
        summary=column(TEXT.map(one_line)),
        rating=column(st.floats(1, 5)),
        timestamp=column(st.integers(-(2**40), 2**40)),
        **flat,
    )
    dataset.items["title"] = pd.Series(draw(st.lists(st.none() | TEXT.map(one_line), min_size=8, max_size=8)), dtype=object)
    dataset.items["price"] = draw(st.lists(st.just(np.nan) | st.floats(0, 1e6), min_size=8, max_size=8))
    return replace(
        dataset, meta={"title": "Toy", "counts": schema.counts(dataset.interactions, dataset.items, dataset.n_users)}
    )


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=30)
@given(st.data())
def test_any_data_set(
    tmp_path_factory: pytest.TempPathFactory, make_dataset: Callable[..., Dataset], data: st.DataObject
) -> None:
    round_trip(data.draw(datasets(make_dataset)), tmp_path_factory.mktemp("export") / "out")


def test_rationales_go_out_and_come_back(make_dataset: Callable[..., Dataset], tmp_path: Path) -> None:
    dataset = make_dataset([[1, 2, 3]], [["good", "bad", "odd"]], explanation=["good", "bad", None])
    rationales = schema.table(
        {
            "user": [1, 1, 1],
            "position": [0, 1, 2],
            "item": [1, 2, 3],
            "status": ["ok", "nothing", "ok"],
            "reason": [None, "too short", None],
            "user_preference": ["The user prefers good.", None, "x"],
            "claims": ["[]"] * 3,
        },
        schema.RATIONALES,
    )
    files, warnings = export(dataset, tmp_path / "out", rationales=rationales)
    assert "explanation_rationale.json" in files
    assert any("1 rationale left out" in warning for warning in warnings) and any(
        "negative.txt is left out" in w for w in warnings
    )
    back = read_release(tmp_path / "out", "toy").rationales
    assert back is not None and back["status"].tolist() == ["ok", "nothing", "nothing"]
    assert back["user_preference"][0] == "The user prefers good."


def test_an_existing_folder_is_never_touched(make_dataset: Callable[..., Dataset], tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="the folder is not empty - choose a new or empty folder"):
        export(make_dataset([[1, 2, 3]]), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    (tmp_path / "empty").mkdir()
    export(make_dataset([[1, 2, 3]]), tmp_path / "empty")


def test_a_failed_export_leaves_nothing(
    make_dataset: Callable[..., Dataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("rdrec.data.export.write_extras", fail)
    with pytest.raises(OSError, match="disk full"):
        export(make_dataset([[1, 2, 3]]), tmp_path / "out")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"user": 1, "position": 0, "item": 2}, "user 1 has item 1 at 0, not 2: the file belongs to another data set"),
        ({"user": 1, "position": 9, "item": 1}, "there is no interaction 9 of user 1"),
        ({"user": 7, "position": 0, "item": 1}, "there is no interaction 0 of user 7"),
        ({"item": 99}, "item is 99: expected 1 to 3"),
        ({"item": 1, "title": 5}, "title is 5: expected a text"),
        ({"user": 1, "position": 0, "item": 1, "rating": 7}, "expected a rating from 1 to 5"),
        ({"user": 1, "position": 0, "item": 1, "text_split": "train"}, "a split without a review"),
        ({"user": 1, "position": 0, "item": 1, "timestamp": "x"}, "timestamp is 'x'"),
    ],
)
def test_extras_of_another_data_set(
    make_dataset: Callable[..., Dataset], tmp_path: Path, line: dict[str, Any], message: str
) -> None:
    export(make_dataset([[1, 2, 3]]), tmp_path / "out")
    path = tmp_path / "out" / FILE
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()) + json.dumps(line).encode()))
    with pytest.raises(InputError, match=rf"{FILE}:2: .*{message}.* - export the data set again, or remove {FILE}"):
        read_release(tmp_path / "out", "toy")
