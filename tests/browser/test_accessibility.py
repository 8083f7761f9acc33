"""Nobody is shut out: axe-core on every tab in both themes, headings in order, the keyboard through the whole story, little motion."""

from itertools import pairwise

import pytest
from axe import barriers
from served import click_tab, example, settled

from rdrec.ui import texts
from rdrec.ui.learn import strings as learn_texts
from rdrec.ui.teacher import strings as distil_texts
from rdrec.ui.why import strings as why_texts

pytestmark = pytest.mark.browser
# What is there when a tab is whole; a live run may load the students first.
TABS = {
    texts.TAB_EXPLORE: ".rd-history mark",
    why_texts.TAB: ".rd-what-if",
    distil_texts.TAB: "#rd-distil-run",
    texts.TAB_EVIDENCE: ".rd-chart .scatterlayer .point",
    learn_texts.TAB: ".rd-lessons .lesson",
}
LONG = 90_000
HEADINGS = "[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].filter(e => e.getClientRects().length).map(e => +e.tagName[1])"
FADED = "document.getAnimations().filter(a => a.playState === 'running').length"

FRAMES = "async n => { for (let at = 0; at < n; at++) await new Promise(requestAnimationFrame); }"


def open_whole(page, tab):
    click_tab(page, tab)
    page.locator(TABS[tab]).first.wait_for(timeout=LONG)
    if tab == learn_texts.TAB:
        page.evaluate("document.querySelectorAll('.rd-lessons details').forEach(it => it.open = true)")
    settled(page, timeout=LONG)


def axe_would_see_a_barrier(page):
    bad = '<p style="color:#bbb;background:#fff">pale</p><button></button><p style="letter-spacing:0!important">tight</p>'
    page.evaluate("bad => document.querySelector('.rd-who').insertAdjacentHTML('beforeend', bad)", bad)
    found = " ".join(barriers(page, ".rd-who"))
    return all(rule in found for rule in ("color-contrast", "button-name", "avoid-inline-spacing"))


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_no_barrier_and_headings_in_order_on_every_tab(visit, bundled, theme, width):
    page = visit(f"{bundled}?__theme={theme}", width=width, height=844)
    for tab in TABS:
        open_whole(page, tab)
        assert (tab, barriers(page)) == (tab, [])
        levels = page.evaluate(HEADINGS)
        assert levels[0] == 1 and levels.count(1) == 1 and all(b - a <= 1 for a, b in pairwise(levels)), (tab, levels)
    click_tab(page, texts.TAB_EXPLORE)
    assert axe_would_see_a_barrier(page)


@pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 1280)])
def test_no_barrier_in_lists_cards_the_tour_and_notices(visit, bundled, theme, width):
    page = visit(f"{bundled}?__theme={theme}&user=999999&lesson=none", width=width, height=844, wait=".rd-lessons .rd-notice")
    assert page.locator(".rd-notice:visible").count() == 2 and barriers(page, ".rd-notice") == []
    page.locator("#rd-user input").click()
    page.get_by_role("option").first.wait_for()
    assert barriers(page, "#rd-user") == barriers(page, "[role=listbox]") == []
    page.keyboard.press("Escape")
    page.locator("[role=listbox]").first.wait_for(state="hidden")  # else the click only closes it
    click_tab(page, texts.TAB_EXPLORE)
    page.locator("#rd-next .student li .title").first.click()
    page.locator("dialog[open]").wait_for()
    assert barriers(page, "dialog[open]") == []
    page.keyboard.press("Escape")
    page.locator(".rd-header [data-tour]").click()
    page.locator(".rd-tour[data-step='0']").wait_for()
    assert barriers(page, ".rd-tour") == []


def focused(page):
    return page.evaluate(
        """() => { const it = document.activeElement, style = getComputedStyle(it), around = it.closest('label, .container, .wrap');
        const box = it.getBoundingClientRect();
        const lit = e => e && (getComputedStyle(e).outlineStyle !== 'none' || getComputedStyle(e).boxShadow !== 'none');
        return {place: it.closest('[id^=rd-]')?.id ?? '', words: (it.innerText || it.ariaLabel || '').trim().slice(0, 40),
                tag: it.tagName, tab: it.getAttribute('role') === 'tab', seen: box.width > 0, lit: !!(lit(it) || lit(around))}; }"""
    )


