"""The address in a real browser: what is shown can be copied, reloaded and gone back to; what does not exist is explained."""

import re

import pytest
from served import click_tab, example, settled, switch

from rdrec.ui import texts
from rdrec.ui.browser import TABS
from rdrec.ui.teacher import strings as distil_texts
from rdrec.ui.why import strings as why_texts
from rdrec.ui.why.wiring import PRESSED, WRITE

pytestmark = pytest.mark.browser
expect = pytest.importorskip("playwright.sync_api").expect
LONG = 90_000  # the first run loads the students
ADDRESS = "Object.fromEntries(new URL(location.href).searchParams)"
RAN = re.compile(r"Ran live.*|Loading the students.*")


def params(page):
    return page.evaluate(ADDRESS)


def wait_params(page, **wanted):
    page.wait_for_function(
        f"wanted => {{ const now = {ADDRESS}; return Object.entries(wanted).every(([k, v]) => (now[k] ?? null) === v); }}",
        arg=wanted,
    )


def why(page):
    """What the Why tab says, without its times."""
    page.locator(".rd-what-if").wait_for(timeout=LONG)
    page.locator(".rd-drives").first.wait_for(timeout=LONG)
    return [RAN.sub("", page.locator(part).inner_text()) for part in (".rd-why-cards", ".rd-what-if", "#rd-why-rows ol")]


def press(page, wish, words, at=0):
    page.locator(f"#rd-why-rows [data-edit^='why {wish}']").nth(at).click()
    page.locator(".rd-what-if", has_text=words).wait_for(timeout=LONG)


def test_the_why_tab_is_restored_by_its_link_by_a_reload_and_by_going_back(visit, bundled):
    page = visit(bundled)
    click_tab(page, why_texts.TAB)
    page.locator(".rd-what-if").wait_for(timeout=LONG)
    page.locator("#rd-why-role label").nth(1).click()
    page.locator(".rd-drives .lead", has_text="The student without rationales ranks").wait_for(timeout=LONG)
    page.locator("#rd-why-item input").click()
    page.get_by_role("option").nth(3).click()
    page.locator(".rd-drives .lead", has_text=" 4th of").wait_for(timeout=LONG)
    press(page, "drop-", "Changed: without", at=1)
    press(page, "pin", "Pinned A")
    press(page, "down-", "in another order")
    asked, shown = params(page), why(page)
    assert asked["tab"] == "why" and asked["student"] == "baseline" and asked["explain"].isdigit() and asked["user"].isdigit()
    page.reload()
    assert why(page) == shown and params(page) == asked
    page.goto("about:blank")
    page.go_back()
    assert why(page) == shown and params(page) == asked
    assert why(visit(page.url, wait=".rd-what-if")) == shown, "the same in another visitor's browser"
    press(page, "reset", why_texts.NO_EDIT)
    wait_params(page, edit=None, pins=asked["pins"])
    example(page, 2)
    wait_params(page, edit=None, pins=None, explain=None)  # they were of the shopper before


def test_the_chosen_review_and_the_tab_are_restored_and_ones_own_text_never_leaves(visit, bundled):
    page = visit(bundled)
    box = page.locator("#rd-distil-text textarea")
    click_tab(page, distil_texts.TAB)
    page.wait_for_function("document.querySelector('#rd-distil-text textarea').value.length > 5")
    page.locator("#rd-distil-choice input").click()
    before = box.input_value()
    page.get_by_role("option").nth(2).click()
    page.wait_for_function("was => document.querySelector('#rd-distil-text textarea').value !== was", arg=before)
    text, review = box.input_value(), params(page)["review"]
    page.reload()
    page.wait_for_function("text => document.querySelector('#rd-distil-text textarea')?.value === text", arg=text)
    assert params(page)["review"] == review and params(page)["tab"] == "teacher"
    box.fill("")
    box.press_sequentially("My secret words.")
    page.locator("#rd-distil-choice input").click()
    page.get_by_role("option", name=distil_texts.OWN).click()
    wait_params(page, review=None)
    expect(box).to_have_value("")
    box.press_sequentially("My secret words.")
    page.locator("#rd-distil-run").click()
    page.locator(".rd-teachers .teacher").first.wait_for()
    expect(box).to_have_value("My secret words.")
    assert "secret" not in page.url


