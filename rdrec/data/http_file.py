"""Download one file over HTTP: https only, size-limited, resumable.

A partial file is continued with a Range request if the server confirms that the file is unchanged (If-Range), or if its sha256 is
known and will be checked.  No cookies, tokens or .netrc entries are sent; proxy variables are respected.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

import httpx2
from tqdm import tqdm

from rdrec import __version__
from rdrec.core import settings
from rdrec.core.records import InputError
from rdrec.core.storage import atomic_write
from rdrec.core.untrusted import retry_after, whole_number
from rdrec.data.public_sets import SourceFile

BY_HAND = "or download the file by hand and run: python -m rdrec data import FILE --name NAME"
_BUSY = frozenset([408, 425, 429, 500, 502, 503, 504])  # worth retrying
_NO_HEAD = frozenset([403, 405, 501])  # some servers answer only GET
_MOST_REDIRECTS = 5
_LONGEST_PAUSE_S = 60.0


@dataclass(frozen=True)
class Located:
    """A file on its server: the `address` to download from (error messages show that of the source), and what is known in advance."""

    source: SourceFile
    address: str
    bytes: int | None
    sha256: str | None
    revision: str | None = None


@dataclass(frozen=True)
class _Partial:
    """The file that the bytes received so far belong to."""

    url: str
    validator: str | None  # strong ETag or date for If-Range
    total: int | None


class _Interrupted(Exception):
    """The download stopped early and can be retried; `wait`: seconds requested by the server."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


def length(url: str) -> int | None:
    """Size of a file in bytes, or None if the server does not say.  Raises InputError if it is unreachable or missing."""
    try:
        with _client() as client, _request(client, "HEAD", url, url) as response:
            if response.status_code in _NO_HEAD | _BUSY:
                return None
            check_status(response.status_code, url)
            return _content_length(response)
    except httpx2.TransportError as error:
        raise unreachable(url, error) from None


def receive(located: Located, file: BinaryIO, state: Path) -> bool:
    """Download the rest of `file`; `state` is a small file next to it.  Return whether earlier bytes were reused.

    Raises InputError if the file is missing, refused or of the wrong size, or after `data.download_tries` tries without progress.
    """
    furthest, failures, resumed = file.seek(0, os.SEEK_END), 0, False
    with _client() as client:
        while True:
            try:
                return _continue(client, located, file, state) or resumed
            except (_Interrupted, httpx2.TransportError) as error:
                size = file.seek(0, os.SEEK_END)
                failures = 0 if size > furthest else failures + 1
                furthest, resumed = max(furthest, size), True
                if failures >= settings.integer("data.download_tries"):
                    raise unreachable(located.source.url, error, size) from None
                requested = error.wait if isinstance(error, _Interrupted) else 0.0
                time.sleep(min(max(requested, 2.0**failures / 2), _LONGEST_PAUSE_S))


def check_status(code: int, shown: str) -> None:
    """Raise InputError for a response that is neither the file nor a part of it."""
    if code not in (200, 206):
        what = "the server no longer has this file" if code in (404, 410) else f"the server refuses the file ({code})"
        raise InputError(what, where=shown, todo=f"check the authors' page, {BY_HAND}")


def check_size(size: int | None, shown: str) -> None:
    """Raise InputError if a download of `size` bytes (None: unknown) is above the limit."""
    limit = settings.integer("data.max_download_bytes")
    if size is not None and size > limit:
        raise InputError(f"{size_text(size)}: larger than the limit of {size_text(limit)}", where=shown, todo=BY_HAND[3:])


def unreachable(shown: str, error: Exception, kept: int = 0) -> InputError:
    """The error to raise if a server does not answer.  kept: bytes already downloaded."""
    so_far = f"; {size_text(kept)} are kept, and the same command resumes there" if kept else ""
    reason = (str(error) or type(error).__name__)[:200]
    return InputError(
        f"the server cannot be reached ({reason}){so_far}", where=shown, todo=f"check the network and the proxy, {BY_HAND}"
    )


