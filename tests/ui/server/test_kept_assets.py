"""Scripts and styles come from memory as they are on disk; everything else is the framework's to answer."""

import asyncio
from pathlib import Path

import brotli
import pytest
from gradio.routes import BUILD_PATH_LIB

from rdrec.ui.server.kept_assets import KeptAssets

CODE = b"export const answer = 42;\n" * 50


def ask(folder, path, *, method="GET", accept=b"gzip, deflate, br", root_path=""):
    """Status, headers and body; the app behind answers 204."""
    sent = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "root_path": root_path, "headers": [(b"accept-encoding", accept)]}
    asyncio.run(KeptAssets(app, folder)(scope, None, send))
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "assets"
    made.mkdir()
    (made / "index-D_4.js").write_bytes(CODE)
    (made / "large.js").write_bytes(b" " * 1_000_001)
    (made / ".hidden.js").write_bytes(CODE)
    (made / "page.html").write_bytes(CODE)
    (tmp_path / "secret.js").write_bytes(CODE)
    return made


def test_a_script_is_compressed_for_who_reads_that(folder):
    status, headers, body = ask(folder, "/assets/index-D_4.js")
    assert status == 200 and headers[b"content-encoding"] == b"br" and headers[b"content-type"].startswith(b"text/javascript")
    assert (
        brotli.decompress(body) == CODE and len(body) < len(CODE) / 10 and headers[b"content-length"] == str(len(body)).encode()
    )
    status, headers, body = ask(folder, "/assets/index-D_4.js", accept=b"gzip")
    assert status == 200 and b"content-encoding" not in headers and body == CODE


def test_below_a_path_it_is_the_same(folder):
    assert ask(folder, "/rdrec/assets/index-D_4.js", root_path="/rdrec")[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../secret.js", "/assets/..%2fsecret.js", "/assets//etc/passwd", "/assets/x/index-D_4.js", "/assets/.hidden.js",
        "/assets/page.html", "/assets/large.js", "/assets/absent.js", "/assets/", "/assets/index-D_4.js\x00.js", "/other/index-D_4.js",
    ],
)  # fmt: skip
def test_nothing_else_is_answered_here(folder, path):
    assert ask(folder, path)[0] == 204


def test_only_reading_is_answered_here(folder):
    assert ask(folder, "/assets/index-D_4.js", method="POST")[0] == 204


def test_the_framework_has_such_files_where_we_look():
    name = min(Path(BUILD_PATH_LIB).glob("index-*.js")).name
    assert ask(Path(BUILD_PATH_LIB), f"/assets/{name}")[0] == 200
