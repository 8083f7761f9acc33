"""Released folders: optional files, joining of records, and each fault."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rdrec.core.records import InputError
from rdrec.data import schema
from rdrec.data.release import COPIED, NO_RECORD, Release, read_release

Write = Callable[..., Path]
SEQUENTIAL = "1 1 2 3\n2 2 4 1\n"
MAPS = {"id2user": {"1": "UA", "2": "UB"}, "id2item": {"1": "A", "2": "B", "3": "C", "4": "D"}}


def read(folder: Path) -> Release:
    release = read_release(folder, "toy")
    schema.check(release.dataset)
    return release


def records(*entries: dict[str, Any], split: str = "train") -> dict[str, list[dict[str, Any]]]:
    return {"train": [], "val": [], "test": []} | {split: list(entries)}


def record(user: object, item: object, text: str = "Great sound.", **more: Any) -> dict[str, Any]:
    return {"user": user, "item": item, "explanation": text, "feature": "sound", **more}


def test_sequential_alone(write_release: Write) -> None:
    release = read(write_release(sequential_txt="2 2 4 1\n\n1 1 2 3\n"))
    data = release.dataset
    assert data.interactions["item"].tolist() == [1, 2, 3, 2, 4, 1]
    assert data.users["user_key"].tolist() == ["1", "2"] and data.items["item_key"].tolist() == ["1", "2", "3", "4"]
    assert data.negatives is None and release.rationales is None
    assert "no datamaps.json" in data.meta["notes"][0]


def test_records_join_by_key_and_by_number(write_release: Write) -> None:
    for user, item in (("UB", "D"), (2, 4), ("2", "4")):
        folder = write_release(
            sequential_txt=SEQUENTIAL, datamaps_json=MAPS, explanation_json=records(record(user, item), split="val")
        )
        row = read(folder).dataset.interactions.query("user == 2 and position == 1").iloc[0]
        assert (row["review"], row["explanation"], row["feature"], row["text_split"]) == (
            "Great sound.",
            "Great sound.",
            "sound",
            "val",
        )


def test_released_rationales_and_their_misspelt_names(write_release: Write) -> None:
    files = {
        "sequential_txt": SEQUENTIAL,
        "datamaps_json": MAPS,
        "explanation_json": records(record("UA", "A"), record("UA", "B"), record("UB", "D")),
        "explanation_rational_json": records(
            record("UA", "A", user_preference="The user prefers sound.", item_attribution="Loud."),
            record("UA", "B", user_preference="Great sound.", item_attribution="great  sound."),
        ),
    }
    release = read(write_release(**files))
    assert release.rationales is not None
    assert release.rationales["status"].tolist() == ["ok", "nothing", "nothing"]
    assert release.rationales["reason"].tolist() == [None, COPIED, NO_RECORD]
    assert release.rationales["user_preference"].tolist() == ["The user prefers sound.", None, None]
    assert release.dataset.meta["notes"] == ["explanation_rational.json was read as explanation_rationale.json"]
    again = read(write_release(explanation2_json=records()))
    assert "explanation2.json was ignored in favour of explanation_rational.json" in again.dataset.meta["notes"]


def test_rationales_without_explanations_bring_the_sentences(write_release: Write) -> None:
    release = read(
        write_release(sequential_txt=SEQUENTIAL, explanation_rationale_json=records(record(1, 1, user_preference="x")))
    )
    assert release.dataset.interactions["review"].notna().sum() == 1
    assert release.rationales is not None and release.rationales["status"].tolist() == ["ok"]


def test_maps_the_other_way_round_are_inverted(write_release: Write) -> None:
    inverse = {"user2id": {"UA": "1", "UB": 2}, "item2id": {key: int(number) for number, key in MAPS["id2item"].items()}}
    forward = read(write_release(sequential_txt=SEQUENTIAL, datamaps_json=MAPS)).dataset
    dataset = read(write_release(sequential_txt=SEQUENTIAL, datamaps_json=inverse)).dataset
    pd.testing.assert_frame_equal(dataset.users, forward.users)
    pd.testing.assert_frame_equal(dataset.items, forward.items)
    assert dataset.meta["notes"] == ["id2user is missing: user2id was inverted", "id2item is missing: item2id was inverted"]
    for bad in ({"UA": 1, "UB": 1}, {"UA": 1, "UB": 3}, {"UA": 1, "UB": None}, {"UA": 1}):
        with pytest.raises(InputError, match=r"datamaps\.json"):
            read(write_release(sequential_txt=SEQUENTIAL, datamaps_json={**inverse, "user2id": bad}))


def test_names(write_release: Write) -> None:
    folder = write_release(sequential_txt=SEQUENTIAL, datamaps_json=MAPS, item_names_csv="asin,name\nB,a drum\nX,unknown\nC,\n")
    assert read(folder).dataset.items["title"].tolist() == [None, "a drum", None, None]


def many(*changes: tuple[int, int]) -> str:
    """negative.txt for two users of 110 items; `changes` are (place, item) of the first user."""
    row = list(range(5, 104))
    for place, item in changes:
        row[place] = item
    return "1 " + " ".join(map(str, row)) + "\n2 " + " ".join(map(str, range(5, 104))) + "\n"


WIDE = {"id2user": MAPS["id2user"], "id2item": {str(i): f"I{i}" for i in range(1, 111)}}


def test_negatives(write_release: Write) -> None:
    data = read(write_release(sequential_txt=SEQUENTIAL, datamaps_json=WIDE, negative_txt=many((0, 6)))).dataset
    assert data.negatives is not None and data.negatives["negatives"][1].tolist() == list(range(5, 104))
    assert data.meta["notes"] == ["negative.txt repeats 1 negative within a user; kept as released"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "neither sequential.txt nor user_sequence.txt - use a released"),
        ({"sequential_txt": ""}, "sequential.txt: the file is empty"),
        ({"sequential_txt": "1 1 x\n"}, r"sequential.txt:1: 'x' is not a number from 1"),
        ({"sequential_txt": "1 1 0\n"}, r"sequential.txt:1: '0' is not a number"),
        ({"sequential_txt": "1 1 " + "9" * 5000}, r"sequential.txt:1: .* is not a number"),
        ({"sequential_txt": "1\n"}, r"sequential.txt:1: user 1 has no item"),
        (
            {"sequential_txt": "1 1 2\n1 2\n2 1 1\n"},
            r"2 faults: line 2: user 1 appears a second time \(first on line 1\), line 3: item 1 appears twice",
        ),
        ({"sequential_txt": "1 1\n3 2\n"}, "user numbers go up to 3 but user 2 is missing"),
        (
            {"sequential_txt": "1 1 999999999\n"},
            "item numbers go up to 999,999,999 but item 2 is missing .*or add datamaps.json",
        ),
        ({"datamaps_json": '{"id2user": {'}, r"datamaps.json:1: the JSON is cut off"),
        ({"datamaps_json": {"id2user": MAPS["id2user"]}}, "datamaps.json: id2item and item2id are missing"),
        ({"datamaps_json": MAPS | {"id2user": {"1": "UA"}}}, "id2user has 1 users, sequential.txt 2"),
        ({"datamaps_json": MAPS | {"id2item": {"1": "A", "2": "B"}}}, "id2item ends at 2, sequential.txt has item 4"),
        ({"datamaps_json": MAPS | {"id2user": {"1": "UA", "2": "UA"}}}, "two numbers to the same key"),
        ({"datamaps_json": MAPS | {"id2user": {"1": "UA", "3": "UB"}}}, "id2user has no number 2"),
        ({"datamaps_json": MAPS | {"id2user": {"1": "UA", "x": "UB"}}}, "entries that do not map a number to a key: 'x'"),
        ({"datamaps_json": MAPS | {"user2id": {"UA": "2", "UB": "1"}}}, "user2id is not the inverse of id2user"),
        ({"explanation_json": [record(1, 1)]}, r'explanation.json: expected {"train": \[...\].*found list - split the records'),
        ({"explanation_json": {"train": []}}, "expected .* found train"),
        ({"explanation_json": records(record(1, 4))}, r"train\[0\]: sequential.txt has no purchase of item 4 by user 1"),
        ({"explanation_json": records(record(1, 1), record(1, 1))}, r"train\[1\]: the same user and item as train\[0\]"),
        ({"explanation_json": records({"user": 1, "item": 1})}, r"train\[0\]: explanation is missing"),
        ({"explanation_json": records(record(1, 1, text=5))}, r"train\[0\]: explanation is 5: expected a text"),
        (
            {"explanation_json": records(record(1, 1)), "explanation_rationale_json": records(record(1, 1), split="test")},
            r"test\[0\] is in split train of explanation.json",
        ),
        ({"item_names_csv": "a,b\n"}, "expected the columns asin,name, found a,b"),
        ({"item_names_csv": "asin,name\nA,x\nA,y\n"}, r"item_names.csv:3: 'A' appears a second time"),
        ({"datamaps_json": WIDE, "negative_txt": many((0, 1))}, r"negative.txt:1: item 1 is in the history of user 1"),
        (
            {"datamaps_json": WIDE, "negative_txt": many((0, 111))},
            r"negative.txt:1: item 111 does not exist: there are 110 items",
        ),
        ({"datamaps_json": WIDE, "negative_txt": "1 5 6\n" + many()}, r"negative.txt:1: user 1 has 2 negatives, not 99"),
        ({"datamaps_json": WIDE, "negative_txt": many().splitlines()[0]}, "negative.txt: no line for user 2"),
        ({"datamaps_json": WIDE, "negative_txt": many() + "3 1\n"}, r"negative.txt:3: user 3 is not in sequential.txt"),
    ],
)
def test_each_fault_in_words(write_release: Write, files: dict[str, Any], message: str) -> None:
    folder = write_release(**({"sequential_txt": SEQUENTIAL} | files if files else {}))
    with pytest.raises(InputError, match=message):
        read(folder)


@settings(deadline=None)
@given(
    st.sampled_from(
        ["sequential.txt", "negative.txt", "datamaps.json", "explanation.json", "item_names.csv", "rdrec_extra.jsonl.gz"]
    ),
    st.one_of(
        st.binary(max_size=200), st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps).map(str.encode)
    ),
)
def test_any_bytes_in_any_file(tmp_path_factory: pytest.TempPathFactory, name: str, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("release")
    (folder / "sequential.txt").write_text(SEQUENTIAL)
    (folder / name).write_bytes(content)
    try:
        read(folder)
    except InputError as error:
        assert str(folder / name) in str(error)
