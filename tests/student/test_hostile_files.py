"""Files that would run code, claim the impossible or keep a reader busy: none leaves a trace, all give one clear error."""

import io
import pickle
import random
import struct
import tarfile
import time
import tracemalloc
import zipfile
import zlib
from contextlib import nullcontext

import pytest
import torch
from hostile_pickles import Evil, bodies, command, module, pickled, rebuilt, storage, text
from released_file import archive, released_module, save

from rdrec.core.records import InputError
from rdrec.student import inert_pickle, released
from rdrec.student.inert_pickle import Bounded, read_pickle
from rdrec.student.released import read_released


@pytest.fixture
def canary(tmp_path):
    return tmp_path / "ran"


def refuses(path, content, message, canary):
    path.write_bytes(content)
    before = sorted(other.name for other in path.parent.iterdir())
    began = time.process_time()
    with pytest.raises(InputError, match=message) as error:
        read_released(path)
    assert time.process_time() - began < 30
    assert str(path) in str(error.value) and " - " in str(error.value) and len(str(error.value)) < 1200
    assert not canary.exists() and sorted(other.name for other in path.parent.iterdir()) == before


NAMES = [name for name, _, _ in bodies("x")]


@pytest.mark.parametrize("name", NAMES)
def test_hostile_pickles(name, tmp_path, canary):
    body, message = next((body, message) for one, body, message in bodies(canary) if one == name)
    message = message.replace("(", r"\(").replace("*", r"\*")
    refuses(tmp_path / "model.pt", archive(pickled(body)), message, canary)
    old = b"".join(pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}))
    refuses(tmp_path / "old.pt", old + pickled(body) + pickle.dumps([], 2), ".", canary)


def test_storages_listed_under_numbers_of_thousands_of_digits(tmp_path, canary):
    start = b"".join(pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}))
    refuses(tmp_path / "old.pt", start + pickle.dumps({}, 2) + pickle.dumps([10**5_000], 2), "not strings", canary)


def peak(body):
    """Bytes that reading a pickle took at most, and the fault if there was one."""
    tracemalloc.start()
    try:
        content = pickled(body)
        made = read_pickle(Bounded(io.BytesIO(content), len(content)))
        return tracemalloc.get_traced_memory()[1], made
    finally:
        tracemalloc.stop()


def test_a_long_list_is_not_copied_for_a_few_bytes_each():
    """A list of 10,000 numbers, made a set again and again."""
    many = b"]q\x00(" + b"K\x01" * 10_000 + b"e"
    again = b"cbuiltins\nset\nq\x010" + many + b"0](" + b"h\x01h\x00\x85R" * 2_000 + b"e"
    used, made = peak(again)
    assert len(made) == 2_000 and len(made[0]) == 10_000 and used < 20_000_000


def test_keys_that_collide_are_refused():
    """Multiples of 2**61 - 1 all have the hash 0: 60,000 of them would take minutes."""
    keys = b"".join(b"\x8a\x0c" + ((2**61 - 1) * n).to_bytes(12, "little") + b"N" for n in range(1, 60_001))
    began = time.process_time()
    with pytest.raises(InputError, match="a key that is too large a number"):
        peak(b"}(" + keys + b"u")
    assert time.process_time() - began < 60


def test_there_are_dozens():
    assert len(NAMES) > 60 and len(set(NAMES)) == len(NAMES)


def test_the_canary_would_sing(tmp_path, canary):
    """The same attack, unpickled, does run: the tests above can fail."""
    pickle.loads(pickle.dumps(Evil(command(canary))))
    assert canary.exists()


@pytest.mark.parametrize("old_form", [False, True])
def test_an_attack_inside_a_good_module(tmp_path, canary, old_form):
    made = released_module(40)
    made.extra = Evil(command(canary))
    path = save(made, tmp_path / "model.pt", old_form=old_form)
    refuses(path, path.read_bytes(), "posix.system", canary)


