"""The Why tab on the set that ships, with its real students: explained, edited on the rows, undone, by mouse and by keyboard."""

import re

import pytest
from axe import barriers
from served import click_tab, example, settled

from rdrec.ui import texts
from rdrec.ui.why import strings as why_texts

pytestmark = pytest.mark.browser
LONG = 90_000  # the first run loads the students
ROWS = "#rd-why-rows ol > li"
ADDRESS = "new URL(location.href).searchParams.get('edit') ?? ''"


def open_why(page):
    click_tab(page, why_texts.TAB)
    page.locator(".rd-what-if").wait_for(timeout=LONG)
    return page


def rows(page):
    return page.locator(f"{ROWS} .title").all_inner_texts()


def wait_rows(page, wanted):
    page.wait_for_function(
        f"wanted => [...document.querySelectorAll('{ROWS} .title')].map(e => e.innerText).join('|') === wanted",
        arg="|".join(wanted),
    )


def press(page, wish, at=0):
    page.locator(f"#rd-why-rows [data-edit^='why {wish}']").nth(at).click()


def changed(page, words):
    page.locator(".rd-what-if .lead", has_text=words).wait_for(timeout=LONG)


def test_opening_says_what_drives_the_first_recommendation_and_why_it_beats_another(visit, bundled):
    page = visit(bundled)
    assert page.locator(".rd-drives, .rd-what-if").count() == 0, "nothing is made before the tab is opened"
    first = page.locator(".rd-predictions .student.with li .title").first.inner_text()
    open_why(page)
    words = page.locator(".rd-drives").first.inner_text()
    assert f"ranks {first} 1st of" in words and re.search(r"Ran live on \w+ \(NF4\): \S+ ms", words)
    versus = page.locator(".rd-versus").inner_text()
    assert first in versus and "single token" in versus
    assert page.locator(".rd-versus tbody tr").count() == page.locator(".rd-drives:not(.rd-versus) tbody tr").count() >= 2
    assert page.locator(f"{ROWS} .title").count() >= 2


def test_the_list_that_is_shown_is_the_one_that_is_explained(visit, bundled):
    """The first of the candidates, among the candidates; not the first of the whole catalogue."""
    page = visit(f"{bundled}?user=25&task=topn", wait="#rd-task")
    page.locator(".rd-predictions .student.with li .title").first.wait_for()
    first = page.locator(".rd-predictions .student.with li").first
    title, share = first.locator(".title").inner_text(), first.locator(".percent").inner_text()
    page.locator(".rd-predictions .door", has_text=texts.WHY_DOOR).click()
    lead = page.locator(".rd-drives:not(.rd-awaited) .lead").first
    lead.wait_for(timeout=LONG)
    assert f"ranks {title} 1st of 100" in lead.inner_text() and share in lead.inner_text()
    assert why_texts.LIST["topn"] in page.locator(".rd-drives").first.inner_text()
    click_tab(page, texts.TAB_EXPLORE)
    page.locator("#rd-task label").nth(0).click()
    page.wait_for_function("() => !document.querySelector('#rd-live').innerText.includes('Top-N')")
    open_why(page)
    page.locator(".rd-drives:not(.rd-awaited)", has_text=why_texts.LIST["sequential"]).first.wait_for(timeout=LONG)


def test_the_other_student_and_other_products_are_asked(visit, bundled):
    page = open_why(visit(bundled))
    page.locator("#rd-why-role label").nth(1).click()
    page.locator(".rd-drives .lead", has_text="The student without rationales ranks").wait_for(timeout=LONG)
    page.locator("#rd-why-item input").click()
    page.get_by_role("option").nth(4).click()
    page.locator(".rd-drives .lead", has_text=" 5th of").wait_for(timeout=LONG)
    page.locator("#rd-why-other input").click()
    option = page.get_by_role("option").nth(2)
    title = option.inner_text().split(" · ")[1].strip()
    option.click()
    page.locator(".rd-versus .answer", has_text=title).wait_for(timeout=LONG)
    asked = page.evaluate("new URL(location.href).search")
    again = visit(f"{bundled}{asked}", wait=".rd-versus")
    again.locator(".rd-versus .answer", has_text=title).wait_for(timeout=LONG)


def test_rows_are_edited_in_place_and_back_undoes_each_edit(visit, bundled):
    page = open_why(visit(bundled))
    bought, entries = rows(page), page.evaluate("history.length")
    press(page, "drop-", 1)
    one = [bought[0], *bought[2:]]
    wait_rows(page, one)
    changed(page, "Changed: without")
    assert page.locator(".rd-what-if .shift").count() == 20
    press(page, "down-")
    two = [one[1], one[0], *one[2:]]
    wait_rows(page, two)
    changed(page, "in another order")
    assert page.evaluate("history.length") == entries + 2
    page.go_back()
    wait_rows(page, one)
    page.wait_for_function("() => !document.querySelector('.rd-what-if .lead').innerText.includes('another order')")
    page.go_back()
    wait_rows(page, bought)
    changed(page, why_texts.NO_EDIT)
    assert page.evaluate(ADDRESS) == ""
    page.go_forward()
    wait_rows(page, one)
    press(page, "undo")
    wait_rows(page, bought)


