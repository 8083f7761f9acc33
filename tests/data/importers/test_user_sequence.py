"""Folders with user_sequence.txt: keys are numbered by first appearance."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rdrec.core.records import Dataset, InputError
from rdrec.data import schema
from rdrec.data.importers.faulty import STRICT, FaultRule
from rdrec.data.importers.user_sequence import read_user_sequences
from rdrec.data.release import read_release


def folder(place: Path, sequences: str, texts: str | None = None) -> Path:
    (place / "user_sequence.txt").write_text(sequences, "utf-8")
    if texts is not None:
        (place / "item_plain_text.txt").write_text(texts, "utf-8")
    return place


def read(place: Path, rule: FaultRule | None = None) -> Dataset:
    dataset = read_user_sequences(place, "toy", rule=rule)
    schema.check(dataset)
    return dataset


def test_keys_become_numbers_in_order_of_appearance(tmp_path: Path) -> None:
    texts = "B9 title: Drum &amp; stick; brand: Stag; categories: Music, Drums\nB1 just words\nNEVER title: not bought\n"
    dataset = read(folder(tmp_path, "UA B9 B1 B9\n\nUB B1 7\n", texts))
    assert dataset.users["user_key"].tolist() == ["UA", "UB"]
    assert dataset.items["item_key"].tolist() == ["B9", "B1", "7"]
    assert dataset.items["title"].tolist() == ["Drum & stick", "just words", None]
    assert (dataset.items["brand"][0], dataset.items["categories"][0]) == ("Stag", "Music, Drums")
    assert dataset.interactions["item"].tolist() == [1, 2, 2, 3]
    assert dataset.meta["dropped"] == {"duplicates": 1}
    assert dataset.interactions["review"].isna().all() and dataset.interactions["timestamp"].isna().all()


def test_texts_of_other_items_are_noted(tmp_path: Path) -> None:
    dataset = read(folder(tmp_path, "UA B9 B1\n", "NEVER title: not bought\n"))
    assert any("none of the 2 items bought is among the 1 in item_plain_text.txt" in note for note in dataset.meta["notes"])


def test_released_numbers_take_precedence(tmp_path: Path) -> None:
    folder(tmp_path, "UA B9 B1\n")
    assert read_release(tmp_path, "toy").dataset.users["user_key"].tolist() == ["UA"]
    (tmp_path / "sequential.txt").write_text("1 1 2\n")
    assert read_release(tmp_path, "toy").dataset.users["user_key"].tolist() == ["1"]


def test_faulty_lines_are_left_out_and_counted(tmp_path: Path) -> None:
    place = folder(tmp_path, "UA B9\nUA B1\nUB\nUC B1\x07\nUD B2 B3\n")
    dataset = read(place)
    report = dataset.meta["left_out"]["sequences"]  # type: ignore[index]
    assert dataset.users["user_key"].tolist() == ["UA", "UD"] and (report["lines"], report["left_out"]) == (5, 3)
    assert report["first"][0] == {"line": 2, "reason": "user UA appears a second time"}
    with pytest.raises(InputError, match=r"3 of 5 lines are faulty: line 2: user UA appears a second time"):
        read(place, STRICT)
    with pytest.raises(InputError, match="the file is empty"):
        read(folder(tmp_path, "\n"))


@settings(deadline=None)
@given(st.binary(max_size=120), st.binary(max_size=120))
def test_any_bytes_are_a_data_set_or_one_clear_error(
    tmp_path_factory: pytest.TempPathFactory, sequences: bytes, texts: bytes
) -> None:
    place = tmp_path_factory.mktemp("bytes")
    (place / "user_sequence.txt").write_bytes(b"UA B1\n" + sequences)
    (place / "item_plain_text.txt").write_bytes(texts)
    try:
        read(place)
    except InputError as error:
        assert str(place) in str(error)