@pytest.mark.parametrize("old_form", [False, True])
def test_half_a_file(tmp_path, canary, old_form):
    path = save(released_module(40), tmp_path / "model.pt", old_form=old_form)
    content = path.read_bytes()
    for cut in [0, 1, 3, 4, 30, 1000, *range(5000, len(content), len(content) // 23), len(content) - 1]:
        refuses(path, content[:cut], ".", canary)
    refuses(path, content + b"x", ".", canary)


@pytest.mark.parametrize("old_form", [False, True])
def test_flipped_bytes_give_weights_or_one_error(tmp_path, old_form):
    """Whatever byte is changed: a student (a change of a number the older form cannot notice), or an InputError."""
    path = save(released_module(40), tmp_path / "model.pt", old_form=old_form)
    content, rng = bytearray(path.read_bytes()), random.Random(1)
    refused = 0
    for _ in range(150):
        at, bit = rng.randrange(len(content)), 1 << rng.randrange(8)
        content[at] ^= bit
        path.write_bytes(content)
        try:
            read_released(path)
        except InputError:
            refused += 1
        content[at] ^= bit
    assert refused > 10


def test_sizes_that_the_file_does_not_have(tmp_path, canary):
    """Claims cost nothing: shapes are compared first, and a storage is as long as its bytes or is refused."""
    path = tmp_path / "model.pt"
    table = text("whole_word_embeddings")
    for tensor in (rebuilt(storage(numel=2**39), [2**39], [1]), rebuilt(storage(), [2**30, 2**30], [0, 0])):
        whole = (
            b"}"
            + table
            + module(parameters=b"}" + text("weight") + tensor + b"s", kind=("torch.nn.modules.sparse", "Embedding"))
            + b"s"
        )
        body = module(modules=whole, extra=text("prompts_per_task") + b"K\x03")
        refuses(path, archive(pickled(body), {"0": bytes(16)}), "T5Config", canary)


def test_no_model_is_made_before_all_its_bytes_were_read(tmp_path, monkeypatch):
    """Else a file of a few hundred bytes could ask for all memory: here the largest table is cut short."""
    path = save(released_module(40), tmp_path / "model.pt")
    with zipfile.ZipFile(path) as opened:
        entries = {info.filename: opened.read(info) for info in opened.infolist()}
    cut = max((name for name in entries if "/data/" in name), key=lambda name: len(entries[name]))
    entries[cut] = entries[cut][:-4]
    with zipfile.ZipFile(path, "w") as rewritten:
        for name, content in entries.items():
            rewritten.writestr(name, content)
    monkeypatch.setattr(released, "Student", None)
    with pytest.raises(InputError, match="bytes, not"):
        read_released(path)


@pytest.mark.parametrize(
    ("size", "stride", "offset", "content", "message"),
    [
        ([2, 2], [2, 1], 0, bytes(16), None),
        ([2, 2], [1, 2], 0, bytes(16), "does not fill"),
        ([2, 2], [0, 0], 0, bytes(16), "does not fill"),
        ([2**20, 2**19], [0, 0], 0, bytes(16), "does not fill"),
        ([3], [1], 1, bytes(16), "does not fill"),
        ([3], [1], 0, bytes(16), "does not fill"),
        ([4], [1, 1], 0, bytes(16), "does not fill"),
        ([4], [1], 0, bytes(12), "has 12 bytes, not 16"),
        ([4], [1], 0, bytes(20), "has 20 bytes, not 16"),
        ([4], [1], 0, struct.pack("<4f", 1, 2, float("inf"), 4), "not finite"),
    ],
)
def test_one_storage(tmp_path, size, stride, offset, content, message):
    from rdrec.student.torch_file import open_torch_file

    path = tmp_path / "t.pt"
    path.write_bytes(archive(pickled(rebuilt(storage(), size, stride, offset)), {"0": content}))
    with nullcontext() if message is None else pytest.raises(InputError, match=message), open_torch_file(path) as file:
        assert file.tensor(file.root).shape == tuple(size)


def raw_zip(entries, *, count=None, begin=None, comment=b"", flags=0, method=0):
    """A zip archive byte by byte: entries (name in the directory, name beside the bytes, content, size told, where told)."""
    made, directory = b"", b""
    for name, local, content, told, where in entries:
        at = len(made)
        crc, size = zlib.crc32(content), len(content) if told is None else told
        made += (
            struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 20, flags, method, 0, 0, crc, size, size, len(local), 0)
            + local
            + content
        )
        directory += struct.pack(
            "<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 20, 20, flags, method, 0, 0, crc, size, size, len(name), 0, 0, 0, 0, 0,
            at if where is None else where,
        ) + name  # fmt: skip
    total = len(entries) if count is None else count
    place = len(made) if begin is None else begin
    return (
        made
        + directory
        + struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, total, total, len(directory), place, len(comment))
        + comment
    )


GOOD = pickled(b"N")


