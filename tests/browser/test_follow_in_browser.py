"""A change of the shopper is one request; parts that were opened follow with one more each, the others with none."""

import re

import pytest
from served import example, settled, switch

from rdrec.ui import texts
from rdrec.ui.explore import guess_strings as guess_texts


@pytest.fixture
def asking(visit, bundled):
    page = visit(bundled)
    settled(page)
    asked = []
    page.on("request", lambda r: asked.append(r.url) if r.method == "POST" else None)
    return page, asked


NEWEST = "#rd-history .product h3 a"


def another(page):
    """The second featured shopper, whose newest purchase is not that of the first."""
    before = page.locator(NEWEST).first.inner_text()
    example(page, 1)
    page.wait_for_function("([at, before]) => document.querySelector(at).innerText !== before", arg=[NEWEST, before])


def test_a_change_of_the_shopper_is_one_request(asking):
    page, asked = asking
    before = page.locator(".rd-who h3").inner_text()
    page.get_by_role("button", name=texts.RANDOM).click()
    page.wait_for_function("before => document.querySelector('.rd-who h3').innerText !== before", arg=before)
    settled(page, frames=30)
    assert len(asked) == 1 and re.search("run/predict|queue/join", asked[0])


def test_opened_tabs_follow_the_shopper_and_know_what_is_hidden(asking):
    page, asked = asking
    page.locator("#rd-writing > button").click()
    page.wait_for_selector(".rd-writing .question")
    page.locator("#rd-table > button").click()
    page.wait_for_selector(".rd-table [role=gridcell]")
    another(page)
    title = page.locator(NEWEST).first.inner_text()
    page.wait_for_function("title => document.querySelector('.rd-table').innerText.includes(title)", arg=title)
    page.locator(".rd-writing", has_text=title).wait_for()
    switch(page, "hide", True)
    page.wait_for_selector(f"text={guess_texts.WITHHELD_WRITING[:40]}")
    page.wait_for_function("title => !document.querySelector('.rd-table').innerText.includes(title)", arg=title)
    del asked[:]
    switch(page, "hide", False)
    page.wait_for_selector(".rd-writing .question")
    page.wait_for_function("title => document.querySelector('.rd-table').innerText.includes(title)", arg=title)
    settled(page)
    assert len(asked) == 3, asked
