"""Unpack untrusted files: plain, gzip, or a zip archive with one file, recognised by their first bytes.

Output is limited to `data.max_unpacked_bytes`, and to `data.max_gzip_ratio` times the packed size.  UTF-16 with a byte order mark
is converted to UTF-8.
"""

from __future__ import annotations

import codecs
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tqdm import tqdm

from rdrec.core import settings
from rdrec.core.records import InputError, first_few

CHUNK = 2**16  # bytes per read or unpacking step
_PACKED_CHUNK = 2**12  # small, so that the bytes read so far are a fair base for the ratio limit
GZIP, ZIP, EMPTY_ZIP, PARQUET = b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06", b"PAR1"
_UNREADABLE = {
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"7z\xbc\xaf": "7z",
    b"Rar!": "RAR",
    b"\x89HDF": "HDF5",
    b"SQLite": "SQLite",
    b"%PDF": "PDF",
    b"\x80\x04\x95": "pickled Python",
    b"Obj\x01": "Avro",
}


@dataclass
class InputFile:
    """A file to read; `was_cut` is set if its gzip data ended early, which `keep_before_cut` allows."""

    path: Path
    keep_before_cut: bool = False
    was_cut: bool = False


def as_input(file: Path | InputFile) -> InputFile:
    """`file` as an InputFile; a path stands for the whole file."""
    return file if isinstance(file, InputFile) else InputFile(file)


def is_parquet(path: Path) -> bool:
    """Whether a file starts like Parquet.  Raises InputError if it cannot be read."""
    if path.exists() and not path.is_file():
        raise InputError("this is not a regular file", where=path, todo="save it as a file, because it is read twice")
    try:
        with path.open("rb") as file:
            return file.read(len(PARQUET)) == PARQUET
    except OSError as error:
        raise unreadable(path, error) from None


def unreadable(path: Path, error: OSError) -> InputError:
    """The error to raise if a file cannot be opened or read."""
    if isinstance(error, FileNotFoundError):
        return InputError("there is no such file", where=path, todo="check the path")
    return InputError(f"cannot be read ({error.strerror or error})", where=path, todo="check the path and the permissions")


def chunks(file: InputFile, label: str | None) -> Iterator[bytes]:
    """The unpacked bytes in chunks; `label` shows a progress bar.  Raises InputError for broken data or an archive bomb."""
    limit, grace = settings.integer("data.max_unpacked_bytes"), settings.integer("data.gzip_grace_bytes")
    ratio, total = settings.integer("data.max_gzip_ratio"), 0
    try:
        size = file.path.stat().st_size
        with (
            file.path.open("rb") as raw,
            tqdm(
                desc=label, total=size, unit="B", unit_scale=True, leave=False, disable=True if label is None else None
            ) as bar,
        ):
            for chunk in _as_utf8(_unpacked(raw, file, nested=False)):
                total += len(chunk)
                if total > limit:
                    raise InputError(f"unpacks to more than {limit:,} bytes", where=file.path, todo="split the file")
                if total > grace and total > ratio * raw.tell():
                    raise InputError(
                        f"unpacks to more than {ratio} times its size, so it is not text",
                        where=file.path,
                        todo="do not open this file",
                    )
                yield chunk
                bar.update(raw.tell() - bar.n)
    except OSError as error:
        raise unreadable(file.path, error) from None


def container(path: Path) -> str:
    """The packing of a file, for reports: "gzip", "zip" or "plain"."""
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except OSError as error:
        raise unreadable(path, error) from None
    return "gzip" if head.startswith(GZIP) else "zip" if head == ZIP else "plain"


def _unpacked(stream: IO[bytes], file: InputFile, nested: bool) -> Iterator[bytes]:
    head = stream.read(8)
    stream.seek(0)
    if head.startswith(GZIP):
        yield from _gunzip(stream, file)
    elif head.startswith((ZIP, EMPTY_ZIP)) and not nested:
        yield from _unzip(stream, file)
    elif head.startswith((PARQUET, ZIP, EMPTY_ZIP)):
        what = "Parquet" if head.startswith(PARQUET) else "zip"
        raise InputError(f"contains {what} data instead of text", where=file.path, todo="unpack it first" if nested else None)
    elif name := next((name for magic, name in _UNREADABLE.items() if head.startswith(magic)), None):
        raise InputError(f"this is {name} data", where=file.path, todo="unpack or convert it to csv, JSON lines or Parquet")
    else:
        while chunk := stream.read(CHUNK):
            yield chunk


