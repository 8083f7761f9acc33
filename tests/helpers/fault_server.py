"""A made-up OpenAI-compatible server on loopback that answers, stalls, floods, lies or breaks off, as a test tells it."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

GOOD = "1. The user prefers a good price.\n2. The item's attributes are a fair price."


@dataclass
class Asked:
    body: dict[str, Any]
    headers: dict[str, str]  # names in lower case
    at: float

    @property
    def key(self) -> str | None:
        return self.headers.get("authorization")


@dataclass
class FaultServer:
    """`script(n, body)` gives what happens to the n-th request: a text, or a callable that takes the handler."""

    script: Callable[[int, dict[str, Any]], Any]
    model: str = "toy-model"
    asked: list[Asked] = field(default_factory=list)

    def __enter__(self) -> FaultServer:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # or each body would wait 40 ms, until the client has confirmed its headers

            def handle(self) -> None:
                with contextlib.suppress(ConnectionResetError):
                    super().handle()

            def do_POST(self) -> None:
                sent = self.rfile.read(int(self.headers["content-length"]))
                if len(sent) < int(self.headers["content-length"]):
                    return  # the client was killed
                body = json.loads(sent)
                with outer._lock:
                    number = len(outer.asked)
                    outer.asked.append(
                        Asked(body, {name.lower(): value for name, value in self.headers.items()}, time.monotonic())
                    )
                what = outer.script(number, body)
                try:
                    if callable(what):
                        what(self)
                    else:
                        reply(self, outer.answer(what))
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            def log_message(self, *_: Any) -> None:
                pass

        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def answer(self, text: str, *, finish: str = "stop") -> dict[str, Any]:
        choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}}
        usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
        return {"id": "x", "object": "chat.completion", "created": 1, "model": self.model, "choices": [choice], "usage": usage}


def reply(handler: BaseHTTPRequestHandler, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    handler.send_response(status)
    for name, said in {"content-type": "application/json", "content-length": str(len(content)), **(headers or {})}.items():
        handler.send_header(name, said)
    handler.end_headers()
    handler.wfile.write(content)


def status(code: int, message: str = "no", **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: reply(handler, {"error": {"message": message}}, code, named)


def stall(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(5)


def half_json(handler: BaseHTTPRequestHandler) -> None:
    reply(handler, b'{"choices": [{"message": {"cont')


def not_json(handler: BaseHTTPRequestHandler) -> None:
    reply(handler, b"<html>hello</html>")


def deep_json(handler: BaseHTTPRequestHandler) -> None:
    reply(handler, b"[" * 100_000)


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.connection.close()


def flood(handler: BaseHTTPRequestHandler) -> None:
    """A body of 1 GB, of which nobody should read more than a little."""
    handler.send_response(200)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", str(2**30))
    handler.end_headers()
    piece = b" " * 2**16
    for _ in range(2**14):
        handler.wfile.write(piece)


def drip(handler: BaseHTTPRequestHandler) -> None:
    """One byte at a time, so that no single read takes long."""
    handler.send_response(200)
    handler.send_header("content-length", "100000")
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


def redirect(handler: BaseHTTPRequestHandler) -> None:
    reply(handler, b"", 307, {"location": "http://127.0.0.1:1/elsewhere"})
