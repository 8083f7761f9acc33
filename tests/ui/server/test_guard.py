"""Bodies are counted as they stream, unused doors are shut, headers are on every answer."""

import asyncio

import pytest

from rdrec.core.settings import integer
from rdrec.ui.server.guard import Guard

LIMIT = integer("page.max_body_bytes")


HOST = [(b"host", b"127.0.0.1:7860")]


def call(path="/gradio_api/run/predict", method="POST", chunks=(b"{}",), root_path=""):
    """The status, headers and body of an answer, the body the app saw (None: never called), and how many chunks were read."""
    seen: list[bytes | None] = [None]
    sent: list[dict] = []
    waiting = list(chunks)
    taken = [0]

    async def receive():
        taken[0] += 1
        chunk = waiting.pop(0) if waiting else b""
        return {"type": "http.request", "body": chunk, "more_body": bool(waiting)}

    async def send(message):
        sent.append(message)

    async def app(scope, receive, send):
        message = await receive()
        seen[0] = message["body"]
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"ok"})

    scope = {"type": "http", "path": path, "method": method, "headers": HOST, "root_path": root_path}
    asyncio.run(Guard(app)(scope, receive, send))
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"], seen[0], taken[0]


def test_a_small_request_passes_whole_and_gets_the_headers():
    status, headers, body, seen, _ = call(chunks=(b'{"a"', b":1}"))
    assert (status, body, seen) == (200, b"ok", b'{"a":1}')
    assert headers[b"x-content-type-options"] == b"nosniff" and headers[b"referrer-policy"] == b"no-referrer"
    policy = headers[b"content-security-policy"].decode()
    assert "connect-src 'self';" in policy and "object-src 'none'" in policy and "http:" not in policy


def test_a_chunked_body_is_cut_off_as_soon_as_it_is_too_long():
    chunk = b"x" * 10_000
    status, _, body, seen, taken = call(chunks=[chunk] * 1000)
    assert status == 413 and b"larger than" in body and seen is None
    assert taken == LIMIT // len(chunk) + 1


def test_halves_of_surrogate_pairs_do_not_pass():
    assert call(chunks=(rb'{"a": "x\ud83d, \ud83d\ude00"}',))[3].decode() == '{"a": "x\ufffd, \U0001f600"}'
    assert call(chunks=(rb'{"a": "\ud83d',))[3] == rb'{"a": "\ud83d'  # no JSON is handed on as it is


def test_the_limit_itself_is_allowed():
    assert call(chunks=(b"x" * LIMIT,))[0] == 200 and call(chunks=(b"x" * (LIMIT + 1),))[0] == 413


@pytest.mark.parametrize(
    "path", ["/gradio_api/upload", "/upload", "/gradio_api/proxy=http://x", "/gradio_api/file=/etc/passwd", "/monitoring"]
)
def test_doors_that_the_page_never_uses_are_shut(path):
    status, headers, _, seen, _ = call(path, method="GET" if "file" in path else "POST")
    assert status == 403 and seen is None and b"content-security-policy" in headers


def test_the_same_doors_are_shut_under_the_sub_path_of_a_proxy():
    for root in ("/demo", "/demo/"):
        assert call("/demo/gradio_api/upload", root_path=root)[0] == 403
        assert call("/demo/gradio_api/run/predict", root_path=root)[0] == 200


def test_no_websocket_is_opened():
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(Guard(None)({"type": "websocket", "path": "/", "headers": HOST}, None, send))
    assert [message["type"] for message in sent] == ["websocket.close"]


def test_what_carries_its_hash_in_its_name_is_kept_by_browsers_and_nothing_else_is():
    assert b"immutable" in call("/assets/Index-1a2b3c.js", "GET")[1][b"cache-control"]
    for path in ("/", "/config", "/gradio_api/run/predict", "/theme.css"):
        assert b"cache-control" not in call(path, "GET")[1]

    async def missing(scope, receive, send):
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b"no"})

    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(Guard(missing)({"type": "http", "path": "/assets/x.js", "method": "GET", "headers": HOST}, None, send))
    assert b"cache-control" not in dict(sent[0]["headers"]) and sent[0]["status"] == 404