def test_every_tab_has_a_link(visit, bundled):
    """Also of those that stand in a menu on a phone."""
    page = visit(bundled)
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        expect(page.locator(".rd-tabs .overflow-menu > button")).to_be_visible(visible=width == 390)
        for key, name in TABS.items():
            click_tab(page, name)
            wait_params(page, tab=None if key == "explore" else key)
    page = visit(f"{bundled}?tab=learn", width=width, height=844, wait="#rd-lessons .lesson")
    page.wait_for_function("() => document.querySelector('#rd-tabs').getBoundingClientRect().top < 100")


def test_what_is_not_there_is_explained_once_and_makes_no_markup(visit, bundled):
    bad = "tab=%3Cb%3E&student=%3Cscript%3Ealert(1)%3C/script%3E&explain=-1&edit=9999,x,3&pins=1_2_3_4_zz&review=77&teacher=%27%3B--"
    page = visit(f"{bundled}?{bad}", wait=".rd-notice")
    told = page.locator("div.block .rd-notice").first.inner_text()
    for part in ("no tab “<b>”", "“<script>alert(1)</script>”", "“-1”", "“9999”, “x”", "more than 3 versions", "no review “77”", "no teacher “';--”"):  # fmt: skip
        assert part in told, part
    click_tab(page, why_texts.TAB)
    page.locator(".rd-what-if", has_text="with “").wait_for(timeout=LONG)
    assert page.locator("#rd-why-rows ol > li").count() == 1, "what is there of an edit is shown"
    wait_params(page, edit="3", student="rdrec", pins="1_2_3")
    click_tab(page, distil_texts.TAB)
    page.wait_for_function("document.querySelector('#rd-distil-text textarea')?.value.length > 5")


def test_a_link_of_another_shopper_brings_no_edits_to_the_shown_one(visit, bundled):
    page = visit(f"{bundled}?user=999999&edit=3,9&explain=12&tab=why", wait=".rd-what-if")
    told = page.locator("div.block .rd-notice").first.inner_text()
    assert "no shopper “999999”" in told and "“12”" not in told
    assert why_texts.NO_EDIT in page.locator(".rd-what-if").inner_text()


def test_a_class_that_guesses_gets_no_address_with_the_hidden_purchase(visit, bundled):
    page = visit(f"{bundled}?tab=why&student=baseline", wait=".rd-what-if")
    page.locator("#rd-why-item input").click()
    page.get_by_role("option", name="held-out purchase").click()
    page.locator(".rd-drives .lead", has_text=page.locator(".verdict .title").text_content()).wait_for(timeout=LONG)
    asked = params(page)["explain"]
    settled(page, timeout=LONG)
    switch(page, "hide", True)
    wait_params(page, hide="1", explain=None)
    page.locator(".rd-drives").first.wait_for(timeout=LONG)
    settled(page, timeout=LONG)
    before = params(page)
    assert before["explain"] != asked  # of another item
    kept = {"secret": False, "edit": "", "pins": ""}  # of an answer that was under way
    for write in (WRITE, PRESSED):
        page.evaluate(f"([item, kept]) => ({write})('baseline', item, null, kept, true)", [asked, kept])
        assert params(page) == before
    page = visit(f"{bundled}?tab=why&student=baseline&hide=1&explain={asked}", wait=".rd-what-if")
    assert "held-out purchase)" not in page.locator("#rd-why").inner_text()


def test_copy_link_copies_it_or_shows_it_to_be_copied(visit, bundled):
    page = visit(f"{bundled}?large=1")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator(".rd-header [data-copy]").click()
    page.locator(".rd-header .copy", has_text=texts.COPIED).wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(rf"{re.escape(bundled)}\?large=1&data=toys&user=\d+&task=sequential", copied)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.locator(".rd-header [data-copy]").click()
    page.locator(".rd-header .copy", has_text=texts.NOT_COPIED).wait_for()
    assert copied in page.evaluate("getSelection().toString()")
