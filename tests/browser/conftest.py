"""The fixtures of the page's tests: a small set, a headless Chromium, and visits in which nothing may go wrong."""

import re

import pytest
from chromium import CHROMIUM, QUIET
from explorer_fixtures import catalogue, gear_home, store
from fake_students import FakeStudents
from served import launched

from rdrec.core.home import PROJECT, Home
from rdrec.explorer.catalogue import find_stores
from rdrec.ui.page import build_page

__all__ = ["catalogue", "gear_home", "store"]
READY = ".rd-predictions .student"
PATIENCE = 90_000  # milliseconds for anything to appear: only a fault or a very busy machine takes that long


@pytest.fixture(scope="package")
def browser():
    if not CHROMIUM.exists():
        pytest.skip(f"there is no Chromium at {CHROMIUM}; install Debian's chromium to run the browser tests")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        yield opened
        opened.close()


@pytest.fixture(scope="package")
def bundled(tmp_path_factory):
    """The address of a page on the set that ships, as a fresh machine opens it."""
    demo = build_page(find_stores(Home(tmp_path_factory.mktemp("fresh")), PROJECT))
    yield launched(demo)
    demo.close()


@pytest.fixture(scope="package")
def address(catalogue):
    """The address of a page on the small set, with students that answer at once."""
    demo = build_page(catalogue, FakeStudents)
    yield launched(demo)
    demo.close()


@pytest.fixture
def visit(browser):
    """Open an address in a fresh browser context; at the end nothing may have gone wrong."""
    contexts, wrong = [], []

    def go(url, width=1280, height=800, wait=READY):
        context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("request", lambda r: None if re.match(r"(http://127\.0\.0\.1:|data:|blob:)", r.url) else wrong.append(r.url))
        page.on("console", lambda m: wrong.append(f"console: {m.text}") if m.type == "error" else None)
        page.on("pageerror", lambda e: wrong.append(f"page error: {e}"))
        page.on("dialog", lambda d: (wrong.append(f"dialog: {d.message}"), d.dismiss()))
        page.on("response", lambda r: wrong.append(f"{r.status} {r.url}") if r.status >= 400 else None)
        page.goto(url)
        page.wait_for_selector(wait)
        return page

    yield go
    for context in contexts:
        context.close()
    assert wrong == []
