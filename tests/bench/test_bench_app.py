"""The benchmark of the page, small, on the bundled set; and its errors."""

import asyncio
import json
import sys
from contextlib import contextmanager

import pytest
from chromium import CHROMIUM
from explorer_fixtures import catalogue, gear_home, store
from served import launched

from rdrec.bench import app
from rdrec.bench.load_test import PageClient
from rdrec.cli.main import main
from rdrec.core.records import InputError
from rdrec.ui.page import build_page

__all__ = ["catalogue", "gear_home", "store"]
NEEDED = {
    "first_view_s", "torch_imported_at_first_view", "page_kb", "requests", "user_change_p50_ms", "user_change_p95_ms", "live_p50_ms",
    "lookups_8_users_p95_ms", "errors", "arrivals_p95_ms", "gradio_import_s",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no Chromium at {CHROMIUM}")
def test_a_small_run_on_the_bundled_set(tmp_path, capsys):
    asked = [
        "bench",
        "app",
        "--home",
        str(tmp_path),
        "--changes",
        "3",
        "--lives",
        "1",
        "--visitors",
        "8",
        "--seconds",
        "6",
        "--json",
    ]
    assert main(asked) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(found) >= NEEDED
    assert found["errors"] == 0, found["first_error"]
    assert found["torch_imported_at_first_view"] is False
    assert 100 < found["of_it_gradio_kb"] < found["page_kb"] <= 1500, "the page's weight at first view"
    assert found["lookups"] >= 8
    assert 0 < found["user_change_p50_ms"] <= found["user_change_p95_ms"] and found["live_p50_ms"] > 0


@pytest.fixture(scope="module")
def address(catalogue):
    demo = build_page(catalogue)
    yield launched(demo)
    demo.close()


def test_changing_the_user_returns_a_complete_answer(address):
    waits = asyncio.run(PageClient(address).changes(4))
    assert len(waits.milliseconds) == 4 and waits.errors == []


def test_a_crowd_makes_as_many_changes_as_its_pauses_allow(address):
    arrivals, waits = asyncio.run(PageClient(address).crowd(visitors=5, seconds=2.0, think_s=0.5))
    assert len(arrivals.milliseconds) == 5 and arrivals.errors == []
    assert waits.errors == [] and 5 <= len(waits.milliseconds) <= 5 * 4


def test_a_soak_sends_every_request_once_and_measures_on_the_way(address):
    counted = []
    waits = asyncio.run(PageClient(address).soak(12, 4, {3: lambda: counted.append(3), 12: lambda: counted.append(12)}))
    assert waits.errors == [] and len(waits.milliseconds) == 12 and counted == [3, 12]


@pytest.mark.slow
def test_a_soak_reports_what_the_page_holds(tmp_path, capsys):
    assert main(["bench", "app", "--home", str(tmp_path), "--soak", "20", "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["errors"] == 0 and found["requests"] == 20, found["first_error"]
    for count in (4, 20):
        assert found[f"memory_mb_at_{count}"] > 50 and found[f"open_files_at_{count}"] > 3 and found[f"threads_at_{count}"] >= 1


def test_a_page_that_refuses_is_counted_as_an_error(address):
    page = PageClient(address)
    page._change["fn_index"] = 10**6
    waits = asyncio.run(page.changes(2))
    assert waits.milliseconds == [] and len(waits.errors) == 3


def test_no_page_at_the_address():
    with pytest.raises(InputError, match="no page answers"):
        PageClient("http://127.0.0.1:9/")


def test_a_failed_start_is_reported(tmp_path, monkeypatch):
    monkeypatch.setattr(app, "_import_s", lambda: 0.0)
    monkeypatch.setattr(app, "PROJECT", tmp_path)
    (tmp_path / "app.py").write_text("raise SystemExit('the data are gone')")

    @contextmanager
    def no_browser():
        yield None

    monkeypatch.setattr(app, "_browser", no_browser)
    with pytest.raises(InputError, match="did not start: the data are gone"):
        app.bench_app(app.Plan(tmp_path))


def test_a_missing_browser_is_reported(monkeypatch):
    monkeypatch.setattr(app, "_import_s", lambda: 0.0)
    monkeypatch.setattr(app.shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "playwright.sync_api", type(sys)("playwright.sync_api"))
    sys.modules["playwright.sync_api"].sync_playwright = None
    with pytest.raises(InputError, match="no Chromium"):
        app.bench_app(app.Plan())


@pytest.mark.parametrize("option", ["--visitors", "--soak"])
def test_a_count_of_none_is_refused(capsys, option):
    assert main(["bench", "app", option, "0"]) != 0
    assert f"{option} 0 is too small" in capsys.readouterr().err
