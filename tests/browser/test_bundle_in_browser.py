"""The set that ships, as a visitor of a fresh machine meets it, with its real students."""

import re

import pytest

pytestmark = pytest.mark.browser


def test_a_fresh_page_opens_on_the_invented_shop_and_says_so(visit, bundled):
    page = visit(bundled)
    page.locator(".rd-header summary").click()
    assert "invented" in page.locator(".rd-header").inner_text()
    assert page.locator("#rd-featured label").count() >= 5
    assert page.locator(".rd-who .claims li").count() >= 3, "a profile from what the teacher wrote"


def test_a_live_run_repeats_what_was_computed(visit, bundled):
    page = visit(bundled)
    page.click("#rd-run")
    page.locator("#rd-live", has_text="Ran live").wait_for(timeout=90_000)
    words = page.locator("#rd-live").inner_text()
    assert words.count("same ranking as precomputed") == 2, words


def test_all_teachers_and_several_runs_are_shown(visit, bundled):
    page = visit(bundled)
    first = page.locator(".rd-history details.compare").first
    first.locator("xpath=./summary").click()
    assert "keywords: rules, no model" in first.inner_text() and len(first.locator("p").all_inner_texts()) >= 1
    page.get_by_role("tab", name="Evidence").click()
    seeds = page.locator(".rd-seeds")
    seeds.wait_for(state="attached")
    assert re.search(r"Over \d training runs of each", seeds.text_content())
    assert "known because this shop is invented" in seeds.text_content()
