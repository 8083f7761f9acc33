"""One bad set never stops the page: it is named, and the others are shown."""

import json
import os
import shutil
import stat
import threading

import pytest
from made_set import write_set

from rdrec.core.home import Home
from rdrec.core.storage import MANIFEST, Manifest, new_artefact
from rdrec.explorer.catalogue import find_stores
from rdrec.explorer.sentences import NO_DATE
from rdrec.ui import empty
from rdrec.ui.explore.history import table
from rdrec.ui.page import build_page


def seal(folder, **changes):
    """Write other claims into a manifest, with a seal that fits them."""
    raw = json.loads((folder / MANIFEST).read_text()) | changes
    raw["sha256"] = Manifest(raw["kind"], raw["meta"], raw["files"]).sha256
    (folder / MANIFEST).write_text(json.dumps(raw))


def meta(folder, **changes):
    seal(folder, meta=json.loads((folder / MANIFEST).read_text())["meta"] | changes)


def text(content):
    return lambda folder: (folder / MANIFEST).write_text(content)


def pipe(folder):
    (folder / MANIFEST).unlink()
    os.mkfifo(folder / MANIFEST)


def table_is_a_pipe(folder):
    (folder / "users.parquet").unlink()
    os.mkfifo(folder / "users.parquet")


def huge(folder):
    with (folder / MANIFEST).open("r+b") as file:
        file.truncate(20 * 2**30)  # sparse: it takes no disk


def endless(folder):
    (folder / MANIFEST).unlink()
    (folder / MANIFEST).symlink_to("/dev/zero")


def student(where, **changes):
    students = json.loads((where / MANIFEST).read_text())["meta"]["students"]
    meta(where, students=[students[0] | changes, *students[1:]])


def with_nan(folder):
    raw = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(raw | {"meta": raw["meta"] | {"seed": float("nan")}}))


def with_surrogate(folder):
    raw = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(raw | {"meta": raw["meta"] | {"title": "half \ud83d"}}))


FAULTS = {
    "a NaN": with_nan,
    "a surrogate": with_surrogate,
    "deep nesting": text("[" * 100_000),
    "a number of 5,000 digits": text('{"form": ' + "9" * 5_000 + "}"),
    "a list": text("[]"),
    "not UTF-8": lambda folder: (folder / MANIFEST).write_bytes(b"\xff\xfe{}"),
    "a pipe": pipe,
    "a pipe for a table": table_is_a_pipe,
    "20 GB": huge,
    "an endless device": endless,
    "sealed: files is a list": lambda folder: seal(folder, files=[]),
    "sealed: a file without facts": lambda folder: seal(folder, files={"users.parquet": 3}),
    "sealed: a file elsewhere": lambda folder: seal(folder, files={"../../x": {"bytes": 1, "sha256": "0"}}),
    "sealed: no files": lambda folder: seal(folder, files={}),
    "sealed: meta is a list": lambda folder: seal(folder, meta=[1]),
    "sealed: a title of numbers": lambda folder: meta(folder, title=7),
    "sealed: users in words": lambda folder: meta(folder, users="many"),
    "sealed: students are a number": lambda folder: meta(folder, students=3),
    "sealed: no students": lambda folder: meta(folder, students=[]),
    "sealed: a student of another role": lambda folder: student(folder, role=["rdrec"]),
    "sealed: a student elsewhere": lambda folder: student(folder, folder="../other"),
    "sealed: a temperature of 0": lambda folder: student(folder, temperatures={"sequential": 0}),
    "sealed: a temperature in words": lambda folder: student(folder, temperatures={"topn": "warm"}),
    "sealed: a temperature of an unknown task": lambda folder: student(folder, temperatures={"next": 1.5}),
    "sealed: teachers are a number": lambda folder: meta(folder, beside=5),
}


