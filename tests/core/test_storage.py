"""Artefacts are whole or absent, whenever the writer dies; the journal loses nothing that it promised."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdrec.core.home import Home, check_name
from rdrec.core.journal import Journal
from rdrec.core.records import ArtefactError, InputError, UnknownNameError
from rdrec.core.storage import atomic_write, new_artefact, read_manifest, scratch_folder, seal, verify, write_table


class Crash(BaseException):
    """Not an Exception: nothing may swallow it."""


def write(folder, content):
    with new_artefact(folder, "thing", {"size": len(content)}) as temporary:
        (temporary / "deep").mkdir()
        (temporary / "deep" / "file.txt").write_text(content)


def test_an_artefact_is_whole(tmp_path):
    write(tmp_path / "a", "hello")
    manifest = verify(tmp_path / "a", "thing")
    assert manifest.meta == {"size": 5} and list(manifest.files) == ["deep/file.txt"]
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("operation", ["fsync", "replace"])
def test_a_crash_at_any_storage_operation_leaves_old_or_new(tmp_path, monkeypatch, operation):
    """The writer dies at its 1st, 2nd, 3rd ... call of the operation: what is found is the old artefact or the new one, whole."""
    real = getattr(os, operation)
    real_replace = Path.replace
    outcomes = set()
    for deadline in range(1, 12):
        root = tmp_path / f"{operation}{deadline}"
        write(root / "a", "old")
        calls = 0

        def dying(*args, calls_allowed=deadline, **kwargs):
            nonlocal calls
            calls += 1
            if calls == calls_allowed:
                raise Crash
            return (real if operation == "fsync" else real_replace)(*args, **kwargs)

        with monkeypatch.context() as patch:
            if operation == "fsync":
                patch.setattr(os, "fsync", dying)
            else:
                patch.setattr(Path, "replace", dying)
            try:
                write(root / "a", "new")
                finished = True
            except Crash:
                finished = False
        verify(root / "a", "thing")
        outcomes.add((root / "a" / "deep" / "file.txt").read_text())
        if finished:
            assert (root / "a" / "deep" / "file.txt").read_text() == "new"
            break
    else:
        pytest.fail("the write never finished")
    assert {"old", "new"} <= outcomes


@given(position=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_every_flipped_bit_is_found(tmp_path_factory, position, bit):
    folder = tmp_path_factory.mktemp("flip") / "a"
    write(folder, "some text that matters")
    target = sorted(path for path in folder.rglob("*") if path.is_file())[position % 2]
    content = bytearray(target.read_bytes())
    content[position % len(content)] ^= 1 << bit
    target.write_bytes(content)
    with pytest.raises(ArtefactError):
        verify(folder, "thing")


def test_a_killed_writer_is_cleaned_up_after(tmp_path):
    """SIGKILL in mid-write: nothing is seen, and the next writer removes what was left; between the two renames: the old is put back."""
    code = "import os, sys; from pathlib import Path; from rdrec.core.storage import new_artefact\n"
    code += "with new_artefact(Path(sys.argv[1]), 'thing', {}) as t:\n    (t / 'x').write_text('half'); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "a")], cwd=Path(__file__).parents[2], check=False)
    assert len(list(tmp_path.iterdir())) == 1 and not (tmp_path / "a").exists()
    write(tmp_path / "a", "whole")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize(
    "begin",
    [
        "with storage.scratch_folder(path) as left:\n    (left / 'x').write_text('half'); os.kill(os.getpid(), 9)",
        "os.fsync = lambda _: os.kill(os.getpid(), 9)\nstorage.atomic_write(path, b'half')",
    ],
    ids=["scratch folder", "file"],
)
def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path, begin):
    code = "import os, sys\nfrom pathlib import Path\nfrom rdrec.core import storage\npath = Path(sys.argv[1])\n" + begin
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "a")], cwd=Path(__file__).parents[2], check=False)
    assert len(list(tmp_path.iterdir())) == 1 and not (tmp_path / "a").exists()
    with scratch_folder(tmp_path / "a") as mine:
        assert list(tmp_path.iterdir()) == [mine]
    atomic_write(tmp_path / "a", b"whole")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_sealed_artefact_has_the_hash_that_it_will_have(tmp_path):
    with new_artefact(tmp_path / "a", "thing", {"n": 1}) as folder:
        (folder / "x").write_text("content")
        sealed = seal(folder, "thing", {"n": 1})
    assert verify(tmp_path / "a", "thing").sha256 == sealed.sha256


@pytest.mark.parametrize("exchange", [True, False])
def test_replacing_with_and_without_exchange(tmp_path, monkeypatch, exchange):
    if not exchange:
        monkeypatch.setattr("rdrec.core.storage._exchange", lambda *_: False)
    write(tmp_path / "a", "old")
    write(tmp_path / "a", "newer")
    assert verify(tmp_path / "a", "thing").meta == {"size": 5} and [p.name for p in tmp_path.iterdir()] == ["a"]
    (tmp_path / "a").replace(tmp_path / ".a.old")  # as a writer without exchange leaves it when killed between its two renames
    with pytest.raises(Crash), new_artefact(tmp_path / "a", "thing", {}):
        raise Crash
    assert verify(tmp_path / "a", "thing").meta == {"size": 5}, "the next writer puts the old one back first"


def test_wrong_kind_form_and_missing(tmp_path):
    write(tmp_path / "a", "x")
    with pytest.raises(ArtefactError, match="this is a thing, not a student"):
        read_manifest(tmp_path / "a", "student")
    with pytest.raises(ArtefactError, match="no finished artefact"):
        read_manifest(tmp_path / "b", "thing")
    raw = json.loads((tmp_path / "a" / "manifest.json").read_text())
    (tmp_path / "a" / "manifest.json").write_text(json.dumps(raw | {"form": 99}))
    with pytest.raises(ArtefactError, match="format 99"):
        read_manifest(tmp_path / "a", "thing")


def test_atomic_write_keeps_the_old_file(tmp_path, monkeypatch):
    atomic_write(tmp_path / "f", b"old")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(ArtefactError, match=r"No space.*make room"):
        atomic_write(tmp_path / "f", b"new")
    assert (tmp_path / "f").read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1


def test_same_table_same_bytes(tmp_path):
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    write_table(frame, tmp_path / "1.parquet")
    write_table(frame, tmp_path / "2.parquet")
    assert (tmp_path / "1.parquet").read_bytes() == (tmp_path / "2.parquet").read_bytes()


def test_journal_survives_a_torn_tail(tmp_path):
    path = tmp_path / "j"
    with Journal(path, {"run": 1}) as journal:
        journal.append([{"n": 1}, {"n": 2}])
        journal.append([{"n": 3}])
    content = path.read_bytes()
    header = content.index(b"\n") + 1
    for end in range(header, len(content) + 1):
        path.write_bytes(content[:end])
        with Journal(path, {"run": 1}) as journal:
            whole = content[:end].count(b"\n") - 1
            assert journal.entries == [{"n": n} for n in range(1, whole + 1)]
            journal.append([{"n": "next"}])
        with Journal(path, {"run": 1}) as journal:
            assert journal.entries[-1] == {"n": "next"} and len(journal.entries) == whole + 1


def test_journal_refuses_damage_other_runs_and_second_writers(tmp_path):
    path = tmp_path / "j"
    with Journal(path, {"run": 1}) as journal:
        journal.append([{"n": 1}, {"n": 2}])
        code = "import sys; from pathlib import Path; from rdrec.core.journal import Journal; Journal(Path(sys.argv[1]), {'run': 1})"
        second = subprocess.run(
            [sys.executable, "-c", code, str(path)], capture_output=True, text=True, cwd=Path(__file__).parents[2]
        )
        assert second.returncode and "another process is writing" in second.stderr
    with pytest.raises(ArtefactError, match="other settings"):
        Journal(path, {"run": 2})
    content = bytearray(path.read_bytes())
    content[content.index(b"\n") + 12] ^= 1
    path.write_bytes(content)
    with pytest.raises(ArtefactError, match="line 2 is damaged"):
        Journal(path, {"run": 1})


def test_a_journal_without_results_hinders_no_other_run(tmp_path):
    path = tmp_path / "j"
    with Journal(path, {"run": "one that failed at once"}):
        pass
    with Journal(path, {"run": 2}) as journal:
        journal.append([{"n": 1}])
    with Journal(path, {"run": 2}) as journal:
        assert journal.entries == [{"n": 1}]


@given(st.text(max_size=80))
def test_names_never_leave_the_home(name):
    home = Home(Path("/nowhere/home"))
    try:
        path = home.data(name)
    except InputError:
        return
    assert path.parent == Path("/nowhere/home/data") and path.name == name == check_name(name)


@pytest.mark.parametrize("name", ["..", "a/b", "%2e%2e", "~", "C:", "a\0b", "", "A", "x" * 65, "-a", "a b", "é"])
def test_odd_names_are_refused(name):
    with pytest.raises(InputError, match="cannot be a"):
        check_name(name)


def test_home_says_what_there_is(tmp_path):
    home = Home(tmp_path)
    with pytest.raises(UnknownNameError, match=r"none exist yet.*make it with: make x"):
        home.require(home.data("guitars"), "data set", "make x")
    write(home.data("drums"), "x")
    with pytest.raises(UnknownNameError, match="available: drums"):
        home.require(home.data("guitars"), "data set", "make x")


def test_home_order(monkeypatch, tmp_path):
    monkeypatch.delenv("RDREC_HOME", raising=False)
    assert Home.find().root == Path("~/.rdrec").expanduser()
    monkeypatch.setenv("RDREC_HOME", str(tmp_path))
    assert Home.find().root == tmp_path
    assert Home.find(str(tmp_path / "x")).root == tmp_path / "x"
