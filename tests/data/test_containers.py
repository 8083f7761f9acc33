"""Packed files are recognised by content, unpacked within bounds, or refused with one clear error."""

import gzip
import io
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rdrec.core.records import InputError
from rdrec.data import containers
from rdrec.data.containers import InputFile, chunks
from rdrec.data.reading import Faults, csv_rows, raw_lines

TEXT = "".join(f"line {number} with some words\n" for number in range(2000)).encode()


def put(folder: Path, content: bytes, name: str = "file") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w", method) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return file.getvalue()


def unpacked(path: Path, **options: bool) -> bytes:
    return b"".join(chunks(InputFile(path, **options), None))


@pytest.mark.parametrize(
    "content",
    [
        TEXT,
        gzip.compress(TEXT),
        zipped({"reviews.json": TEXT}),
        zipped({"reviews.json": TEXT}, zipfile.ZIP_STORED),
        zipped({"folder/": b"", "folder/a.csv": TEXT, "__MACOSX/folder/._a.csv": b"x", ".DS_Store": b"y", "empty": b""}),
        zipped({"reviews.json.gz": gzip.compress(TEXT)}),
        b"\xff\xfe" + TEXT.decode().encode("utf-16-le"),
        b"\xfe\xff" + TEXT.decode().encode("utf-16-be"),
        gzip.compress(TEXT.decode().encode("utf-16")),
    ],
    ids=["plain", "gzip", "zip", "stored", "mac zip", "gzip in zip", "UTF-16 LE", "UTF-16 BE", "UTF-16 in gzip"],
)
def test_every_container_gives_the_same_bytes(tmp_path: Path, content: bytes) -> None:
    for name in ("reviews", "reviews.json.gz", "reviews.zip"):  # the name does not matter
        assert unpacked(put(tmp_path, content, name)) == TEXT


def test_a_zip_archive_of_several_files_says_what_is_inside(tmp_path: Path) -> None:
    path = put(tmp_path, zipped({"a.csv": TEXT, "meta.json": TEXT}))
    with pytest.raises(InputError, match=r"holds 2 files \('a.csv', 'meta.json'\), not one - unpack it and import the file"):
        unpacked(path)
    with pytest.raises(InputError, match=r"holds 0 files \(nothing\)"):
        unpacked(put(tmp_path, zipped({"empty.csv": b""})))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (zipped({"a": TEXT})[:-30], "zip archive cannot be read"),
        (zipped({"a": TEXT}).replace(b"PK\x01\x02", b"PK\x01\x03"), "zip archive cannot be read"),
        (zipped({"a": TEXT}, zipfile.ZIP_BZIP2), "unsupported compression"),
        (zipped({f"{number:060}": b"" for number in range(12_000)}), "thousands of files"),
        (zipped({"a.zip": zipped({"a": TEXT})}), "contains zip data"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(50), "this is 7z data"),
    ],
    ids=["cut", "broken", "bzip2", "many", "nested", "7z"],
)
def test_files_that_cannot_be_unpacked_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        unpacked(put(tmp_path, content))


def test_a_wrong_checksum_in_a_zip_archive_is_detected(tmp_path: Path) -> None:
    content = bytearray(zipped({"a": TEXT}, zipfile.ZIP_STORED))
    content[content.index(b"line 77 ")] ^= 1
    with pytest.raises(InputError, match="CRC"):
        unpacked(put(tmp_path, bytes(content)))


@pytest.mark.parametrize(
    "pack", [gzip.compress, lambda content: zipped({"a": content}), lambda c: zipped({"a": gzip.compress(c)})]
)
def test_a_bomb_costs_no_more_than_its_ratio(tmp_path: Path, pack: object) -> None:
    path = put(tmp_path, pack(b"\0" * 50_000_000))  # type: ignore[operator]
    given_out = 0
    with pytest.raises(InputError, match="100 times its size"):
        for chunk in chunks(InputFile(path), None):
            given_out += len(chunk)
    assert given_out <= max(2**20, 100 * path.stat().st_size) + 2**16


def test_many_small_members_are_not_read_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What follows a member is copied once a member: of the whole file that would take quadratic time."""
    copied = 0

    class Counted:
        def __init__(self) -> None:
            self._real = real(31)

        def decompress(self, packed: bytes, most: int) -> bytes:
            nonlocal copied
            copied += len(packed)
            return self._real.decompress(packed, most)

        def __getattr__(self, name: str) -> object:
            return getattr(self._real, name)

    real, path = zlib.decompressobj, put(tmp_path, gzip.compress(b"a line\n") * 2_000)
    monkeypatch.setattr(containers.zlib, "decompressobj", lambda form: Counted())
    assert unpacked(path) == b"a line\n" * 2_000
    assert copied < 150 * path.stat().st_size


def test_complete_lines_before_a_truncation(tmp_path: Path) -> None:
    path = put(tmp_path, gzip.compress(TEXT)[:-2000])
    with pytest.raises(InputError, match=r"the gzip data is cut off - .*--keep-before-cut"):
        list(raw_lines(path))
    file = InputFile(path, keep_before_cut=True)
    kept = [line for _, line in raw_lines(file)]
    assert file.was_cut and 0 < len(kept) < 2000 and kept == TEXT.split(b"\n")[: len(kept)]
    whole = InputFile(put(tmp_path, gzip.compress(TEXT)), keep_before_cut=True)
    assert len(list(raw_lines(whole))) == 2000 and not whole.was_cut


def test_a_truncated_csv_row_is_left_out(tmp_path: Path) -> None:
    packed = gzip.compress(b'a,b\n1,2\n3,"two\nlines\nand ' + TEXT)
    file = InputFile(put(tmp_path, packed[:-20]), keep_before_cut=True)
    faults = Faults(file.path)
    assert [row for _, row in csv_rows(file, faults)] == [["a", "b"], ["1", "2"]] and not len(faults)


@settings(deadline=None)
@given(st.binary(max_size=200), st.integers(0, 300), st.booleans())
def test_any_bytes_are_unpacked_or_one_clear_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, place: int, keep: bool
) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    for packed in (content, gzip.compress(content), zipped({"a": content}), b"PK\x03\x04" + content):
        damaged = packed[:place] + content[:3] + packed[place + 3 :]
        for data in (packed, damaged, packed[:place]):
            path = put(folder, data)
            try:
                unpacked(path, keep_before_cut=keep)
            except InputError as error:
                assert str(path) in str(error)
