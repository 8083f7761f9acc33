"""Serves Gradio's scripts and styles from memory, compressed once.

A first visit requests 70 of them.  Gradio takes 4 ms for each, mostly to compress the same file again, so a class of 100 that opens the
page together would keep the server busy for half a minute.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import brotli  # type: ignore[import-untyped]
from gradio.routes import BUILD_PATH_LIB
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

FOLDER = "/assets/"
_NAME = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.(js|css)")  # no slash, no leading dot: nothing outside the folder
_TYPES = {"js": "text/javascript", "css": "text/css"}
_MOST_FILES, _MOST_BYTES = 200, 1_000_000  # cached at most, and size of a file; Gradio serves the others
_QUALITY = 4  # of the compression, as in Gradio


@dataclass(frozen=True)
class _Asset:
    kind: str
    plain: bytes
    compressed: bytes


class KeptAssets:
    """ASGI middleware, inside the guard; `folder` is replaced in tests."""

    def __init__(self, app: ASGIApp, folder: Path = Path(BUILD_PATH_LIB)) -> None:
        self._app = app
        self._read = lru_cache(maxsize=_MOST_FILES)(lambda name: _read(folder, name))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a GET of a cached file, pass on everything else."""
        asset = None
        if scope["type"] == "http" and scope["method"] == "GET":
            path = str(scope["path"]).removeprefix(scope.get("root_path", "").rstrip("/"))
            asset = self._read(path.removeprefix(FOLDER)) if path.startswith(FOLDER) else None
        if asset is None:
            await self._app(scope, receive, send)
            return
        headers, body = {"vary": "Accept-Encoding"}, asset.plain
        if "br" in re.split("[,; ]+", Headers(scope=scope).get("accept-encoding", "")):
            headers["content-encoding"], body = "br", asset.compressed
        await Response(body, headers=headers, media_type=asset.kind)(scope, receive, send)


def _read(folder: Path, name: str) -> _Asset | None:
    """The file; None if it does not exist or is too large to cache."""
    found, path = _NAME.fullmatch(name), folder / name
    if found is None or not path.is_file() or path.stat().st_size > _MOST_BYTES:
        return None
    plain = path.read_bytes()
    return _Asset(_TYPES[found[1]], plain, brotli.compress(plain, mode=brotli.MODE_TEXT, quality=_QUALITY))
