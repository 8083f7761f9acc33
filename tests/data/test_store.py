"""Data sets in the home: loading restores what was saved."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rdrec.core.home import Home
from rdrec.core.records import ArtefactError, Dataset, UnknownNameError
from rdrec.data import schema
from rdrec.data.rationales import load_rationales
from rdrec.data.store import dataset_sha256, entries, load_dataset, save_dataset, save_released_rationales


def test_load_gives_what_save_got(tmp_path: Path, random_dataset: Callable[[int], Dataset]) -> None:
    home = Home(tmp_path)
    bare = random_dataset(0)
    lists = [np.setdiff1d(np.arange(1, 201), h)[:99] for h in bare.interactions.groupby("user")["item"].agg(np.array)]
    negatives = schema.table({"user": range(1, 51), "negatives": lists}, schema.NEGATIVES)
    for dataset in (bare, replace(bare, negatives=negatives)):
        manifest = save_dataset(home, dataset)
        loaded = load_dataset(home, "toy")
        for name in ("users", "items", "interactions"):
            pd.testing.assert_frame_equal(getattr(loaded, name), getattr(dataset, name))
        assert (loaded.negatives is None) == (dataset.negatives is None)
        assert loaded.meta == dataset.meta and loaded.name == "toy"
        assert manifest.sha256 == dataset_sha256(home, "toy")
    assert loaded.negatives is not None
    pd.testing.assert_frame_equal(loaded.negatives, negatives)


def test_missing_values_are_none_never_nan(tmp_path: Path, make_dataset: Callable[..., Dataset]) -> None:
    save_dataset(Home(tmp_path), make_dataset([[1, 2, 3]]))
    loaded = load_dataset(Home(tmp_path), "toy")
    assert all(value is None for value in loaded.interactions["review"])
    assert all(value is None for value in loaded.items["title"])


def test_the_same_data_gives_the_same_bytes(tmp_path: Path, random_dataset: Callable[[int], Dataset]) -> None:
    first, second = (save_dataset(Home(tmp_path / where), random_dataset(0)) for where in ("a", "b"))
    assert first.sha256 == second.sha256
    assert save_dataset(Home(tmp_path / "c"), random_dataset(1)).sha256 != first.sha256


def test_unknown_and_altered(tmp_path: Path, make_dataset: Callable[..., Dataset]) -> None:
    home = Home(tmp_path)
    with pytest.raises(UnknownNameError, match=r"no data set named 'toy' \(none exist yet\).*data import"):
        load_dataset(home, "toy")
    save_dataset(home, make_dataset([[1, 2, 3]]))
    with pytest.raises(UnknownNameError, match=r"no data set named 'guitars' \(available: toy\)"):
        load_dataset(home, "guitars")
    path = home.data("toy") / "items.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ArtefactError, match=r"missing or altered: items.parquet"):
        load_dataset(home, "toy")


def test_impossible_data_sets_are_not_saved(tmp_path: Path, make_dataset: Callable[..., Dataset]) -> None:
    good = make_dataset([[1, 2, 3], [2, 1]], [["a", "b", "c"], ["d", None]])
    for change in (
        {"position": [0, 1, 3, 0, 1]},
        {"item": [1, 2, 4, 2, 1]},
        {"item": [1, 2, 2, 2, 1]},
        {"user": [1, 1, 1, 3, 3]},
        {"review": ["a", "b", " ", "d", None]},
        {"text_split": ["train", "train", "dev", "train", None]},
        {"text_split": ["train"] * 5},
    ):
        with pytest.raises(AssertionError):
            save_dataset(Home(tmp_path), replace(good, interactions=good.interactions.assign(**change)))
    assert not Home(tmp_path).names("data")


def test_the_list_has_broken_ones_too(tmp_path: Path, make_dataset: Callable[..., Dataset]) -> None:
    home = Home(tmp_path)
    save_dataset(home, make_dataset([[1, 2, 3]]))
    broken = home.data("broken")
    broken.mkdir()
    (broken / "manifest.json").write_text("{")
    first, second = entries(home)
    assert first.name == "broken" and first.fault is not None and "cannot be read" in first.fault
    assert (second.name, second.title, second.counts["items"], second.fault) == ("toy", "Toy", 3, None)


def test_released_rationales(tmp_path: Path, make_dataset: Callable[..., Dataset]) -> None:
    home = Home(tmp_path)
    save_dataset(home, make_dataset([[1, 2]], [["a", "b"]]))
    columns = {
        "user": [1, 1],
        "position": [0, 1],
        "item": [1, 2],
        "status": ["ok", "nothing"],
        "reason": [None, "none"],
        "claims": ["[]"] * 2,
    }
    frame = schema.table({**columns, "user_preference": ["x", None]}, schema.RATIONALES)
    manifest = save_released_rationales(home, "toy", frame)
    assert manifest.meta["counts"] == {"reviews": 2, "ok": 1, "nothing": {"none": 1}}
    assert manifest.meta["data_sha256"] == dataset_sha256(home, "toy")
    pd.testing.assert_frame_equal(load_rationales(home, "toy", "released"), frame)
    with pytest.raises(UnknownNameError, match="no rationales of a teacher named 'offline'"):
        load_rationales(home, "toy", "offline")
