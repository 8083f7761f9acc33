"""Downloads from a local server that truncates, lies and fails."""

import fcntl
import gzip
import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from file_server import FileServer, cut_after, ignore_range, lie, move_to, serve, status

from rdrec.core import settings
from rdrec.core.records import ArtefactError, InputError
from rdrec.data import download, http_file
from rdrec.data.public_sets import SourceFile

CONTENT = random.Random(0).randbytes(300_000)
PATH = "/files/reviews.bin"


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    pauses: list[float] = []
    monkeypatch.setattr(http_file.time, "sleep", pauses.append)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    return pauses


@pytest.fixture
def server() -> Iterator[FileServer]:
    with FileServer({PATH: CONTENT}) as running:
        yield running


def source(server: FileServer, path: str = PATH, sha256: str | None = None) -> SourceFile:
    return SourceFile(server.address + path, sha256=sha256)


def get(folder: Path, wanted: SourceFile) -> download.Fetched:
    return download.fetch(folder, download.locate(wanted))


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_downloaded_once_and_then_cached(server: FileServer, tmp_path: Path) -> None:
    wanted = source(server)
    assert download.cached(tmp_path, wanted) is None
    located = download.locate(wanted)
    assert located.bytes == len(CONTENT)
    found = download.fetch(tmp_path, located)
    assert found.path.read_bytes() == CONTENT and found.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert left(tmp_path) == ["reviews.bin", "reviews.bin.json"]
    assert download.cached(tmp_path, wanted) == found
    found.path.write_bytes(CONTENT[:-1] + b"x")
    assert download.cached(tmp_path, wanted) is None, "altered on the disk"


@pytest.mark.parametrize("known", [False, True], ids=["by its ETag", "by its checksum"])
def test_a_cut_connection_is_resumed(server: FileServer, tmp_path: Path, known: bool) -> None:
    server.scripts["GET", PATH] = [cut_after(100_000), cut_after(50_000)]
    found = get(tmp_path, source(server, sha256=hashlib.sha256(CONTENT).hexdigest() if known else None))
    assert found.path.read_bytes() == CONTENT
    assert [headers.get("range") for headers in server.gets(PATH)] == [None, "bytes=100000-", "bytes=150000-"]


def test_the_next_run_resumes(server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_: float) -> None:
        raise KeyboardInterrupt

    server.scripts["GET", PATH] = [cut_after(200_000)]
    monkeypatch.setattr(http_file.time, "sleep", stop)
    with pytest.raises(KeyboardInterrupt):
        get(tmp_path, source(server))
    assert (tmp_path / "reviews.bin.part").stat().st_size == 200_000 and not (tmp_path / "reviews.bin").exists()
    assert get(tmp_path, source(server)).path.read_bytes() == CONTENT
    assert server.gets(PATH)[-1]["range"] == "bytes=200000-" and left(tmp_path) == ["reviews.bin", "reviews.bin.json"]


def test_a_changed_file_is_downloaded_again(server: FileServer, tmp_path: Path) -> None:
    newer = random.Random(1).randbytes(len(CONTENT))

    def cut_and_change(handler, body: bytes) -> None:
        cut_after(100_000)(handler, body)
        server.files[PATH] = newer

    server.scripts["GET", PATH] = [cut_and_change]
    assert get(tmp_path, source(server)).path.read_bytes() == newer


def test_a_mixed_file_is_detected_by_the_checksum(server: FileServer, tmp_path: Path) -> None:
    old = random.Random(1).randbytes(len(CONTENT))
    server.scripts["GET", PATH] = [
        lambda handler, _: cut_after(100_000)(handler, old),
        lambda handler, _: handler.send(206, CONTENT[100_000:], content_range=f"bytes 100000-299999/{len(CONTENT)}"),
    ]
    found = get(tmp_path, source(server, sha256=hashlib.sha256(CONTENT).hexdigest()))
    assert found.path.read_bytes() == CONTENT and server.gets(PATH)[-1].get("range") is None, "once more from the beginning"


def test_a_server_without_range_support_sends_the_whole_file_again(server: FileServer, tmp_path: Path) -> None:
    server.scripts["GET", PATH] = [cut_after(100_000), ignore_range]
    assert get(tmp_path, source(server)).path.read_bytes() == CONTENT


