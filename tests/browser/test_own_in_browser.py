"""Be the shopper in a real browser: search, add, move, remove; both students answer live; the list is in the address alone."""

import pytest
from axe import barriers
from served import click_tab, settled

from rdrec.ui.why import strings as why_texts

pytestmark = pytest.mark.browser
ANSWER = "#rd-own-answer .student"
LONG = 90_000
MINE = "#rd-own-rows ol .title"
ROWS = "#rd-own-rows"


def open_own(page):
    click_tab(page, why_texts.TAB)
    page.locator("#rd-own > button").click()
    page.locator(f"{ROWS} .found").first.wait_for()


def firsts(page):
    return page.locator("#rd-own-answer .student > ol:first-of-type .title").all_inner_texts()


def changed(page, before):
    page.wait_for_function(
        "before => [...document.querySelectorAll('#rd-own-answer .student > ol:first-of-type .title')].map(e => e.innerText).join('|') !== before",
        arg="|".join(before),
        timeout=LONG,
    )


def own(page, wanted):
    page.wait_for_function("own => (new URL(location.href).searchParams.get('own') ?? '') === own", arg=wanted)


def test_one_searches_adds_moves_and_removes_and_the_students_answer(visit, bundled):
    page = visit(bundled)
    open_own(page)
    assert page.locator(ANSWER).count() == 0 and why_texts.EMPTY in page.locator(ROWS).inner_text()
    page.locator(f"{ROWS} .found").first.click()
    page.locator(ANSWER).first.wait_for(timeout=LONG)
    words = page.locator("#rd-own-answer").inner_text()
    assert page.locator(ANSWER).count() == 2 and "do not know you" in words
    assert "Ran live on" in words and "NaN" not in words
    before = firsts(page)
    page.locator("#rd-own-search :is(textarea, input)").press_sequentially("moon", delay=20)
    page.locator("#rd-own-found .found").first.click()
    page.wait_for_function("() => document.querySelectorAll('#rd-own-rows ol .title').length === 2")
    changed(page, before)
    mine = page.locator(MINE).all_inner_texts()
    assert not set(mine) & set(firsts(page)), "what one has is not offered"
    page.wait_for_function("() => (new URL(location.href).searchParams.get('own') ?? '').includes(',')")
    numbers = page.evaluate("new URL(location.href).searchParams.get('own')").split(",")
    page.locator(f"{ROWS} [data-edit='own up-1']").click()
    own(page, ",".join(reversed(numbers)))
    assert page.locator(MINE).all_inner_texts() == mine[::-1]
    page.go_back()
    own(page, ",".join(numbers))
    page.wait_for_function("first => document.querySelector('#rd-own-rows ol .title').innerText === first", arg=mine[0])
    page.locator(f"{ROWS} [data-edit='own reset']").click()
    own(page, "")
    page.wait_for_function("() => !document.querySelector('#rd-own-answer .student')")


def test_a_link_opens_the_part_with_its_list_and_names_what_is_not_there(visit, bundled):
    page = visit(f"{bundled}?own=12,7,9999,x", wait=ANSWER)
    assert page.locator(MINE).count() == 2
    words = page.locator(f"{ROWS} .rd-notice").inner_text()
    assert "“9999”, “x”" in words and "from 1 to 456" in words
    first = firsts(page)
    assert firsts(visit(f"{bundled}?own=12,7", wait=ANSWER)) == first, "the same list, the same answer"


def test_a_part_that_closes_while_it_is_set_up_is_opened_again(visit, bundled):
    page = visit(bundled)
    click_tab(page, why_texts.TAB)
    page.locator("#rd-own > button").wait_for()
    page.evaluate(
        """() => {
            const lid = document.querySelector("#rd-own > button");
            const once = new MutationObserver(() => { once.disconnect(); window.closedOnce = true; lid.click(); });
            once.observe(lid, { attributes: true });
            window.rdPage.goTo(null, "#rd-own", false);
        }"""
    )
    page.wait_for_function("() => window.closedOnce && document.querySelector('#rd-own > button.open')")
    settled(page)
    assert page.locator("#rd-own > button.open").count() == 1
    page.locator("#rd-own > button").click()
    settled(page)
    assert page.locator("#rd-own > button.open").count() == 0, "a visitor may close it"


def test_the_keyboard_keeps_its_place(visit, bundled):
    page = visit(f"{bundled}?own=12,7,99", wait=ANSWER)
    page.locator(f"{ROWS} [data-edit='own up-1']").focus()
    name = page.evaluate("document.activeElement.ariaLabel")
    page.keyboard.press("Enter")
    own(page, "7,12,99")
    page.wait_for_function("name => document.activeElement.ariaLabel === name", arg=name)
    page.keyboard.press("Enter")
    own(page, "7,99,12")
    page.locator(f"{ROWS} [data-edit='own drop-2']").focus()
    page.keyboard.press("Enter")
    own(page, "7,12")
    page.wait_for_function("() => !!document.activeElement.closest('#rd-own-rows')")


@pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 1280)])
def test_no_barrier_and_no_sideways_scrolling(visit, bundled, theme, width):
    page = visit(f"{bundled}?__theme={theme}&own=12,7,99", width=width, height=844, wait=ANSWER)
    page.wait_for_function("() => !document.querySelector('.pending')")
    assert page.evaluate("document.documentElement.scrollWidth") <= width and barriers(page, "#rd-own") == []
