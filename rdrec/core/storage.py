"""Write files atomically and read them with size limits: single files, artefacts with a manifest, and tables.

Files are either complete or absent.

An *artefact* is a folder with `manifest.json`, which is written last, so its presence means that the folder is complete.  Manifests
contain no time or machine name, so that the same inputs give the same bytes.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import glob
import hashlib
import json
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, Self

import pandas as pd
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from rdrec.core import settings
from rdrec.core.records import ArtefactError, RDRecError, first_few
from rdrec.core.settings import integer

MANIFEST = "manifest.json"
FORM_VERSION = 1  # format version of all files written here; readers refuse any other
ROW_GROUP_ROWS = 32_768  # a lookup of one user reads one group: 4 ms instead of 11 ms at 1.8 million rows

_DISK_FAULTS = frozenset([errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS])
_OS_ERROR = re.compile(r"(?:os error |Errno |error code: )([0-9]{1,3})\b")


@dataclass(frozen=True)
class Manifest:
    """Description of an artefact: kind, how it was made (`meta`), and size and sha256 of each file."""

    kind: str
    meta: dict[str, Any]
    files: dict[str, dict[str, Any]]

    @property
    def sha256(self) -> str:
        """Hash of the whole artefact: kind, meta and the hashes of all files."""
        return hashlib.sha256(_json_bytes({"kind": self.kind, "meta": self.meta, "files": self.files})).hexdigest()


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def atomic_write(path: Path, content: bytes) -> None:
    """Write a file that is either complete or absent: temporary name, sync, rename, sync of the folder."""
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        descriptor, temporary = tempfile.mkstemp(prefix=_temporary_prefix(path), dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(file.fileno(), 0o644)  # temporary files are private, but the page's user must read the result
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        _sync(path.parent)


@contextmanager
def new_artefact(folder: Path, kind: str, meta: dict[str, Any]) -> Iterator[Path]:
    """Yield an empty folder to fill; if the block succeeds, it replaces `folder`.

    `meta` may be completed within the block.  If the block raises (Ctrl-C included), `folder` stays unchanged.
    """
    with writing(folder):
        _recover(folder)
        temporary = _temporary_folder(folder)
        try:
            yield temporary
            seal(temporary, kind, meta)
            _swap_in(temporary, folder)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            _recover(folder)
            raise


@contextmanager
def scratch_folder(path: Path) -> Iterator[Path]:
    """A temporary folder next to `path` that exists during the block; those of killed processes are removed first."""
    temporary = _temporary_folder(path)
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _temporary_folder(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path)
    return Path(tempfile.mkdtemp(prefix=_temporary_prefix(path), dir=path.parent))


@contextmanager
def writing(where: object) -> Iterator[None]:
    """Raises ArtefactError, naming `where`, if the block fails because the disk is full or broken."""
    try:
        yield
    except Exception as error:
        if reason := _disk_fault(error):
            raise ArtefactError(
                f"it cannot be written ({reason})",
                where=where,
                todo="make room on the disk and run the command again; the old files are unchanged",
            ) from error
        raise


def seal(folder: Path, kind: str, meta: dict[str, Any]) -> Manifest:
    """Sync all files of a folder of `new_artefact` and write its manifest.

    `new_artefact` does this at the end of its block; call it within the block if another artefact records this one's hash.
    """
    files = {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / MANIFEST
    }
    for name in files:
        (folder / name).chmod(0o644)  # whatever the umask: another user may run the page
        _sync(folder / name)
    for path in folder.rglob("*/"):
        path.chmod(0o755)
        _sync(path)
    if changed_settings := settings.changed():
        meta["changed_settings"] = changed_settings
    manifest = Manifest(kind, meta, files)
    sealed = {"form": FORM_VERSION, "kind": kind, "meta": meta, "files": files, "sha256": manifest.sha256}
    atomic_write(folder / MANIFEST, _json_bytes(sealed))
    return manifest


def lock(file: IO[bytes], path: Path, what: str, todo: str) -> None:
    """Lock an open file until it is closed or the process ends.  Raises ArtefactError with `what` if another process holds it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise ArtefactError(what, where=path, todo=todo) from None


@contextmanager
def exclusive(path: Path, what: str) -> Iterator[None]:
    """Hold the lock file `path` while the block runs.  Raises ArtefactError if another process holds it."""
    while True:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("ab")
        try:
            lock(file, path, f"another process {what}", "wait for it, or choose another name")
        except ArtefactError:
            file.close()
            raise
        if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
            break
        file.close()  # its owner removed the file while it was being opened
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        file.close()


def _disk_fault(error: BaseException) -> str | None:
    """The reason, if a write failed because the disk is full or broken; C and Rust libraries give the error number only in a text."""
    if not isinstance(error, Exception) or isinstance(error, RDRecError):
        return None
    found = _OS_ERROR.search(str(error))
    number = error.errno if isinstance(error, OSError) and error.errno else int(found[1]) if found else None
    return os.strerror(number) if number in _DISK_FAULTS else None