def test_without_a_validator_the_download_starts_over(server: FileServer, tmp_path: Path) -> None:
    server.scripts["GET", PATH] = [
        lambda handler, body: handler.send(200, body[:100_000], content_length=len(body), connection="close"),
    ]
    assert get(tmp_path, source(server)).path.read_bytes() == CONTENT
    assert [headers.get("range") for headers in server.gets(PATH)] == [None, None]


def test_a_wrong_part_is_refused(server: FileServer, tmp_path: Path) -> None:
    server.scripts["GET", PATH] = [
        cut_after(100_000),
        lambda handler, body: handler.send(206, body[5:], content_range=f"bytes 5-{len(body) - 1}/{len(body)}"),
    ]
    assert get(tmp_path, source(server)).path.read_bytes() == CONTENT


def test_a_complete_partial_file_needs_no_download(server: FileServer, tmp_path: Path) -> None:
    server.scripts["GET", PATH] = [cut_after(len(CONTENT) - 1), serve]
    get(tmp_path, source(server))
    (tmp_path / "reviews.bin").rename(tmp_path / "reviews.bin.part")  # as if stopped between the last byte and the rename
    state = tmp_path / "reviews.bin.part.json"
    state.write_text(f'{{"url": "{server.address + PATH}", "validator": null, "total": {len(CONTENT)}}}')
    found = get(tmp_path, source(server, sha256=hashlib.sha256(CONTENT).hexdigest()))
    assert found.path.read_bytes() == CONTENT and server.gets(PATH)[-1]["range"] == f"bytes={len(CONTENT)}-"


@pytest.mark.parametrize("length", [len(CONTENT) + 1000, len(CONTENT) - 1000])
def test_a_wrong_length_never_makes_a_file(server: FileServer, tmp_path: Path, length: int) -> None:
    """A too long content length looks like a truncation each time; a too short one fails the checksum."""
    server.scripts["HEAD", PATH] = [lie(length)]
    server.scripts["GET", PATH] = [lie(length, etag='"same"') for _ in range(20)]
    with pytest.raises(InputError, match=r"cannot be reached|checksum is wrong"):
        get(tmp_path, source(server, sha256=hashlib.sha256(CONTENT).hexdigest()))
    assert not (tmp_path / "reviews.bin").exists()


def test_another_size_than_announced_is_refused(server: FileServer, tmp_path: Path) -> None:
    server.scripts["HEAD", PATH] = [lie(1000)]
    with pytest.raises(InputError, match="announced 1,000 bytes but now sends 300,000"):
        get(tmp_path, source(server))
    assert not (tmp_path / "reviews.bin").exists()


def test_a_truncated_gzip_without_checksum_is_detected(server: FileServer, tmp_path: Path) -> None:
    server.files["/a.json.gz"] = gzip.compress(CONTENT)[:-2000]
    with pytest.raises(InputError, match=r"a\.json\.gz: the file arrived damaged"):
        get(tmp_path, source(server, "/a.json.gz"))
    assert left(tmp_path) == []


