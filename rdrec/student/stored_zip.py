"""The zip archives that torch writes: entries stored as they are, one folder, a directory at the very end.

In: an open file.  Out: where each entry lies, and its bytes, checked.  It unpacks nothing, writes nothing and knows no tensor.
Everything that torch never writes is refused rather than understood: packed or encrypted entries, comments, entries that share
bytes, names that lead out of the folder.  So no archive can hold more than its own length.
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
_SATURATED = (0xFFFF, 0xFFFFFFFF)  # "look for the number in the wide record"


@dataclass(frozen=True, slots=True)
class Entry:
    """begin: where the bytes start in the file."""

    name: str
    begin: int
    size: int
    crc: int


class StoredZip:
    """entries: by name.  Raises InputError for anything that torch does not write."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size = file, size
        try:
            self.entries = self._read_directory()
        except struct.error:
            raise InputError("the zip archive is cut off or its directory is broken") from None

    def read(self, name: str) -> bytearray:
        """All bytes of an entry, with its checksum held."""
        entry = self.entries.get(name)
        if entry is None:
            raise InputError(f"the archive has no {name[:100]!r}")
        content = bytearray(self._at(entry.begin, entry.size))
        if zlib.crc32(content) != entry.crc:
            raise InputError(f"{name[:100]!r} in the archive was altered")
        return content

    def _at(self, begin: int, size: int) -> bytes:
        if begin < 0 or begin + size > self._size:
            raise InputError("the zip archive points outside the file")
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
                raise InputError("the wide record of the zip archive is broken")
            count, size, begin = wide[7:10]
        if count > integer("release.max_entries") or size > 400 * integer("release.max_entries"):
            raise InputError(f"the archive says that it has {count:,} entries")
        found, directory, at = {}, self._at(begin, size), 0
        for _ in range(count):
            entry, at = self._entry(directory, at)
            if entry.name in found:
                raise InputError(f"{entry.name!r} is twice in the archive")
            found[entry.name] = entry
        if len({name.split("/")[0] for name in found}) != 1:
            raise InputError("the archive has not one folder")
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
            raise InputError(f"{name!r} is packed or encrypted; torch stores what it saves as it is")
        here = _LOCAL.unpack(self._at(local, _LOCAL.size))
        begin = local + _LOCAL.size + here[9] + here[10]
        same_name = self._at(local + _LOCAL.size, here[9]) == directory[at + _ENTRY.size : name_end]
        if here[0] != SIGNATURE or here[3] != 0 or not same_name or begin + plain > self._size:
            raise InputError(f"{name!r} does not lie where the directory of the archive says")
        return Entry(name, begin, plain, crc), name_end + extra_length + comment_length


def _widened(extra: bytes, *numbers: int) -> list[int]:
    """Numbers that do not fit 32 bits stand in an extra field, in this order."""
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
