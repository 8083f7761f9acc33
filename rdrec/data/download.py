"""Locate, download, verify and cache the files of public data sets.

`locate` asks for the size (and the hub for the sha256) first; `fetch` downloads.  The hub's library only provides the address,
because `hf_hub_download` (2.4.0) deletes partial files when interrupted, which hurts at 20 GB; pooch (1.9) cannot resume either.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx2

from rdrec.core import settings
from rdrec.core.records import InputError
from rdrec.core.storage import atomic_write, lock, sha256_of
from rdrec.data import http_file
from rdrec.data.http_file import BY_HAND, Located, size_text
from rdrec.data.public_sets import HUB, SourceFile

_BLOCK = 2**20


@dataclass(frozen=True)
class Fetched:
    """A complete, verified file in the cache; `revision`: the commit on the hub."""

    path: Path
    url: str
    sha256: str
    bytes: int
    revision: str | None = None


def cached(folder: Path, source: SourceFile) -> Fetched | None:
    """The file from an earlier download, if it is unaltered and matches the catalogue."""
    path = folder / source.name
    try:
        facts = json.loads(_record_path(path).read_text("utf-8"))
        found = Fetched(path, facts["url"], facts["sha256"], facts["bytes"], facts["revision"])
        whole = path.stat().st_size == found.bytes and sha256_of(path) == found.sha256
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if whole and found.url == source.url and source.sha256 in (None, found.sha256) else None


def locate(source: SourceFile) -> Located:
    """Find address and size.  Raises InputError if the server is unreachable, has no such file, or the file is too large."""
    if source.repo and source.path:
        located = _locate_on_hub(source, source.repo, source.path)
    else:
        located = Located(source, source.url, http_file.length(source.url), source.sha256)
    http_file.check_size(located.bytes, source.url)
    return located


def check_space(folder: Path, files: list[Located]) -> None:
    """Raise InputError if there is not enough disk space for the files."""
    needed = sum(file.bytes or 0 for file in files)
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(existing).free
    if needed > free:
        what = f"the disk has only {size_text(free)} left, but the download needs {size_text(needed)}"
        raise InputError(what, where=folder, todo="free space or use another --home")


def fetch(folder: Path, located: Located) -> Fetched:
    """Download into `folder`, resuming a partial file, which is kept after an error or Ctrl-C.  Raises InputError or ArtefactError."""
    path = folder / located.source.name
    part = path.with_name(f"{path.name}.part")
    state = part.with_name(f"{part.name}.json")
    folder.mkdir(parents=True, exist_ok=True)
    with part.open("ab") as file:
        lock(file, part, "another process is downloading this file", "wait for it to end")
        resumed = http_file.receive(located, file, state)
        sha256, fault = _check(part, located)
        if fault and resumed:  # maybe mixed from two versions of the file: start over once
            file.truncate(0)
            http_file.receive(located, file, state)
            sha256, fault = _check(part, located)
        state.unlink(missing_ok=True)
        if fault:
            part.unlink()
            raise InputError(fault, where=located.source.url, todo=f"run the command again later, {BY_HAND}")
        os.fsync(file.fileno())
        fetched = Fetched(path, located.source.url, sha256, part.stat().st_size, located.revision)
        facts = {name: value for name, value in asdict(fetched).items() if name != "path"}
        atomic_write(_record_path(path), (json.dumps(facts, indent=1) + "\n").encode())
        part.replace(path)
    return fetched


def _locate_on_hub(source: SourceFile, repo: str, path: str) -> Located:
    """Locate a file at the latest commit of its repository; the hub's ETag of a large file is its sha256."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    endpoint = os.environ.get("HF_ENDPOINT", HUB).rstrip("/")
    address = hf_hub_url(repo, path, repo_type="dataset", endpoint=endpoint)
    try:
        timeout = settings.integer("data.download_timeout")
        found = get_hf_file_metadata(address, token=False, timeout=timeout, endpoint=endpoint)
    except HfHubHTTPError as error:
        if error.response.status_code < 500 and error.response.status_code != 429:
            http_file.check_status(error.response.status_code, source.url)
        raise http_file.unreachable(source.url, error) from None
    except OfflineModeIsEnabled:
        raise InputError("HF_HUB_OFFLINE disables the hub", where=source.url, todo=f"unset it, {BY_HAND}") from None
    except (httpx2.TransportError, OSError) as error:
        raise http_file.unreachable(source.url, error) from None
    if found.commit_hash:
        address = hf_hub_url(repo, path, repo_type="dataset", revision=found.commit_hash, endpoint=endpoint)
    etag = found.etag if found.etag and len(found.etag) == 64 else None
    return Located(source, address, found.size, source.sha256 or etag, found.commit_hash)


def _check(path: Path, located: Located) -> tuple[str, str]:
    """(sha256, error or "") of a downloaded file."""
    sha256 = sha256_of(path)
    if located.sha256 not in (None, sha256):
        return sha256, f"the checksum is wrong: sha256 {sha256}, expected {located.sha256}"
    return sha256, _gzip_fault(path) if located.source.name.endswith(".gz") else ""


def _gzip_fault(path: Path) -> str:
    """Detect truncation without a known checksum: gzip data ends with a length and checksum of its own."""
    unpacked, limit = 0, settings.integer("data.max_unpacked_bytes")
    try:
        with gzip.open(path) as file:
            while block := file.read(_BLOCK):
                unpacked += len(block)
                if unpacked > limit:
                    return f"the file unpacks to more than {size_text(limit)}"
    except (OSError, EOFError, zlib.error) as error:
        return f"the file arrived damaged ({error})"
    return ""


def _record_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")
