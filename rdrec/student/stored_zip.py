"""Read the zip archives that torch writes: uncompressed entries in one folder, and a directory at the very end.

Everything that torch never writes is refused: compressed or encrypted entries, comments, entries that share bytes, names that lead out of
the folder.  So no archive can contain more bytes than the file itself.
"""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from rdrec.core.records import InputError
from rdrec.core.settings import integer

SIGNATURE = b"PK\x03\x04"
_LOCAL, _ENTRY, _END = struct.Struct("<4sHHHHHIIIHH"), struct.Struct("<4sHHHHHHIIIHHHHHII"), struct.Struct("<4sHHHHIIH")
_WIDE_PLACE, _WIDE_END = struct.Struct("<4sIQI"), struct.Struct("<4sQHHIIQQQQ")
_NAME = re.compile(r"[\w.-]{1,200}(?:/[\w.-]{1,200}){1,3}", re.ASCII)
_SATURATED = (0xFFFF, 0xFFFFFFFF)  # the number is in the zip64 record instead


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the archive.  begin: offset of its bytes in the archive; size in bytes; crc: its CRC-32."""

    name: str
    begin: int
    size: int
    crc: int


class StoredZip:
    """An open archive.  entries: by name.  Raises InputError for anything that torch does not write."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size = file, size
        try:
            self.entries = self._read_directory()
        except struct.error:
            raise InputError("the zip archive is truncated, or its directory is damaged") from None

    def read(self, name: str) -> bytearray:
        """All bytes of an entry.  Raises InputError if it is missing or does not match its checksum."""
        entry = self.entries.get(name)
        if entry is None:
            raise InputError(f"the archive has no {name[:100]!r}")
        content = bytearray(self._at(entry.begin, entry.size))
        if zlib.crc32(content) != entry.crc:
            raise InputError(f"{name[:100]!r} in the archive does not match its checksum")
        return content

    def _at(self, begin: int, size: int) -> bytes:
        if begin < 0 or begin + size > self._size:
            raise InputError("the zip archive refers to bytes outside the file")
        self._file.seek(begin)
        return self._file.read(size)

    def _read_directory(self) -> dict[str, Entry]:
        end_at = self._size - _END.size
        signature, _, _, _, count, size, begin, comment = _END.unpack(self._at(end_at, _END.size))
        if signature != b"PK\x05\x06" or comment:
            raise InputError("the zip archive does not end with its directory")
        if count in _SATURATED or size in _SATURATED or begin in _SATURATED:
            place = _WIDE_PLACE.unpack(self._at(end_at - _WIDE_PLACE.size, _WIDE_PLACE.size))
            wide = _WIDE_END.unpack(self._at(place[2], _WIDE_END.size))
            if place[0] != b"PK\x06\x07" or wide[0] != b"PK\x06\x06":
                raise InputError("the zip64 record of the archive is damaged")
            count, size, begin = wide[7:10]
        if count > integer("release.max_entries") or size > 400 * integer("release.max_entries"):
            raise InputError(f"the archive claims to have {count:,} entries, which is too many")
        found, directory, at = {}, self._at(begin, size), 0
        for _ in range(count):
            entry, at = self._entry(directory, at)
            if entry.name in found:
                raise InputError(f"{entry.name!r} occurs twice in the archive")
            found[entry.name] = entry
        if len({name.split("/")[0] for name in found}) != 1:
            raise InputError("the archive does not consist of a single folder")
        taken = sorted((entry.begin, entry.size) for entry in found.values())
        for (first, length), (following, _) in zip(taken, [*taken[1:], (begin, 0)], strict=True):
            if first + length > following:
                raise InputError("entries of the archive share bytes")
        return found

    def _entry(self, directory: bytes, at: int) -> tuple[Entry, int]:
        head = _ENTRY.unpack_from(directory, at)
        flags, method, crc, packed, plain, name_length, extra_length, comment_length = *head[3:5], *head[7:13]
        local = head[16]
        name_end = at + _ENTRY.size + name_length
        name = directory[at + _ENTRY.size : name_end].decode("ascii", "replace")
        if head[0] != b"PK\x01\x02" or not _NAME.fullmatch(name) or set(name.split("/")) & {".", ".."}:
            raise InputError(f"an entry of the archive is named {name[:100]!r}, which torch never writes")
        extra = directory[name_end : name_end + extra_length]
        plain, packed, local = _widened(extra, plain, packed, local)
        if method != 0 or packed != plain or flags & 1:
            raise InputError(f"{name!r} is compressed or encrypted, which torch never does")
        here = _LOCAL.unpack(self._at(local, _LOCAL.size))
        begin = local + _LOCAL.size + here[9] + here[10]
        same_name = self._at(local + _LOCAL.size, here[9]) == directory[at + _ENTRY.size : name_end]
        if here[0] != SIGNATURE or here[3] != 0 or not same_name or begin + plain > self._size:
            raise InputError(f"{name!r} is not where the directory of the archive says")
        return Entry(name, begin, plain, crc), name_end + extra_length + comment_length


def _widened(extra: bytes, *numbers: int) -> list[int]:
    """Replace saturated 32-bit numbers by the zip64 values in the extra field, which has them in this order."""
    at, wide = 0, b""
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            wide = extra[at + 4 : at + 4 + length]
        at += 4 + length
    found = []
    for number in numbers:
        if number == 0xFFFFFFFF:
            number, wide = struct.unpack_from("<Q", wide)[0], wide[8:]
        found.append(number)
    return found