def test_products_are_added_replaced_pinned_and_all_is_reset(visit, bundled):
    page = open_why(visit(bundled))
    bought = rows(page)
    box = page.locator("#rd-why-search :is(textarea, input)")
    box.press_sequentially("moon", delay=10)
    page.locator("#rd-why-found .found").first.wait_for()
    settled(page)  # every letter is answered, and an answer replaces the list
    page.locator("#rd-why-found .found").first.click()
    page.wait_for_function(f"count => document.querySelectorAll('{ROWS}').length === count", arg=len(bought) + 1)
    assert rows(page)[1:] == bought and page.locator(f"{ROWS} .added").count() == 1, "at the top, marked"
    assert box.input_value() == "" and page.locator("#rd-why-found .found").count() == 0
    changed(page, "with “")
    press(page, "pin")
    page.locator(".rd-what-if .compared", has_text="Pinned A").wait_for(timeout=LONG)
    press(page, "replace-", 1)
    page.locator("#rd-why-rows .waiting", has_text=bought[0]).wait_for()
    page.wait_for_function("() => !!document.activeElement.closest('#rd-why-search')")
    page.keyboard.type("otter", delay=10)
    page.locator("#rd-why-found .found").first.wait_for()
    settled(page)
    page.locator("#rd-why-found .found").first.click()
    page.wait_for_function(f"was => document.querySelectorAll('{ROWS} .title')[1].innerText !== was", arg=bought[0])
    assert len(rows(page)) == len(bought) + 1
    press(page, "reset")
    wait_rows(page, bought)
    assert "Pinned A" in page.locator(".rd-what-if").inner_text()
    settled(page)  # the answer to the reset replaces the buttons
    press(page, "unpin")
    page.locator(".rd-what-if", has_not_text="Pinned A").wait_for(timeout=LONG)


def test_a_refusal_is_seen_where_one_looks(visit, bundled):
    page = open_why(visit(f"{bundled}?edit=10&user=28"))
    assert page.locator("#rd-why-rows [data-edit^='why drop-']").count() == 0, "the last purchase has to stay"
    page.locator("#rd-why-search :is(textarea, input)").press_sequentially(rows(page)[0][:12], delay=5)
    page.locator("#rd-why-found .found").first.click()
    said = page.locator("#rd-why-rows .rd-notice", has_text="already in the list")
    said.wait_for()
    assert said.evaluate("e => { const box = e.getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight; }")


def test_the_beam_and_the_prompt_are_shown_when_opened(visit, bundled):
    page = open_why(visit(bundled))
    assert page.locator(".rd-beam, .rd-prompt").count() == 0
    page.locator("#rd-why-spelled > button").click()
    page.locator(".rd-beam").wait_for(timeout=LONG)
    page.locator("#rd-why-who label", has_text="With rationales").click()
    page.locator(".rd-beam .note", has_text="single tokens").wait_for(timeout=LONG)
    page.locator("#rd-why-width label").nth(3).click()
    page.locator(".rd-beam h4", has_text="Exact top 10").wait_for(timeout=LONG)
    assert page.locator(".rd-beam .kept").count() == 10 and page.locator(".rd-beam .exact li").count() == 10
    page.locator("#rd-why-prompt > button").click()
    page.locator(".rd-prompt .tokens li.w2").first.wait_for(timeout=LONG)
    assert page.locator(".rd-prompt .tokens:not(.key) .slot").count() == 3


def test_a_student_with_ids_of_several_tokens_shows_a_tree_and_a_miss(visit, bundled):
    page = open_why(visit(bundled))
    page.locator("#rd-why-spelled > button").click()
    page.locator(".rd-beam").wait_for(timeout=LONG)
    several = page.locator("#rd-why-who label", has_text="several tokens")
    if not several.count():
        pytest.skip("the set that ships holds no student with ids of several tokens; make it again: precomputed/make-toys.sh")
    user = page.locator(".rd-beam .doors .door").first.get_attribute("data-user")
    page.locator(".rd-beam .doors .door").first.click()
    page.wait_for_url(f"**user={user}**", timeout=LONG)
    page.locator(".rd-beam .exact .lost").first.wait_for(timeout=LONG)
    assert page.locator("#rd-why").is_visible(), "the example is shown where it was asked for"
    assert page.locator(".rd-beam .step-column").count() > 1 and page.locator(".rd-beam .step-column .lost").count() >= 1


LATE = """() => { const fetch = window.fetch;
  window.fetch = async (...asked) => { await new Promise(done => setTimeout(done, 400)); return fetch(...asked); } }"""
