"""The evidence tab in a real browser: made when opened, every chart with its numbers beside it, hostile names stay names."""

from pathlib import Path

import pytest
from made_set import write_set
from served import click_tab, launched, settled

from rdrec.core.home import Home
from rdrec.explorer.catalogue import find_stores
from rdrec.ui.page import build_page

pytestmark = pytest.mark.browser


def serve(catalogue):
    demo = build_page(catalogue)
    return demo, launched(demo)


def open_tab(page):
    click_tab(page, "Evidence")
    page.locator(".rd-evidence details.part").first.wait_for()


def test_it_is_made_when_it_is_opened_and_begins_with_what_follows(visit, address):
    page = visit(address)
    assert page.locator(".rd-evidence, .rd-evidence-lead").count() == 0
    open_tab(page)
    lead = page.locator(".rd-evidence-lead .lead")
    assert lead.count() == 2, "next purchase and short list"
    for said in lead.all_inner_texts():  # the control and the best baseline belong to each verdict
        assert "shuffled rationales" in said and "The best baseline, Best sellers first" in said
    assert "Shuffled control: not learned" in page.locator(".rd-evidence-lead .check").inner_text()
    page.locator(".rd-chart .scatterlayer .point").first.wait_for()
    assert not page.locator(".rd-chart a").filter(visible=True).count(), "Plotly's bar of buttons links to its maker"
    words = page.locator(".rd-evidence").evaluate("it => it.textContent")
    for part in (
        "clean protocol, seed 0",
        "p, corrected",
        "Range over runs",
        "a rule that learns nothing",
        "5.04",
        "4.50",
        "SASRec, ours, numbers permuted",
    ):
        assert part in words, part


FIRST_SCREEN = ("#rd-tabs .rd-evidence-lead", ".rd-chart", "#rd-leak-reviews-row .rd-leak", ".rd-precision ol")
BOTTOMS = "all => all.map(at => document.querySelector(at).getBoundingClientRect().bottom)"


def test_verdict_plot_leaks_and_precisions_fit_on_one_screen(visit, bundled):
    page = visit(bundled)
    open_tab(page)
    page.locator(".rd-chart .scatterlayer .point").first.wait_for()
    assert "Does the teacher matter?" in page.locator(".rd-evidence-lead").inner_text()
    for width, height in ((1280, 800), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("scrollTo(0, 0)")
        settled(page)
        shown = (*FIRST_SCREEN, "#rd-dial-choice") if width > 1700 else FIRST_SCREEN
        bottoms = page.evaluate(BOTTOMS, list(shown))
        assert max(bottoms) <= height, dict(zip(shown, bottoms, strict=True))
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_leak_is_switched_on_and_its_score_changes(visit, address):
    page = visit(address)
    open_tab(page)
    row = page.locator("#rd-leak-reviews-row")
    before = row.locator(".value").inner_text()
    page.locator("#rd-leak-reviews input").check()
    page.locator("#rd-leak-reviews-row .rd-leak.on").wait_for()
    assert "leak off" in row.locator(".value").inner_text() and row.locator(".value").inner_text() != before
    page.locator("#rd-leak-reviews input").uncheck()
    page.locator("#rd-leak-reviews-row .rd-leak.off").wait_for()
    assert row.locator(".value").inner_text() == before


def test_the_plot_follows_its_switches_and_the_picture_is_of_that_view(visit, address):
    page = visit(address)
    open_tab(page)
    page.locator(".rd-chart .scatterlayer .point").first.wait_for()
    page.locator("#rd-plot-task label").nth(1).click()
    page.locator("#rd-plot-metric label").nth(1).click()
    page.wait_for_function("() => document.querySelector('.rd-chart .js-plotly-plot')?.layout?.meta?.name === 'topn-HR10'")
    page.get_by_role("tab", name="Explore").click()
    page.locator("#rd-export > button, #rd-export .label-wrap").first.click()
    with page.expect_download() as waiting:
        page.locator("#rd-export-png").click()
    assert waiting.value.suggested_filename == "rdrec-gear-evidence-topn-HR10.png"
    about = page.evaluate("() => window.rdPicture")
    assert "short list, HR@10" in about["title"] and "protocol clean" in about["source"] and "Music gear" in about["source"]


def test_details_open_by_keyboard_and_drawings_have_a_width(visit, address):
    page = visit(address)
    open_tab(page)
    part = page.locator("#rd-part-seeds")
    part.locator("xpath=./summary").focus()
    page.keyboard.press("Enter")
    assert part.evaluate("it => it.open") and part.locator("table").first.is_visible()
    rows = part.locator("tr:has(.interval .range)").evaluate_all(
        "all => all.filter(r => r.offsetParent).map(r => [r.querySelector('.range').getBoundingClientRect().width, r.innerText])"
    )
    assert rows and all(width > 0 and " to " in words for width, words in rows)


def test_a_phone_needs_no_sideways_scrolling(visit, address):
    page = visit(f"{address}?__theme=dark", width=390, height=844)
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
        page.get_by_label("Data set", exact=True).click()
        page.get_by_role("option", name="Old set").click()
        page.locator("#rd-part-leaks", has_text="before the page kept its leak audit").wait_for(state="attached")
        page.close()  # before its server: an open page goes on asking
    finally:
        demo.close()