def size_text(count: float) -> str:
    """'120 bytes', '2.4 MB', '31 GB', in decimal units."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.1f} {unit}" if count < 10 and unit != "bytes" else f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB" if count < 10 else f"{count:,.0f} GB"


def _client() -> httpx2.Client:
    headers = {"User-Agent": f"rdrec/{__version__}", "Accept-Encoding": "identity"}
    return httpx2.Client(timeout=settings.integer("data.download_timeout"), headers=headers, follow_redirects=False)


@contextmanager
def _request(
    client: httpx2.Client, method: str, url: str, shown: str, headers: dict[str, str] | None = None
) -> Iterator[httpx2.Response]:
    """The response after redirects, which must lead to https or stay on the same server."""
    first = address = httpx2.URL(url)
    for _ in range(_MOST_REDIRECTS + 1):
        with client.stream(method, address, headers=headers) as response:
            client.cookies.clear()
            if not response.has_redirect_location:
                yield response
                return
            target = address.join(response.headers["location"])
        same_server = (target.scheme, target.host, target.port) == (first.scheme, first.host, first.port)
        if (target.scheme != "https" and not same_server) or target.userinfo:
            where_to = f"{target.scheme}://{target.host}"[:200]
            raise InputError(
                f"the server redirects to {where_to}, which is not a plain https address", where=shown, todo=BY_HAND[3:]
            )
        address = target
    raise InputError(f"more than {_MOST_REDIRECTS} redirects", where=shown, todo=BY_HAND[3:])


def _continue(client: httpx2.Client, located: Located, file: BinaryIO, state: Path) -> bool:
    """Request the missing bytes; return whether existing ones were reused.  Raises _Interrupted if a retry may help."""
    partial, have = _read_state(state), file.seek(0, os.SEEK_END)
    headers = {}
    if have and partial and partial.url == located.address and (partial.validator or located.sha256):
        headers["Range"] = f"bytes={have}-"
        if partial.validator:
            headers["If-Range"] = partial.validator
    else:
        have = _start_over(file)
    with _request(client, "GET", located.address, located.source.url, headers) as response:
        code, range_ = response.status_code, response.headers.get("content-range", "")
        if code in _BUSY:
            raise _Interrupted(f"it responds with status {code}", retry_after(response.headers.get("retry-after")) or 0.0)
        if code == 416 and have:
            if partial and partial.total in (None, have) and range_ == f"bytes */{have}":
                return True  # already complete
            _start_over(file)
            raise _Interrupted("the file is shorter than the server announced")
        check_status(code, located.source.url)
        total = _total(response)
        if code != 206:
            have = _start_over(file)
        elif not range_.startswith(f"bytes {have}-") or (partial and total != partial.total):
            _start_over(file)
            raise _Interrupted("the server sent another part than requested")
        _check_answer(response, total, located)
        partial = _Partial(located.address, _validator(response), total)
        atomic_write(state, json.dumps(asdict(partial)).encode())
        _copy(response, file, total, located)
    if total is not None and file.tell() != total:
        raise _Interrupted("the connection ended early")
    return have > 0


def _copy(response: httpx2.Response, file: BinaryIO, total: int | None, located: Located) -> None:
    limit = total or located.bytes or settings.integer("data.max_download_bytes")
    done, name = file.tell(), located.source.url.rpartition("/")[2]
    with tqdm(desc=name, initial=done, total=total, unit="B", unit_scale=True, leave=False, disable=None) as bar:
        for piece in response.iter_raw():
            done += len(piece)
            if done > limit:
                _start_over(file)
                raise InputError(f"received more than {size_text(limit)}", where=located.source.url, todo=BY_HAND[3:])
            file.write(piece)
            file.flush()  # survives a killed process
            bar.update(len(piece))


def _start_over(file: BinaryIO) -> int:
    file.seek(0)
    file.truncate(0)
    return 0


def _check_answer(response: httpx2.Response, total: int | None, located: Located) -> None:
    """Refuse a response that cannot be the file before keeping any of it."""
    check_size(total, located.source.url)
    if None not in (located.bytes, total) and total != located.bytes:
        what = f"the server announced {located.bytes:,} bytes but now sends {total:,}"
        raise InputError(what, where=located.source.url, todo=f"run the command again, {BY_HAND}")
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml"):
        todo = f"log in to the network if it asks for that, {BY_HAND}"
        raise InputError("received a web page instead of the file", where=located.source.url, todo=todo)
    packed = response.headers.get("content-encoding", "identity").lower()
    if packed != "identity" and not (packed in ("gzip", "x-gzip") and located.source.url.endswith(".gz")):
        raise InputError(
            f"the server compresses the file ({packed[:40]}) without being asked", where=located.source.url, todo=BY_HAND[3:]
        )


def _content_length(response: httpx2.Response) -> int | None:
    return whole_number(response.headers.get("content-length", ""))


def _total(response: httpx2.Response) -> int | None:
    """Size of the complete file, even if the response is a part of it."""
    if response.status_code != 206:
        return _content_length(response)
    return whole_number(response.headers.get("content-range", "").rpartition("/")[2])


def _validator(response: httpx2.Response) -> str | None:
    etag = response.headers.get("etag")
    return etag if etag and not etag.startswith("W/") else response.headers.get("last-modified")


def _read_state(path: Path) -> _Partial | None:
    try:
        return _Partial(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):  # missing or broken: start over
        return None