def _gunzip(stream: IO[bytes], file: InputFile) -> Iterator[bytes]:
    """Unpack a gzip stream of one or more members in bounded steps."""
    unpack, begun = zlib.decompressobj(31), False  # 31: expect a gzip header and checksum
    while packed := stream.read(_PACKED_CHUNK):
        full = False
        while packed or full:
            if not begun:
                packed = packed.lstrip(b"\0")  # padding after a member is allowed (gzip manual)
                begun = bool(packed)
                if not begun:
                    break
            try:
                piece = unpack.decompress(packed, CHUNK)
            except zlib.error as error:
                reason = str(error).rpartition(": ")[2]
                raise InputError(
                    f"the gzip data is broken ({reason})", where=file.path, todo="download the file again"
                ) from None
            packed, full = unpack.unconsumed_tail, len(piece) == CHUNK
            if unpack.eof:
                packed, full = unpack.unused_data, False
                unpack, begun = zlib.decompressobj(31), False
            if piece:
                yield piece
    if begun and not file.keep_before_cut:
        raise InputError(
            "the gzip data is cut off",
            where=file.path,
            todo="download the file again, or import the complete records before the cut with --keep-before-cut",
        )
    file.was_cut = begun


def _unzip(stream: IO[bytes], file: InputFile) -> Iterator[bytes]:
    """Unpack the only file of a zip archive."""
    try:
        _check_directory(stream, file.path)
        with zipfile.ZipFile(stream) as archive:
            member = _only_member(archive, file.path)
            with archive.open(member) as inner:
                yield from _unpacked(inner, file, nested=True)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, struct.error, ValueError) as error:
        raise InputError(
            f"the zip archive cannot be read ({error})", where=file.path, todo="download it again or unpack it"
        ) from None


def _check_directory(stream: IO[bytes], path: Path) -> None:
    """Refuse an archive with an oversized directory, which zipfile reads completely.  Leaves the stream at its start."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - 2**16 - 98))
    tail = stream.read()
    stream.seek(0)
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) < end + 22:
        raise zipfile.BadZipFile("its end is missing")
    (directory_bytes,) = struct.unpack_from("<L", tail, end + 12)
    if end >= 76 and tail[end - 20 : end - 16] == b"PK\x06\x07":  # zip64: its record precedes the locator
        (directory_bytes,) = struct.unpack_from("<Q", tail, end - 76 + 40)
    if directory_bytes > settings.integer("data.max_zip_directory_bytes"):
        raise InputError("the zip archive holds thousands of files", where=path, todo="unpack it and import one data file")


def _only_member(archive: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    found = [
        member
        for member in archive.infolist()
        if member.file_size
        and not member.is_dir()
        and not member.filename.startswith("__MACOSX/")
        and not Path(member.filename).name.startswith(".")
    ]
    if len(found) != 1:
        names = first_few([repr(member.filename[:80]) for member in found]) if found else "nothing"
        raise InputError(
            f"the zip archive holds {len(found)} files ({names}), not one",
            where=path,
            todo="unpack it and import the file with the reviews; pass metadata with --items",
        )
    if found[0].flag_bits & 1:
        raise InputError("the zip archive is encrypted", where=path, todo="unpack it first")
    # Other methods cannot be unpacked in bounded steps.
    if found[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InputError("the zip archive uses an unsupported compression", where=path, todo="unpack it first")
    return found[0]


def _as_utf8(given: Iterator[bytes]) -> Iterator[bytes]:
    first = next(given, b"")
    if not first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield first
        yield from given
        return
    decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
    yield decoder.decode(first).encode("utf-8", "replace")
    for chunk in given:
        yield decoder.decode(chunk).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")