PLACES = """() => Object.fromEntries(['#rd-why-role', '#rd-why-cards', '#rd-why-edit', '#rd-why-rows', '#rd-why-what-if'].map(
  at => [at, Math.round(document.querySelector(at).getBoundingClientRect().top + scrollY)]))"""


@pytest.mark.parametrize("user", [14, 28])
def test_nothing_moves_when_the_answer_comes(visit, bundled, user):
    page = visit(f"{bundled}?user={user}")
    page.evaluate(LATE)
    click_tab(page, why_texts.TAB)
    page.locator(ROWS).first.wait_for()
    page.locator("#rd-why-cards [role=status]", has_text=why_texts.AWAITED).wait_for()
    before = page.evaluate(PLACES)
    page.locator(".rd-what-if").wait_for(timeout=LONG)
    page.locator(".rd-versus .answer b").first.wait_for()
    assert page.evaluate(PLACES) == before


def test_a_link_restores_the_beam_search(visit, bundled):
    page = open_why(visit(bundled))
    assert "beam" not in page.evaluate("location.search"), "the part is closed"
    page.locator("#rd-why-spelled > button").click()
    page.locator(".rd-beam").wait_for(timeout=LONG)
    page.locator("#rd-why-who label").nth(1).click()
    page.locator("#rd-why-width label").nth(3).click()
    page.locator(".rd-beam .lead", has_text="width 10").wait_for(timeout=LONG)
    page.wait_for_function("() => new URL(location.href).searchParams.get('beam') === '10'")
    asked = page.evaluate("location.search")
    chosen = page.locator("#rd-why-who label").nth(1).inner_text()
    again = visit(f"{bundled}{asked}", wait="#rd-tabs")
    again.locator(".rd-beam .lead", has_text="width 10").wait_for(timeout=LONG)
    assert again.locator("#rd-why-who label.selected").inner_text() == chosen
    assert again.evaluate("location.search") == asked
    again.locator("#rd-why-role label").nth(1).click()
    again.locator(".rd-drives .lead", has_text="The student without rationales").wait_for(timeout=LONG)
    assert again.locator("#rd-why-who label.selected").inner_text() == chosen, "another case leaves the choice as it is"
    again.locator("#rd-why-spelled > button").click()
    again.wait_for_function("() => !location.search.includes('beam')")


def test_another_shopper_leaves_nothing_of_the_one_before(visit, bundled):
    page = open_why(visit(bundled))
    before = rows(page)
    press(page, "drop-")
    changed(page, "Changed: without")
    example(page, 1)
    page.wait_for_function("() => !new URL(location.href).searchParams.has('edit')")
    changed(page, why_texts.NO_EDIT)
    assert rows(page) != before
    click_tab(page, texts.TAB_EXPLORE)
    first = page.locator(".rd-predictions .student.with li .title").first.inner_text()
    open_why(page)
    page.locator(".rd-drives .lead", has_text=f"ranks {first} 1st of").wait_for(timeout=LONG)


def test_the_keyboard_keeps_its_place(visit, bundled):
    page = open_why(visit(bundled))
    page.locator("#rd-why-rows [data-edit^='why down-']").first.focus()
    name = page.evaluate("document.activeElement.ariaLabel")
    was = rows(page)
    page.keyboard.press("Enter")
    wait_rows(page, [was[1], was[0], *was[2:]])
    page.wait_for_function("name => document.activeElement.ariaLabel === name", arg=name)
    page.keyboard.press("Enter")
    wait_rows(page, [was[1], was[2], was[0], *was[3:]])


def test_doors_below_the_lists_lead_to_the_answer_and_stay_there(visit, bundled):
    page = visit(bundled)
    page.locator(".rd-predictions .door", has_text=texts.WHAT_IF_DOOR).click()
    page.locator(".rd-what-if").wait_for(timeout=LONG)
    page.wait_for_function("() => Math.abs(document.querySelector('#rd-why-edit').getBoundingClientRect().top - 14) < 4")
    click_tab(page, texts.TAB_EXPLORE)
    page.locator(".rd-predictions .door", has_text=texts.WHY_DOOR).click()
    page.wait_for_function("() => Math.abs(document.querySelector('#rd-why .intro').getBoundingClientRect().top - 14) < 4")


@pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 1280)])
def test_no_barrier_and_no_sideways_scrolling(visit, bundled, theme, width):
    page = open_why(visit(f"{bundled}?__theme={theme}", width=width, height=844))
    press(page, "drop-", 1)
    changed(page, "Changed: without")
    press(page, "pin")
    page.locator("#rd-why-spelled > button").click()
    page.locator(".rd-beam").wait_for(timeout=LONG)
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width and barriers(page, "#rd-why") == []
    parts = page.locator(".rd-what-if, .rd-drives, .rd-rows, .rd-beam, .compared .scroll")
    assert parts.evaluate_all("all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.className)") == []
