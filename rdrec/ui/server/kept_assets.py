"""Serves Gradio's scripts and styles from memory, compressed once.

A first visit requests 70 of them.  Gradio takes 4 ms for each, mostly to compress the same file again, so a class of 100 that opens the
page together would keep the server busy for half a minute.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped]
from gradio.routes import BUILD_PATH_LIB

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

FOLDER = "/assets/"
_NAME = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.(js|css)")  # no slash, no leading dot: nothing outside the folder
_TYPES = {"js": b"text/javascript; charset=utf-8", "css": b"text/css; charset=utf-8"}
_MOST_FILES, _MOST_BYTES = 200, 1_000_000  # cached at most, and size of a file; Gradio serves the others
_QUALITY = 4  # of the compression, as in Gradio


@dataclass(frozen=True)
class _Asset:
    kind: bytes
    plain: bytes
    compressed: bytes


class KeptAssets:
    """ASGI middleware, inside the guard; `folder` is replaced in tests."""

    def __init__(self, app: App, folder: Path = Path(BUILD_PATH_LIB)) -> None:
        self._app = app
        self._read = lru_cache(maxsize=_MOST_FILES)(lambda name: _read(folder, name))

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer a GET of a cached file, pass on everything else."""
        asset = None
        if scope["type"] == "http" and scope["method"] == "GET":
            path = str(scope["path"]).removeprefix(scope.get("root_path", "").rstrip("/"))
            asset = self._read(path.removeprefix(FOLDER)) if path.startswith(FOLDER) else None
        if asset is None:
            await self._app(scope, receive, send)
            return
        brotli_read = any(
            name == b"accept-encoding" and b"br" in re.split(rb"[,; ]+", value) for name, value in scope["headers"]
        )
        body = asset.compressed if brotli_read else asset.plain
        headers = [(b"content-type", asset.kind), (b"content-length", str(len(body)).encode()), (b"vary", b"Accept-Encoding")]
        if brotli_read:
            headers.append((b"content-encoding", b"br"))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _read(folder: Path, name: str) -> _Asset | None:
    """The file; None if it does not exist or is too large to cache."""
    found, path = _NAME.fullmatch(name), folder / name
    if found is None or not path.is_file() or path.stat().st_size > _MOST_BYTES:
        return None
    plain = path.read_bytes()
    return _Asset(_TYPES[found[1]], plain, brotli.compress(plain, mode=brotli.MODE_TEXT, quality=_QUALITY))