def read_manifest(folder: Path, kind: str) -> Manifest:
    """The manifest of a finished artefact.  Raises ArtefactError if it is missing, broken, or of another kind or form."""
    path = folder / MANIFEST
    try:
        raw = json.loads(_bounded(path))
        manifest = Manifest(raw["kind"], raw["meta"], raw["files"])
        form, stated, actual = raw["form"], raw["sha256"], manifest.sha256  # ValueError for NaN and lone surrogates
        _check_shape(manifest)
    except FileNotFoundError:
        raise ArtefactError("there is no finished artefact here", where=folder, todo="make it first") from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else error  # without the server's path
        raise ArtefactError(f"the manifest cannot be read ({reason})", where=path, todo="make the artefact again") from error
    if form != FORM_VERSION:
        raise ArtefactError(
            f"written in format {form}, but this program reads format {FORM_VERSION}", where=path, todo="make it again"
        )
    if stated != actual:
        raise ArtefactError("the manifest was altered", where=path, todo="restore it or make the artefact again")
    if manifest.kind != kind:
        raise ArtefactError(f"this is a {manifest.kind}, not a {kind}", where=folder, todo="name the right folder")
    return manifest


def verify(folder: Path, kind: str) -> Manifest:
    """Like `read_manifest`, but also check the size and sha256 of every file; the error names the files that differ."""
    manifest = read_manifest(folder, kind)
    try:
        broken = [
            name
            for name, facts in manifest.files.items()
            if not (folder / name).is_file()
            or (folder / name).stat().st_size != facts["bytes"]
            or sha256_of(folder / name) != facts["sha256"]
        ]
    except OSError as error:
        name = Path(str(error.filename)).name
        raise ArtefactError(
            f"{name} cannot be read ({error.strerror})", where=folder, todo="make its files readable: chmod -R u=rwX,go=rX"
        ) from error
    if broken:
        raise ArtefactError(f"missing or altered: {first_few(broken)}", where=folder, todo="restore the files or make it again")
    return manifest


def _bounded(path: Path) -> bytes:
    """Content of a manifest.  Refuses pipes, which would never end, and huge files, which would fill the memory."""
    facts, limit = path.stat(), integer("storage.max_manifest_bytes")
    if not stat.S_ISREG(facts.st_mode):
        raise ValueError("it is not a regular file")
    if facts.st_size > limit:
        raise ValueError(f"it is larger than {limit:,} bytes")
    with path.open("rb") as file:
        return file.read(limit)


def _check_shape(manifest: Manifest) -> None:
    """Raise ValueError for content that this program never writes, even if the hash matches."""
    if not isinstance(manifest.kind, str) or not isinstance(manifest.meta, dict) or not isinstance(manifest.files, dict):
        raise ValueError("kind, meta and files are not a text and two tables")
    for name, facts in manifest.files.items():
        parts = PurePosixPath(name).parts
        inside = bool(parts) and ".." not in parts and not PurePosixPath(name).is_absolute() and "\0" not in name
        if not inside or not isinstance(facts, dict) or set(facts) != {"bytes", "sha256"}:
            raise ValueError(f"{name[:80]!r} is not a valid file entry")


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a zstd-compressed Parquet file without an index; equal frames give equal bytes."""
    frame.to_parquet(path, engine="pyarrow", compression="zstd", index=False, row_group_size=ROW_GROUP_ROWS)


class TableWriter:
    """`write_table` in pieces: frames with the same columns, all but the last with a multiple of `ROW_GROUP_ROWS` rows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()

    def write(self, frame: pd.DataFrame | pa.Table) -> None:
        """Append the rows; the first frame determines the columns and their types."""
        piece = frame if isinstance(frame, pa.Table) else pa.Table.from_pandas(frame, preserve_index=False)
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, piece.schema, compression="zstd")
        self._writer.write_table(piece, row_group_size=ROW_GROUP_ROWS)


def read_table(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    """Read a Parquet file of an artefact.  Raises ArtefactError if it cannot be read."""
    try:
        return pd.read_parquet(path, engine="pyarrow", columns=columns)
    except (OSError, ValueError, KeyError) as error:  # pyarrow's own errors derive from these
        raise ArtefactError(f"the table cannot be read ({error})", where=path, todo="make the artefact again") from error


def plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table, with None for missing values."""
    plain = table.astype(object)
    rows: Any = plain.where(plain.notna(), None).to_dict("records")
    return rows


def write_json(value: Any, path: Path) -> None:
    """Write indented JSON with sorted keys; `path` must be inside an artefact that is being written."""
    path.write_bytes(_json_bytes(value))


def _json_bytes(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n").encode()


def _sync(path: Path) -> None:
    """Write a file or a folder through to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _recover(folder: Path) -> None:
    """Restore the old artefact if a writer without `_exchange` was killed after moving it away and before renaming the new one."""
    old = _old_name(folder)
    if old.is_dir() and not folder.exists():
        old.replace(folder)


def _old_name(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old")


def _temporary_prefix(path: Path) -> str:
    return f".{path.name}.new.{os.getpid()}."


def _sweep(path: Path) -> None:
    """Remove temporary files that killed writers of this file or artefact left behind, but not those of running writers."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.new.*"):
        process = left.name.removeprefix(f".{path.name}.new.").split(".")[0]
        if not process.isdigit() or psutil.pid_exists(int(process)):
            continue
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


def _swap_in(temporary: Path, folder: Path) -> None:
    """Rename `temporary` to `folder`, in one step if the system can exchange two folders (Linux)."""
    temporary.chmod(0o755)
    old = _old_name(folder)
    shutil.rmtree(old, ignore_errors=True)
    if not folder.exists():
        temporary.replace(folder)
    elif _exchange(temporary, folder):
        old = temporary
    else:
        folder.replace(old)
        temporary.replace(folder)
    _sync(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step (renameat2 with RENAME_EXCHANGE); return False if the system cannot do this."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    return bool(rename(here, os.fsencode(one), here, os.fsencode(other), exchange) == 0)