def test_a_wrong_checksum_leaves_nothing(server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the checksum is wrong: sha256 \w{64}, expected 0{64}"):
        get(tmp_path, source(server, sha256="0" * 64))
    assert left(tmp_path) == []


def test_a_gzip_file_with_content_encoding_is_kept_unchanged(server: FileServer, tmp_path: Path) -> None:
    """Many servers send .gz files with Content-Encoding: x-gzip; other files must not be compressed."""
    server.files["/a.json.gz"] = gzip.compress(CONTENT)
    server.scripts["GET", "/a.json.gz"] = [lambda handler, body: serve(handler, body, content_encoding="x-gzip")]
    assert get(tmp_path, source(server, "/a.json.gz")).path.read_bytes() == server.files["/a.json.gz"]
    server.scripts["GET", PATH] = [lambda handler, body: serve(handler, body, content_encoding="gzip")]
    with pytest.raises(InputError, match="compresses the file"):
        get(tmp_path, source(server))


def test_a_busy_server_is_retried_after_the_requested_pause(server: FileServer, tmp_path: Path, no_pauses: list[float]) -> None:
    server.scripts["HEAD", PATH] = [status(503)]
    server.scripts["GET", PATH] = [status(503, retry_after=7), status(429)]
    assert get(tmp_path, source(server)).path.read_bytes() == CONTENT
    assert no_pauses[0] == 7 and len(no_pauses) == 2


@pytest.mark.parametrize("asked", ["\xb2", "9" * 5_000, "Wed, 21 Oct 10000000000000000000 07:28:00 GMT", "-3", "1e9"])
def test_an_odd_pause_is_no_reason_to_stop(server: FileServer, tmp_path: Path, no_pauses: list[float], asked: str) -> None:
    server.scripts["GET", PATH] = [status(503, retry_after=asked)]
    assert get(tmp_path, source(server)).path.read_bytes() == CONTENT
    assert all(0 < pause <= 60 for pause in no_pauses)


@pytest.mark.parametrize("length", ["\xb2", "9" * 5_000])
def test_a_length_that_is_no_number_is_no_length(length: str) -> None:
    said = {"content-length": length.encode("latin-1"), "content-range": f"bytes 0-1/{length}".encode("latin-1")}
    for code in (200, 206):
        assert http_file._total(httpx2.Response(code, headers=said)) is None


def test_a_server_that_stays_busy_is_an_error(server: FileServer, tmp_path: Path) -> None:
    server.scripts["GET", PATH] = [cut_after(1000), *[status(503)] * 20]
    with pytest.raises(
        InputError, match=r"it responds with status 503.*; 1\.0 kB are kept, and the same command resumes there"
    ):
        get(tmp_path, source(server))
    assert len(server.gets(PATH)) == 1 + settings.integer("data.download_tries")


@pytest.mark.parametrize(
    ("code", "said"), [(404, "no longer has this file"), (410, "no longer has this file"), (401, r"refuses .*401")]
)
def test_missing_and_refused_files_are_reported_at_once(server: FileServer, tmp_path: Path, code: int, said: str) -> None:
    server.scripts["HEAD", PATH] = [status(code)]
    with pytest.raises(InputError, match=said):
        get(tmp_path, source(server))
    assert not server.gets(PATH) and left(tmp_path) == []


@pytest.mark.parametrize("code", [403, 405, 501])
def test_a_server_without_head_is_asked_for_the_file(server: FileServer, tmp_path: Path, code: int) -> None:
    server.scripts["HEAD", PATH] = [status(code)]
    located = download.locate(source(server))
    assert located.bytes is None and download.fetch(tmp_path, located).path.read_bytes() == CONTENT


def test_a_login_page_is_not_a_file(server: FileServer, tmp_path: Path) -> None:
    server.scripts["GET", PATH] = [lie(len(CONTENT), content_type="text/html; charset=utf-8")]
    with pytest.raises(InputError, match="received a web page instead of the file"):
        get(tmp_path, source(server))


def test_redirects_stay_on_the_server_or_lead_to_https(server: FileServer, tmp_path: Path) -> None:
    server.files["/old"] = server.files["/circle"] = server.files["/away"] = server.files["/name"] = b""
    for method in ("HEAD", "GET"):
        server.scripts[method, "/old"] = [move_to(PATH)]
    assert get(tmp_path, source(server, "/old")).path.read_bytes() == CONTENT
    server.scripts["HEAD", "/away"] = [move_to("http://localhost:1/other")]
    with pytest.raises(InputError, match="redirects to http://localhost, which is not a plain https address"):
        download.locate(source(server, "/away"))
    server.scripts["HEAD", "/name"] = [move_to("https://me:secret@example.org/other")]
    with pytest.raises(InputError, match="not a plain https") as refused:
        download.locate(source(server, "/name"))
    assert "secret" not in str(refused.value)
    server.scripts["HEAD", "/circle"] = [move_to("/circle")] * 10
    with pytest.raises(InputError, match="more than 5 redirects"):
        download.locate(source(server, "/circle"))


def test_a_too_large_file_is_refused_before_and_during_the_download(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = {name: settings.integer(name) for name in ("data.download_timeout", "data.download_tries")}
    monkeypatch.setattr(http_file.settings, "integer", (limits | {"data.max_download_bytes": 100_000}).__getitem__)
    with pytest.raises(InputError, match="300 kB: larger than the limit of 100 kB"):
        download.locate(source(server))
    server.scripts["GET", PATH] = [lie(None)]
    with pytest.raises(InputError, match="received more than 100 kB"):
        download.fetch(tmp_path, http_file.Located(source(server), server.address + PATH, None, None))
    assert (tmp_path / "reviews.bin.part").stat().st_size == 0


def test_a_full_disk_is_reported_before_the_download(tmp_path: Path, server: FileServer) -> None:
    huge = http_file.Located(source(server), "", 10**18, None)
    with pytest.raises(InputError, match=r"the disk has only .* left, but the download needs 1,000,000,000 GB"):
        download.check_space(tmp_path / "not" / "yet", [huge])
    download.check_space(tmp_path / "not" / "yet", [download.locate(source(server))])


def test_an_unreachable_server_is_a_one_line_error(tmp_path: Path) -> None:
    for address in ("http://127.0.0.1:1/reviews.bin", "https://host.invalid/reviews.bin"):
        with pytest.raises(InputError, match=r"the server cannot be reached .*data import FILE") as caught:
            download.locate(SourceFile(address))
        assert len(str(caught.value).splitlines()) == 1


def test_the_proxy_of_the_environment_is_used_and_no_secret_is_sent(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = "http://127.0.0.1:1/reviews.bin"
    server.files[far] = CONTENT
    monkeypatch.setenv("HTTP_PROXY", server.address)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    assert get(tmp_path / "cache", SourceFile(far)).path.read_bytes() == CONTENT
    sent = [{name.lower() for name in headers} for _, _, headers in server.asked]
    assert sent and not any({"authorization", "proxy-authorization", "cookie"} & names for names in sent)


def test_two_processes_do_not_write_the_same_file(server: FileServer, tmp_path: Path) -> None:
    with (tmp_path / "reviews.bin.part").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # as another process would hold it
        with pytest.raises(ArtefactError, match="another process is downloading this file"):
            get(tmp_path, source(server))
    assert get(tmp_path, source(server)).path.read_bytes() == CONTENT


HUB_PATH = "/datasets/McAuley-Lab/Amazon-Reviews-2023/resolve/{}/raw/review_categories/Gift_Cards.jsonl"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
ON_HUB = SourceFile(
    "https://huggingface.co" + HUB_PATH.format("main"),
    "McAuley-Lab/Amazon-Reviews-2023",
    "raw/review_categories/Gift_Cards.jsonl",
)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """A fake hub: the newest commit is COMMIT, a large file's ETag is its sha256, and its bytes are on another server."""
    main, pinned = HUB_PATH.format("main"), HUB_PATH.format(COMMIT)
    with FileServer({main: b"", pinned: b"", "/storage": CONTENT}) as running:
        said = {
            "x_repo_commit": COMMIT,
            "x_linked_etag": f'"{hashlib.sha256(CONTENT).hexdigest()}"',
            "x_linked_size": len(CONTENT),
        }
        running.scripts["HEAD", main] = [lambda handler, _: handler.send(200, b"", **said)] * 5
        running.scripts["GET", pinned] = [move_to("/storage")] * 5
        monkeypatch.setenv("HF_ENDPOINT", running.address)
        monkeypatch.setenv("HF_TOKEN", "hf_secret")
        yield running


def test_the_hub_says_size_checksum_and_commit_and_the_bytes_are_resumed(hub: FileServer, tmp_path: Path) -> None:
    hub.scripts["GET", "/storage"] = [cut_after(100_000)]
    located = download.locate(ON_HUB)
    assert (located.bytes, located.sha256) == (len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
    found = download.fetch(tmp_path, located)
    assert found.path.read_bytes() == CONTENT and (found.revision, found.url) == (COMMIT, ON_HUB.url)
    assert hub.gets("/storage")[-1]["range"] == "bytes=100000-"
    assert not any("authorization" in {name.lower() for name in headers} for _, _, headers in hub.asked)


def test_a_file_that_the_hub_stores_wrongly_is_refused(hub: FileServer, tmp_path: Path) -> None:
    hub.files["/storage"] = CONTENT[:-1] + b"x"
    with pytest.raises(InputError, match="the checksum is wrong"):
        get(tmp_path, ON_HUB)


def test_the_hub_without_the_file_or_without_network(hub: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.scripts["HEAD", HUB_PATH.format("main")] = [status(404, x_error_code="EntryNotFound")]
    with pytest.raises(InputError, match="no longer has this file"):
        download.locate(ON_HUB)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(InputError, match=r"the server cannot be reached .*data import FILE"):
        download.locate(ON_HUB)


def test_offline_mode_of_the_hub_is_reported(hub: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.is_offline_mode", lambda: True)
    with pytest.raises(InputError, match=r"HF_HUB_OFFLINE disables the hub - unset it, or download"):
        download.locate(ON_HUB)


def test_pauses_grow(server: FileServer, tmp_path: Path, no_pauses: list[float]) -> None:
    server.scripts["GET", PATH] = [status(503)] * 20
    with pytest.raises(InputError):
        get(tmp_path, source(server))
    assert no_pauses == sorted(no_pauses) and no_pauses[-1] > no_pauses[0]