def test_the_keyboard_goes_through_the_whole_story_in_reading_order(visit, bundled):
    """From the top to the tabs with Tab alone; what has the focus is seen to have it."""
    page = visit(bundled)
    page.evaluate("document.activeElement.blur()")
    stops = []
    for _ in range(80):
        page.keyboard.press("Tab")
        stops.append(focused(page))
        if stops[-1]["tab"]:
            break
    assert stops[-1]["tab"], [stop["words"] for stop in stops]
    assert stops[0]["words"] == learn_texts.SKIP and stops[1]["words"] == learn_texts.TOUR_SHORT
    order = list(dict.fromkeys(stop["place"] for stop in stops if stop["place"]))
    story = ["rd-search", "rd-user", "rd-examples", "rd-random"]
    assert [place for place in order if place in story] == story
    dark = [stop for stop in stops if not (stop["seen"] or stop["tag"] == "INPUT") or not stop["lit"]]
    assert dark == []
    for _ in range(80):
        page.keyboard.press("Tab")
        stops.append(focused(page))
        if stops[-1]["place"] == "rd-real":
            break
    inside = list(
        dict.fromkeys(
            stop["place"]
            for stop in stops
            if stop["place"] in ("rd-strip", "rd-who", "rd-task", "rd-run", "rd-next", "rd-real")
        )
    )
    assert inside == ["rd-strip", "rd-who", "rd-task", "rd-run", "rd-next", "rd-real"]
    dark = [stop for stop in stops if not (stop["seen"] or stop["tag"] == "INPUT") or not stop["lit"]]
    assert dark == []


def test_the_skip_link_is_seen_when_reached_and_skips(visit, bundled):
    page = visit(bundled)
    skip = page.locator(".rd-header .skip")
    assert skip.bounding_box()["y"] < 0
    skip.focus()
    assert skip.bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused(page)["place"] == "rd-next"


def test_the_keyboard_chooses_a_shopper_opens_a_card_and_comes_back(visit, bundled):
    page = visit(bundled)
    page.locator("#rd-examples [data-menu]").click()
    page.locator("#rd-featured input").first.focus()
    before = page.locator(".rd-who h3").inner_text()
    for _ in range(2):  # the answer to the first press makes the buttons anew
        page.keyboard.press("ArrowRight")
        page.wait_for_function("before => document.querySelector('.rd-who h3').innerText !== before", arg=before)
        before = page.locator(".rd-who h3").inner_text()
        settled(page)
    assert page.locator("#rd-featured[role=radiogroup] input").nth(2).is_checked()
    link = page.locator("#rd-next .student li .title").nth(2)
    name = link.inner_text()
    link.focus()
    page.keyboard.press("Enter")
    page.locator("dialog[open] h2", has_text=name).wait_for()
    inside = []
    for _ in range(30):
        page.keyboard.press("Tab")
        inside.append(page.evaluate("!!document.activeElement.closest('dialog') || document.activeElement === document.body"))
    assert all(inside), "the focus stays in the card"
    page.keyboard.press("Escape")
    page.wait_for_function("() => !document.querySelector('dialog[open]')")
    assert page.evaluate("document.activeElement.innerText") == name


def test_less_motion_where_it_is_asked_for(visit, bundled):
    page = visit(bundled)  # the context of the tests asks for it
    page.locator(".rd-header [data-tour]").click()
    page.locator(".rd-tour[data-step='0']").wait_for()
    for step in (1, 2, 3):
        page.locator(".rd-tour .primary").click()
        page.locator(f".rd-tour[data-step='{step}']").wait_for()
        assert page.evaluate(FADED) == 0
        before = page.evaluate("scrollY")
        page.evaluate(FRAMES, 8)
        assert page.evaluate("scrollY") == before, "the page jumps, it does not glide"


def test_a_screen_reader_is_told_of_another_shopper_and_what_became_of_the_truth(visit, bundled):
    page = visit(bundled)
    example(page, 2)
    page.wait_for_function("() => location.search.includes('user=')")
    page.wait_for_function(
        "() => document.querySelector('.rd-said').textContent === `${document.querySelector('#rd-who h3').innerText}. "
        "${document.querySelector('#rd-next .verdict').innerText}`"
    )
    assert page.locator(".rd-said[role=status]").bounding_box()["width"] <= 1, "it is heard, not seen"
    change = "document.querySelector('#rd-next').append(document.createElement('i')); await null; await null"
    left = page.evaluate(f"async () => {{ {change}; return document.querySelector('.rd-said').textContent; }}")
    assert left == "", "what was said of the one before goes with it, the truth with it"
