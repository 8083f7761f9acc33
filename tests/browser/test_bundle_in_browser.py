"""The set that ships, as a visitor of a fresh machine meets it, with its real students."""

import re
from pathlib import Path

import pytest

from rdrec.home import Home
from rdrec.precompute.catalogue import find_stores
from rdrec.ui.page import build_page, launch_options

pytestmark = pytest.mark.browser
PROJECT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    demo = build_page(find_stores(Home(tmp_path_factory.mktemp("fresh")), PROJECT))
    _, at, _ = demo.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", **launch_options())
    yield at
    demo.close()


def test_a_fresh_page_opens_on_the_invented_shop_and_says_so(visit, address):
    page = visit(address)
    assert "invented" in page.locator(".rd-header").inner_text()
    assert page.locator("#rd-featured label").count() >= 5
    assert page.locator(".rd-who .claims li").count() >= 3, "a profile from what the teacher wrote"


def test_a_live_run_repeats_what_was_computed(visit, address):
    page = visit(address)
    page.click("#rd-run")
    page.locator("#rd-live", has_text="Ran live").wait_for(timeout=90_000)
    words = page.locator("#rd-live").inner_text()
    assert words.count("same ranking as computed beforehand") == 2, words


def test_both_teachers_and_several_runs_are_shown(visit, address):
    page = visit(address)
    first = page.locator(".rd-history details.other").first
    first.locator("summary").click()
    assert "offline teacher" in first.inner_text() and len(first.locator("p").all_inner_texts()) >= 1
    page.get_by_role("tab", name="Evidence").click()
    seeds = page.locator(".rd-seeds")
    seeds.wait_for(timeout=10_000)
    assert re.search(r"Over \d training runs of each", seeds.inner_text())
    assert "known because this world is invented" in seeds.inner_text()
