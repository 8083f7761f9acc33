"""A web server on loopback with files that it serves well, cuts off, lies about, moves or loses, as a test tells it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[["Handler", bytes], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each body would wait 40 ms, until the client has confirmed its headers
    outer: FileServer

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        with self.outer.lock:
            self.outer.asked.append((self.command, self.path, dict(self.headers.items())))
            script = self.outer.scripts.get((self.command, self.path), [])
            answer: Answer = script.pop(0) if script else serve
        try:
            if self.path in self.outer.files:
                answer(self, self.outer.files[self.path])
            else:
                status(404)(self, b"")
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def send(self, code: int, body: bytes, **headers: object) -> None:
        said = {"content-length": len(body), "content-type": "application/octet-stream"}
        said |= {name.replace("_", "-"): value for name, value in headers.items()}
        self.send_response(code)
        for name, value in said.items():
            if value is not None:
                self.send_header(name, str(value))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@dataclass
class FileServer:
    """`scripts[("GET", "/path")]`: what happens to the next requests, one each; after them, and without, `serve`."""

    files: dict[str, bytes]
    scripts: dict[tuple[str, str], list[Answer]] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> FileServer:
        handler = type("BoundHandler", (Handler,), {"outer": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def gets(self, path: str) -> list[dict[str, str]]:
        """The headers of each GET of a path, names in lower case."""
        return [
            {name.lower(): value for name, value in headers.items()}
            for method, asked, headers in self.asked
            if (method, asked) == ("GET", path)
        ]


def etag_of(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()}"'


def serve(handler: Handler, body: bytes, **headers: object) -> None:
    """As a good server does: Range and If-Range are honoured."""
    etag, asked = etag_of(body), handler.headers.get("range")
    if asked and handler.headers.get("if-range") in (None, etag):
        start = int(asked.removeprefix("bytes=").removesuffix("-"))
        if start >= len(body):
            handler.send(416, b"", content_range=f"bytes */{len(body)}")
        else:
            said = f"bytes {start}-{len(body) - 1}/{len(body)}"
            handler.send(206, body[start:], content_range=said, etag=etag, **headers)
        return
    handler.send(200, body, etag=etag, **headers)


def cut_after(count: int) -> Answer:
    """`count` bytes of what is asked for, then the connection ends."""

    def answer(handler: Handler, body: bytes) -> None:
        start = int(handler.headers.get("range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        range_ = f"bytes {start}-{len(body) - 1}/{len(body)}" if start else None
        part = body[start : start + count]
        handler.send(206 if start else 200, part, content_length=len(body) - start, content_range=range_, etag=etag_of(body))
        handler.wfile.flush()
        handler.close_connection = True

    return answer


def lie(content_length: int | None = None, **headers: object) -> Answer:
    """The whole file, under a wrong length or with other headers; without a length the connection's end is the file's."""

    def answer(handler: Handler, body: bytes) -> None:
        handler.send(200, body, content_length=content_length, connection="close", **headers)
        handler.close_connection = True

    return answer


def ignore_range(handler: Handler, body: bytes) -> None:
    handler.send(200, body, etag=etag_of(body))


def status(code: int, **headers: object) -> Answer:
    return lambda handler, body: handler.send(code, b"no", **headers)


def move_to(location: str) -> Answer:
    return lambda handler, body: handler.send(302, b"", location=location)
