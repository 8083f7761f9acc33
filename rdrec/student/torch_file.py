"""Open a file written by torch.save without torch.load: its object as inert data, its storages as tensors on demand.

Both formats are read: the zip archive of torch 1.6 and later, and the sequence of pickles before it.  A storage is read only when it is
needed, and after checking that its length fits the file, so exaggerated sizes in a pickle allocate no memory.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import torch

from rdrec.core.records import InputError, first_few
from rdrec.core.settings import integer
from rdrec.student.inert_pickle import Bounded, Storage, Tensor, read_pickle
from rdrec.student.stored_zip import SIGNATURE, StoredZip

DTYPES = {
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
}
_OLD_MAGIC, _OLD_PROTOCOL = 0x1950A86A20F9469CFC6C, 1001


class TorchFile:
    """An open file.  root: its object, made of the inert records of `inert_pickle`."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._zip: StoredZip | None = None
        self._folder, self._places = "", dict[str, tuple[int, int]]()
        start = file.read(4)
        file.seek(0)
        if start == SIGNATURE:
            self._zip = StoredZip(file, size)
            self.root = self._open_zip(self._zip)
        elif start[:2] == b"\x80\x02":
            self.root = self._open_old(size)
        else:
            raise InputError("this file was not written by torch.save")

    def tensor(self, wanted: Tensor) -> torch.Tensor:
        """The tensor in fp32.  Raises InputError unless it is contiguous and fills its storage, as all released weights do."""
        numel, stride = 1, []
        for length in reversed(wanted.size):
            stride.append(numel)
            numel *= length
        stored = wanted.storage
        if stored.kind not in DTYPES:
            raise InputError(f"a weight has the type {stored.kind}, which is not floating-point")
        plain = all(a == b or length <= 1 for a, b, length in zip(wanted.stride, reversed(stride), wanted.size, strict=False))
        if wanted.offset or numel != stored.numel or len(wanted.stride) != len(wanted.size) or not plain:
            raise InputError(f"a weight of shape {list(wanted.size)} does not fill its storage of {stored.numel:,} numbers")
        values = torch.frombuffer(self._bytes(stored), dtype=DTYPES[stored.kind]).reshape(wanted.size)
        if not bool(values.isfinite().all()):
            raise InputError("a weight contains numbers that are not finite")
        return values.float()

    def _bytes(self, stored: Storage) -> bytearray:
        length = stored.numel * DTYPES[stored.kind].itemsize
        if self._zip is None:
            begin, size = self._places.get(stored.key, (0, -1))
        else:
            name = f"{self._folder}/data/{stored.key}"
            size = self._zip.entries[name].size if name in self._zip.entries else -1
        if size != length:
            fault = "is missing" if size < 0 else f"has {size:,} bytes, not {length:,}"
            raise InputError(f"storage {stored.key!r} {fault}")
        if self._zip is not None:
            return self._zip.read(name)
        self._file.seek(begin)
        content = bytearray(self._file.read(length))
        if len(content) != length:
            raise InputError("the file is truncated")
        return content

    def _open_zip(self, archive: StoredZip) -> Any:
        self._folder = next(iter(archive.entries)).split("/")[0]
        name = f"{self._folder}/data.pkl"
        order = f"{self._folder}/byteorder"
        if order in archive.entries and archive.read(order) != b"little":
            raise InputError("the numbers in the file are not little-endian")
        if name not in archive.entries:
            raise InputError("the archive has no data.pkl, so it was not written by torch.save")
        entry = archive.entries[name]
        if entry.size > integer("release.max_pickle_bytes"):
            raise InputError(f"the pickle has {entry.size:,} bytes, which is too many")
        self._file.seek(entry.begin)
        return read_pickle(Bounded(self._file, entry.size))

    def _open_old(self, size: int) -> Any:
        pickles = Bounded(self._file, min(size, integer("release.max_pickle_bytes")))
        magic, protocol, system = (read_pickle(pickles) for _ in range(3))
        if (magic, protocol) != (_OLD_MAGIC, _OLD_PROTOCOL) or not isinstance(system, dict):
            raise InputError("this file was not written by torch.save")
        if system.get("little_endian") is not True:
            raise InputError("the numbers in the file are not little-endian")
        found: dict[str, Storage] = {}
        root = read_pickle(pickles, found)
        keys = read_pickle(pickles)
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise InputError("the file lists storages under keys that are not strings")
        if set(keys) != set(found) or len(keys) != len(found):
            raise InputError("the file's storages are not those named in its pickle")
        at = self._file.tell()
        for key in keys:
            stored = found[key]
            width = DTYPES[stored.kind].itemsize if stored.kind in DTYPES else _width(stored)
            self._file.seek(at)
            head = self._file.read(8)
            if len(head) != 8 or struct.unpack("<q", head)[0] != stored.numel or at + 8 + stored.numel * width > size:
                raise InputError(f"storage {key!r} is not as long as the pickle says, or the file is truncated")
            self._places[key] = (at + 8, stored.numel * width)
            at += 8 + stored.numel * width
        if at != size:
            raise InputError(f"{size - at:,} bytes follow the last storage")
        return root


def _width(stored: Storage) -> int:
    """Bytes per number of a storage that is not a weight (released files also contain a few integers)."""
    widths = {"LongStorage": 8, "IntStorage": 4, "ShortStorage": 2, "CharStorage": 1, "ByteStorage": 1, "BoolStorage": 1}
    if stored.kind not in widths:
        raise InputError(f"the file has numbers of the unknown type {stored.kind} (known: {first_few([*DTYPES, *widths], 20)})")
    return widths[stored.kind]


@contextmanager
def open_torch_file(path: Path) -> Iterator[TorchFile]:
    """Open a file for the length of the block.  Raises InputError with the path unless it is a regular file written by torch.save."""
    try:
        size = path.stat().st_size
        if not path.is_file() or size > integer("release.max_file_bytes"):
            raise InputError(f"this is not a regular file, or it is too long ({size:,} bytes)")
        with path.open("rb") as file:
            yield TorchFile(file, size)
    except InputError as error:
        raise InputError(
            error.what, where=path, todo=error.todo or "nothing in it was run; download it again from its authors"
        ) from None
    except OSError as error:
        raise InputError(
            f"the file cannot be read ({error.strerror})", where=path, todo="give the path of the model.pt"
        ) from error
