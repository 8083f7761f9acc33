"""The fixtures of the page's tests: a small set, a headless Chromium, and visits in which nothing may go wrong."""

import pytest
from chromium import CHROMIUM, QUIET
from explorer_fixtures import catalogue, gear_home, store
from fake_students import FakeStudents
from served import launched
from visitors import Visitor

from rdrec.core.home import PROJECT, Home
from rdrec.explorer.catalogue import find_stores
from rdrec.ui.page import build_page

__all__ = ["catalogue", "gear_home", "store"]
READY = ".rd-predictions .student"


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


@pytest.fixture(scope="package")
def idle(browser):
    """Visitors of earlier tests: one whose page was used before opens an address in two thirds of the time."""
    visitors = []
    yield visitors
    for visitor in visitors:
        visitor.page.context.close()


@pytest.fixture
def visit(browser, idle):
    """Open an address as somebody who was never there, in a browser context of one's own; at the end nothing may have gone wrong."""
    visitors = []

    def go(url, width=1280, height=800, wait=READY):
        visitor = idle.pop() if idle else Visitor(browser)
        visitors.append(visitor)
        page = visitor.page
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(reduced_motion="reduce")
        page.goto(url)
        page.wait_for_selector(wait)
        return page

    yield go
    wrong = []
    for visitor in visitors:
        wrong += visitor.leave()
        if visitor.page.is_closed():
            visitor.page.context.close()
        else:
            idle.append(visitor)
    assert wrong == []
