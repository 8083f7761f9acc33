"""`rdrec data get` on the command line: notice, confirmation, download, import and recorded source."""

import gzip
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ctrl_c import hears_ctrl_c
from file_server import FileServer, cut_after, lie, status

from rdrec.cli import data_get
from rdrec.cli import main as main_module
from rdrec.core.home import Home
from rdrec.data import http_file, public_sets, store

REVIEWS, ITEMS = "/reviews_Toys_5.json.gz", "/meta_Toys.json.gz"
Run = Callable[..., tuple[int, str, str]]
CATALOGUE = """
[shop]
title = "Shop"
homepage = "https://example.org/shop"
licence = "for research only"
citation = ["A. Author: A paper. 2020"]
reviews = "{address}/reviews_{{category}}_5.json.gz"
items = "{address}/meta_{{category}}.json.gz"
core = 3
[shop.categories]
Toys = {{ reviews = 12 }}
"""


def packed(rows: list[Any]) -> bytes:
    return gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode())


@pytest.fixture
def server(review_rows: list[dict[str, Any]]) -> Iterator[FileServer]:
    items = [{"asin": f"ITEM{i}", "title": f"Toy number {i}", "price": 2.5} for i in range(4)]
    with FileServer({REVIEWS: packed(review_rows), ITEMS: packed(items)}) as running:
        yield running


