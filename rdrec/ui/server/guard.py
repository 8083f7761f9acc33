"""The outermost middleware: refuses foreign hosts and origins, large bodies and uploads, and adds security headers.

Gradio neither limits bodies (see `page.max_body_bytes`) nor lets uploads be switched off; bytes are counted, since a Content-Length may lie.
"""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs

from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rdrec.core.settings import integer
from rdrec.teachers.prompts import without_surrogates
from rdrec.ui import texts
from rdrec.ui.server.fair_share import FairShare, asked_for, client_of, fetches, queues
from rdrec.ui.server.hosts import AllowedHosts

# Gradio's page needs inline scripts and compiles templates ('unsafe-eval'); all other machines stay blocked.
# A Space shows the page in a frame of huggingface.co.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'self' https://huggingface.co https://*.hf.space"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)
# Gradio's scripts and styles have content hashes in their names; without this header a browser requests all 74 at each visit.
HASHED, KEPT = "/assets/", (b"cache-control", b"public, max-age=31536000, immutable")
# Routes of Gradio that this page never uses: files in and out, other servers, its code assistant.
CLOSED = (
    "/upload", "/proxy=", "/file=", "/file/", "/process_recording", "/vibe-edit", "/vibe-code", "/undo-vibe-edit",
    "/component_server", "/custom_component", "/deep_link", "/run-history", "/runs", "/monitoring",
)  # fmt: skip
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class Guard:
    """ASGI middleware that refuses requests as the module docstring says."""

    def __init__(self, app: ASGIApp, hosts: AllowedHosts | None = None) -> None:
        self._app = app
        self._hosts = hosts or AllowedHosts.of("127.0.0.1")
        self._share = FairShare()
        self._limit = integer("page.max_body_bytes")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request that breaks a rule, and pass on all others."""
        if scope["type"] not in ("http", "websocket"):  # the server's startup and shutdown
            await self._app(scope, receive, send)
            return
        if scope["type"] == "websocket":  # the page uses none, and browsers open them across origins
            await send({"type": "websocket.close", "code": 1008})
            return
        path = str(scope["path"]).removeprefix(scope.get("root_path", "").rstrip("/"))  # behind a proxy at a sub-path
        path = path.removeprefix("/gradio_api")
        send = _with_headers(send, path)
        if self._hosts.refuses(scope["headers"]):
            await PlainTextResponse(texts.FOREIGN_HOST, 403)(scope, receive, send)
            return
        if path.startswith(CLOSED):
            await PlainTextResponse(texts.NO_UPLOADS, 403)(scope, receive, send)
            return
        if scope["method"] in ("GET", "HEAD", "OPTIONS"):
            name = fetches(path, parse_qs(scope.get("query_string", b"").decode("latin-1")))
            try:
                await self._app(scope, receive, send)
            finally:
                if name is not None:
                    self._share.fetched(name)
            return
        body = await _body(receive, self._limit)
        if body is None:
            await PlainTextResponse(texts.REQUEST_TOO_LARGE.format(limit=self._limit), 413)(scope, receive, send)
            return
        body = _without_surrogates(body)
        client = client_of(scope, bool(self._hosts.published))
        endpoint, session = asked_for(path, body)
        if session is not None:
            _forget_session(scope, self._share.session(client, session))
        if not queues(path):
            await self._app(scope, _replay(body, receive), send)
            return
        kind = _kind(scope, endpoint)
        if not self._share.accepts(client, kind):
            await JSONResponse({"detail": texts.BUSY}, 503)(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), self._counting(send, client, session, kind))

    def _counting(self, send: Send, client: str, session: str | None, kind: str) -> Send:
        """`send`, which also counts the call once Gradio has accepted it; the response names the call."""
        accepted, said = False, bytearray()

        async def sending(message: Message) -> None:
            nonlocal accepted
            if message["type"] == "http.response.start":
                accepted = message["status"] == 200
            elif accepted:
                said.extend(message.get("body", b""))
                if not message.get("more_body"):
                    self._share.joined(client, session or json.loads(said)["event_id"], kind)
            await send(message)

        return sending


def _kind(scope: Scope, endpoint: str | int | None) -> str:
    """The concurrency id of an endpoint; "" if it does not exist, in which case Gradio answers with an error."""
    blocks = scope["app"].get_blocks() if "app" in scope else None
    found = (fn for number, fn in blocks.fns.items() if endpoint in (number, fn.api_name)) if blocks else iter(())
    return str(getattr(next(found, None), "concurrency_id", ""))


def _forget_session(scope: Scope, session: str | None) -> None:
    """Drop a session's state in Gradio, which would otherwise displace somebody else's session."""
    if session is not None and "app" in scope:
        remembered = scope["app"].state_holder
        with remembered.lock:
            remembered.session_data.pop(session, None)
            remembered.time_last_used.pop(session, None)


async def _body(receive: Receive, limit: int) -> bytes | None:
    """The whole body, or None as soon as it is longer than `limit`."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":  # the client left
            return b"".join(parts)
        size += len(message.get("body", b""))
        if size > limit:
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _without_surrogates(body: bytes) -> bytes:
    """Replace lone surrogates by U+FFFD: JSON may contain them, but answers and tables cannot."""
    if not _SURROGATE.search(body):
        return body
    try:
        return without_surrogates(json.dumps(json.loads(body), ensure_ascii=False)).encode()
    except (ValueError, RecursionError):  # not JSON, which Gradio reports
        return body


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return waiting.pop() if waiting else await receive()

    return replayed


def _with_headers(send: Send, path: str) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = (KEPT,) if path.startswith(HASHED) and message["status"] == 200 else ()
            message = {**message, "headers": [*message.get("headers", ()), *HEADERS, *kept]}
        await send(message)

    return sending
