"""The evidence tab in a real browser: made when opened, every chart with its numbers beside it, hostile names stay names."""

from pathlib import Path

import pytest
from made_set import write_set
from payloads import HOSTILE
from served import click_tab, launched

from rdrec.core.home import Home
from rdrec.explorer.catalogue import find_stores
from rdrec.ui.page import build_page

pytestmark = pytest.mark.browser


def serve(catalogue):
    demo = build_page(catalogue)
    return demo, launched(demo)


@pytest.fixture(scope="module")
def address(catalogue):
    demo, at = serve(catalogue)
    yield at
    demo.close()


def open_tab(page):
    click_tab(page, "Evidence")
    page.locator(".rd-evidence table").first.wait_for(timeout=15_000)


def test_it_is_made_when_it_is_opened_and_begins_with_what_follows(visit, address):
    page = visit(address)
    assert page.locator(".rd-evidence, .rd-evidence-lead").count() == 0
    open_tab(page)
    first = page.locator(".rd-evidence-lead p").first.inner_text()
    assert "rationales" in first and first.endswith(".")
    page.locator(".rd-chart .scatterlayer .point").first.wait_for(timeout=15_000)
    words = page.locator(".rd-evidence").inner_text()
    for part in (
        "clean protocol, seed 0",
        "p, corrected",
        "range over runs",
        "could one answer",
        "a rule without training",
        "5.04",
        "4.50",
        "4.08",
    ):
        assert part.lower() in words.lower(), part


def test_drawings_have_a_width_and_their_number_in_the_same_row(visit, address):
    page = visit(address)
    open_tab(page)
    rows = page.locator(".rd-evidence tr:has(.interval .range)").evaluate_all(
        "all => all.filter(r => r.offsetParent).map(r => [r.querySelector('.range').getBoundingClientRect().width, r.innerText])"
    )
    assert rows and all(width > 0 and " to " in words for width, words in rows)
    assert page.locator(".rd-evidence :is(.bar, .interval):not([aria-hidden])").count() == 0


def test_contents_lead_to_their_parts_and_details_open_by_keyboard(visit, address):
    page = visit(address)
    open_tab(page)
    for link in page.locator(".rd-contents a").all():
        assert page.locator(link.get_attribute("href")).count() == 1
    more = page.locator(".rd-published details").nth(1)
    more.locator("summary").focus()
    page.keyboard.press("Enter")
    assert more.evaluate("it => it.open") and more.locator("table").is_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_needs_no_sideways_scrolling(visit, address, theme):
    page = visit(f"{address}?__theme={theme}", width=390, height=844)
    open_tab(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    wide = page.evaluate(
        "[...document.querySelectorAll('.rd-evidence p, .rd-evidence h3, .rd-evidence h4, .rd-evidence-lead *')]"
        ".filter(e => e.offsetParent && e.getBoundingClientRect().right > 391).length"
    )
    assert wide == 0, "texts end inside the screen"


def test_another_data_set_brings_its_own_evidence_and_an_old_one_says_what_it_lacks(visit, tmp_path):
    home = Home(tmp_path)
    write_set(home.root / "precomputed", "new", title="New set")
    write_set(home.root / "precomputed", "old", title="Old set", edit=lambda tables: tables.pop("audit"))
    demo, at = serve(find_stores(home, Path("/nowhere")))
    try:
        page = visit(f"{at}?data=new")
        open_tab(page)
        assert page.locator(".rd-evidence .rd-leaks table").count() == 1
        page.get_by_label("Data set").click()
        page.get_by_role("option", name="Old set").click()
        page.locator(".rd-evidence", has_text="before the page kept its leak audit").wait_for(timeout=10_000)
        page.close()  # before its server: an open page goes on asking
    finally:
        demo.close()


def test_hostile_names_stay_names(visit, tmp_path):
    def edit(tables):
        for table, column in (("evaluation", "model"), ("slices", "label"), ("slices", "slice")):
            names = tables[table][column].unique()
            change = {name: HOSTILE[i % len(HOSTILE)] for i, name in enumerate(names) if name not in ("rdrec", "baseline")}
            tables[table][column] = tables[table][column].replace(change)

    home = Home(tmp_path)
    write_set(home.root / "precomputed", edit=edit, title=HOSTILE[1])
    demo, at = serve(find_stores(home, Path("/nowhere")))
    try:
        page = visit(at)
        open_tab(page)
        page.locator(".rd-chart .scatterlayer .point").first.wait_for(timeout=15_000)
        inside = "document.querySelectorAll('.rd-evidence :is(script,iframe,img,object,embed,video,form,style)').length"
        assert page.evaluate(inside) == 0
        page.close()
    finally:
        demo.close()