def entry(name, content=GOOD, *, local=None, told=None, where=None):
    return name.encode(), (local or name).encode(), content, told, where


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (raw_zip([entry("m/data.pkl")]), "no Solomon"),
        (raw_zip([entry("m/data.pkl"), entry("m/../../evil")]), "never writes"),
        (raw_zip([entry("m/data.pkl"), entry("/etc/passwd")]), "never writes"),
        (raw_zip([entry("m/data.pkl"), entry("m/data\\0")]), "never writes"),
        (raw_zip([entry("m/data.pkl"), entry("m/\x00")]), "never writes"),
        (raw_zip([entry("m/data.pkl"), entry("other/data/0")]), "not consist of a single folder"),
        (raw_zip([entry("m/data.pkl"), entry("m/data.pkl")]), "twice"),
        (raw_zip([entry("m/data.pkl"), entry("m/data/0", where=0)]), "is not where"),
        (raw_zip([entry("m/data.pkl"), entry("m/data/0", b"x", local="m/other")]), "is not where"),
        (raw_zip([entry("m/data.pkl", told=500)]), "is not where"),
        (raw_zip([entry("m/data/0", told=90), entry("m/data.pkl", GOOD * 40)]), "share bytes"),
        (raw_zip([entry("m/data.pkl")], method=8), "compressed or encrypted"),
        (raw_zip([entry("m/data.pkl")], flags=1), "compressed or encrypted"),
        (raw_zip([entry("m/data.pkl")], comment=b"hello"), "does not end"),
        (raw_zip([entry("m/data.pkl")], count=60_000), "60,000 entries"),
        (raw_zip([entry("m/data.pkl")], count=2), "truncated|never writes"),
        (raw_zip([entry("m/data.pkl")], count=65_535), "outside|zip64 record"),
        (raw_zip([entry("m/data.pkl")], begin=2**31), "outside the file"),
        (raw_zip([entry("m/other.pkl")]), "no data.pkl"),
        (raw_zip([entry("m/data.pkl"), entry("m/byteorder", b"big")]), "little-endian"),
        (raw_zip([]), "not consist of a single folder|torch.save"),
        (archive(GOOD, {"0": bytes(10**7)}, how=zipfile.ZIP_DEFLATED), "compressed or encrypted"),
        (b"", "torch.save"),
        (b"hello, world" * 50, "torch.save"),
        (b"\x80\x02}.", "cut off|torch.save"),
        (pickle.dumps(1, 2) + pickle.dumps(1001, 2) + pickle.dumps({}, 2), "torch.save"),
    ],
)
def test_archives_that_torch_never_writes(content, message, tmp_path, canary):
    refuses(tmp_path / "model.pt", content, message, canary)


def test_a_bit_that_the_checksum_finds(tmp_path):
    path = save(released_module(40), tmp_path / "model.pt")
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as opened:
        info = max(opened.infolist(), key=lambda one: one.file_size if "/data/" in one.filename else 0)
    content[info.header_offset + 300] ^= 1  # in the numbers of the largest table
    path.write_bytes(content)
    with pytest.raises(InputError, match="does not match its checksum"):
        read_released(path)


def test_a_tar_of_an_old_torch(tmp_path, canary):
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as target:
        target.addfile(tarfile.TarInfo("../../evil"), io.BytesIO(b""))
    refuses(tmp_path / "model.pt", made.getvalue(), "torch.save", canary)


def test_a_folder_a_pipe_and_nothing(tmp_path):
    import os

    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "none"):
        with pytest.raises(InputError, match=r"not a regular file|cannot be read"):
            read_released(path)


def test_a_state_dict_alone_is_no_module(tmp_path, canary):
    torch.save(released_module(40).state_dict(), tmp_path / "model.pt")
    refuses(tmp_path / "model.pt", (tmp_path / "model.pt").read_bytes(), "no Solomon|fills something", canary)


def test_operations_are_counted(monkeypatch):
    limits = {"release.max_operations": 1000}
    monkeypatch.setattr(inert_pickle, "integer", limits.__getitem__)
    assert read_pickle(Bounded(io.BytesIO(pickled(b"N0" * 400 + b"N")), 10_000)) is None
    with pytest.raises(InputError, match="more than 1,000 operations"):
        read_pickle(Bounded(io.BytesIO(pickled(b"N0" * 600 + b"N")), 10_000))


def test_nothing_is_imported(tmp_path):
    """Reading a file whose class lies in a module that can be imported does not import it."""
    import sys

    (tmp_path / "lure.py").write_text("raise SystemExit('imported')")
    sys.path.insert(0, str(tmp_path))
    try:
        path = tmp_path / "model.pt"
        path.write_bytes(archive(pickled(module(kind=("lure", "Solomon")))))
        with pytest.raises(InputError, match="prompts_per_task"):
            read_released(path)
    finally:
        sys.path.remove(str(tmp_path))
    assert "lure" not in sys.modules