@pytest.fixture(scope="module")
def two_sets(tmp_path_factory):
    """The folders of the set good and of its twin bad, written once."""
    folder = tmp_path_factory.mktemp("two")
    return write_set(folder, "good"), write_set(folder, "bad")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_set_is_named_and_the_others_are_shown(two_sets, tmp_path, fault):
    home = Home(tmp_path)
    _, bad = (shutil.copytree(one, home.root / "precomputed" / one.name) for one in two_sets)
    FAULTS[fault](bad)
    found = []
    opener = threading.Thread(target=lambda: found.append(find_stores(home, tmp_path / "none")), daemon=True)
    opener.start()
    opener.join(60)
    assert found, "opening never ends"
    catalogue = found[0]
    assert list(catalogue.stores) == ["good"] and [one.name for one in catalogue.broken] == ["bad"]
    (said,) = empty.broken(catalogue)
    assert "bad" in said and str(tmp_path) not in said


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("users", "user_key", None), ("users", "user", "many"), ("items", "item_key", None), ("items", "purchases", "most"),
        ("history", "split", None), ("predictions", "probability", "high"), ("predictions", "item", None), ("candidates", "candidates", "none"),
    ],
)  # fmt: skip
def test_a_sealed_table_of_nonsense_is_a_bad_set(two_sets, tmp_path, table, column, value):
    def edit(tables):
        tables[table][column] = value

    home = Home(tmp_path)
    shutil.copytree(two_sets[0], home.root / "precomputed" / "good")
    write_set(home.root / "precomputed", "bad", edit=edit)
    catalogue = find_stores(home, tmp_path / "none")
    assert list(catalogue.stores) == ["good"] and [one.name for one in catalogue.broken] == ["bad"]


def test_odd_values_of_the_right_type_are_shown_as_missing(tmp_path):
    def edit(tables):
        tables["history"]["timestamp"] = 2**62
        tables["history"]["rating"] = float("inf")
        tables["items"]["price"] = float("inf")

    home = Home(tmp_path)
    write_set(home.root / "precomputed", "odd", edit=edit)
    catalogue = find_stores(home, tmp_path / "none")
    store = catalogue.stores["odd"]
    assert store.history(1)[0].rating is None and store.item(1).price is None
    build_page(catalogue)
    assert set(table(store.history(1), {}).iloc[:, 0]) == {NO_DATE}


def test_an_unexpected_fault_of_one_set_is_named_too(tmp_path, monkeypatch, caplog):
    home = Home(tmp_path)
    write_set(home.root / "precomputed", "good")
    write_set(home.root / "precomputed", "bad")

    def broken(meta, folder):
        if folder.name == "bad":
            raise ZeroDivisionError("by nought")
        return real(meta, folder)

    from rdrec.explorer import store

    real = store.facts_of
    monkeypatch.setattr(store, "facts_of", broken)
    catalogue = find_stores(home, tmp_path / "none")
    assert list(catalogue.stores) == ["good"] and "ZeroDivisionError" in catalogue.broken[0].error.what
    assert "bad" in caplog.text


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_files_that_may_not_be_read_are_a_bad_set(tmp_path):
    unreadable_set(tmp_path)


def test_a_file_that_the_system_refuses_is_a_bad_set(tmp_path, monkeypatch):
    """As the test above, where root runs the tests."""
    import rdrec.core.storage as storage

    real = storage.sha256_of

    def refusing(path):
        if "bad" in path.parts:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(storage, "sha256_of", refusing)
    unreadable_set(tmp_path)


def unreadable_set(folder):
    home = Home(folder)
    write_set(home.root / "precomputed", "good")
    for path in write_set(home.root / "precomputed", "bad").glob("*.parquet"):
        path.chmod(0)
    catalogue = find_stores(home, folder / "none")
    assert list(catalogue.stores) == ["good"]
    (said,) = empty.broken(catalogue)
    assert "Permission denied" in said and str(folder) not in said


def test_an_artefact_may_be_read_by_everybody_whatever_the_umask(tmp_path):
    before = os.umask(0o077)
    try:
        with new_artefact(tmp_path / "made", "kind", {}) as folder:
            (folder / "deep").mkdir()
            (folder / "deep" / "file").write_bytes(b"x")
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "made").rglob("*")}
    assert modes == {"deep": 0o755, "file": 0o644, MANIFEST: 0o644}
    assert stat.S_IMODE((tmp_path / "made").stat().st_mode) == 0o755