@pytest.fixture
def run(server: FileServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    path = tmp_path / "sets.toml"
    path.write_text(CATALOGUE.format(address=server.address))
    monkeypatch.setattr(public_sets, "CATALOGUE", path)
    monkeypatch.setattr(http_file.time, "sleep", lambda _: None)
    monkeypatch.setenv("RDREC_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(main_module, "STAGES", ("data",))

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main_module.main(["data", "get", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_download_and_import_in_one_command(run: Run, server: FileServer, home: Home) -> None:
    server.scripts["GET", REVIEWS] = [cut_after(50), cut_after(100)]
    code, out, _ = run("shop-toys", "--yes", "--json")
    assert code == 0
    for said in (
        "Toys (Shop): 12 reviews",
        "licence: for research only",
        "cite: A. Author",
        "total",
        str(home.downloads("shop-toys")),
    ):
        assert said in out
    answer = json.loads(out.splitlines()[-1])
    assert answer["name"] == "shop-toys" and answer["counts"]["interactions"] == 12
    dataset = store.load_dataset(home, "shop-toys")
    assert sorted(dataset.items["title"]) == [f"Toy number {i}" for i in range(4)]
    found: Any = dataset.meta["source"]
    assert found["url"] == server.address + REVIEWS and found["items_url"] == server.address + ITEMS
    assert found["licence"] == "for research only" and found["citation"] == ["A. Author: A paper. 2020"]
    assert len(found["sha256"]) == len(found["items_sha256"]) == 64 and dataset.meta["title"] == "Toys (Shop)"
    assert dataset.meta["options"]["core"] == 3, "the catalogue's"  # type: ignore[index]


def test_the_second_time_needs_no_server(run: Run, server: FileServer, home: Home) -> None:
    assert run("shop-toys", "--yes")[0] == 0
    asked = len(server.asked)
    code, _, err = run("shop-toys", "--yes")
    assert code == 2 and "already exists" in err and "--replace" in err
    code, out, _ = run("shop-toys", "--name", "again", "--core", "0", "--title", "Mine")  # without --yes: nothing to download
    assert code == 0 and "already in the cache" in out and len(server.asked) == asked
    again = store.load_dataset(home, "again")
    assert again.meta["title"] == "Mine" and again.meta["options"]["core"] == 0  # type: ignore[index]
    assert run("shop-toys", "--replace")[0] == 0 and len(server.asked) == asked
    (home.downloads("shop-toys") / REVIEWS[1:]).unlink()
    assert run("shop-toys", "--replace", "--yes")[0] == 0
    assert len(server.gets(REVIEWS)) == 2 and len(server.gets(ITEMS)) == 1, "only what is missing"


def test_nothing_is_downloaded_before_confirmation(
    run: Run, server: FileServer, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, err = run("shop-toys")
    assert code == 2 and "licence: for research only" in out and "add --yes" in err
    monkeypatch.setattr(data_get.sys.stdin, "isatty", lambda: True, raising=False)
    for answer, expected in (("", 2), ("n", 2), ("yes", 0)):
        assert not server.gets(REVIEWS) and not home.data("shop-toys").exists()
        monkeypatch.setattr("builtins.input", lambda _, answer=answer: answer)
        assert run("shop-toys")[0] == expected
    assert len(server.gets(REVIEWS)) == 1


def test_a_failed_download_is_a_one_line_error_and_leaves_no_data_set(run: Run, server: FileServer, home: Home) -> None:
    server.scripts["HEAD", ITEMS] = [status(404)]
    code, _, err = run("shop-toys", "--yes")
    assert code == 2 and "meta_Toys.json.gz: the server no longer has this file" in err and len(err.splitlines()) == 1
    server.scripts["GET", REVIEWS] = [lie(len(server.files[REVIEWS]), content_type="text/html")]
    code, _, err = run("shop-toys", "--yes")
    assert code == 2 and "received a web page instead of the file" in err
    assert not home.data("shop-toys").exists()


def test_offline_is_a_one_line_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "sets.toml").write_text(CATALOGUE.format(address="http://127.0.0.1:1"))
    code, out, err = run("shop-toys", "--yes")
    assert code == 2 and not out and len(err.splitlines()) == 1
    assert "the server cannot be reached" in err and "data import FILE --name NAME" in err


def test_ctrl_c_keeps_what_arrived(server: FileServer, tmp_path: Path) -> None:
    """A separate process, interrupted while the server is silent; the next one requests the rest."""
    over = threading.Event()

    def stall(handler, body: bytes) -> None:
        cut_after(100)(handler, body)
        over.wait(60)

    catalogue = tmp_path / "sets.toml"
    catalogue.write_text(CATALOGUE.format(address=server.address))
    code = (
        "import sys; from pathlib import Path; from rdrec.data import public_sets; from rdrec.cli.main import main;"
        f"public_sets.CATALOGUE = Path({str(catalogue)!r});"
        f"sys.exit(main(['data', 'get', 'shop-toys', '--yes', '--home', {str(tmp_path / 'home')!r}]))"
    )
    server.scripts["GET", REVIEWS] = [stall]
    part = Home(tmp_path / "home").downloads("shop-toys") / f"{REVIEWS[1:]}.part"
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, preexec_fn=hears_ctrl_c) as first:
        while first.poll() is None and not (part.exists() and part.stat().st_size):
            time.sleep(0.02)
        first.send_signal(signal.SIGINT)
        _, err = first.communicate(timeout=60)
    over.set()
    assert first.returncode == 130 and "run the same command to resume" in err, err
    assert part.stat().st_size == 100
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=120).returncode == 0
    assert server.gets(REVIEWS)[-1]["range"] == "bytes=100-"


def test_the_list_shows_every_set_with_licence_and_citation(run: Run) -> None:
    code, out, _ = run("--list", "--json")
    assert code == 0 and "shop-toys: 12 reviews, --core 3" in out and "for research only" in out and "A. Author" in out
    (one,) = json.loads(out.splitlines()[-1])["sets"]
    assert one["name"] == "shop-toys" and one["sha256"] is None and one["megabytes"] is None and len(one["urls"]) == 2
    assert run()[0] == 2


def test_a_closed_output_pipe_is_no_error() -> None:
    """`rdrec data get --list | head`."""
    listing = [sys.executable, "-m", "rdrec", "data", "get", "--list"]
    with subprocess.Popen(listing, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (141, b"")
