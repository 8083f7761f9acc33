"""The Why tab on the set that ships, with its real students: opened, edited, pinned, by mouse and by keyboard."""

import re

import pytest
from served import click_tab, example

from rdrec.ui import texts

pytestmark = pytest.mark.browser
LONG = 90_000  # the first run loads the students


def open_why(page):
    click_tab(page, "Why?")
    page.locator(".rd-what-if").wait_for(timeout=LONG)
    return page


def press(page, key, words):
    page.locator(f"#rd-why-{key}").click()
    page.locator(".rd-what-if", has_text=words).wait_for(timeout=10_000)


def test_opening_says_what_drives_the_first_recommendation(visit, bundled):
    page = visit(bundled)
    assert page.locator(".rd-drives, .rd-what-if").count() == 0, "nothing is made before the tab is opened"
    first = page.locator(".rd-predictions .student.with li .title").first.inner_text()
    open_why(page)
    words = page.locator(".rd-drives").inner_text()
    assert f"puts {first} in place 1 of" in words and re.search(r"Ran live on \w+ \(NF4\): \S+ ms", words)
    rows = page.locator(".rd-drives tbody tr")
    assert rows.count() == page.locator("#rd-why-place label").count() >= 2
    widths = page.locator(".rd-drives .fill").evaluate_all("all => all.map(e => e.getBoundingClientRect().width)")
    assert max(widths) > 20


def test_the_other_student_and_another_product_are_asked(visit, bundled):
    page = open_why(visit(bundled))
    page.locator("#rd-why-role label").nth(1).click()
    page.locator(".rd-drives", has_text="The student without rationales puts").wait_for(timeout=10_000)
    page.locator("#rd-why-item input").click()
    page.get_by_role("option").nth(4).click()
    page.locator(".rd-drives", has_text="in place 5 of").wait_for(timeout=10_000)


def test_edits_move_ranks_are_pinned_and_undone(visit, bundled):
    page = open_why(visit(bundled))
    page.locator("#rd-why-drop").click()
    page.locator("#rd-why-said", has_text="Choose one of the purchases first").wait_for(timeout=10_000)
    count = page.locator("#rd-why-place label").count()
    page.locator("#rd-why-place label").nth(1).click()
    press(page, "drop", "Changed: without")
    assert page.locator("#rd-why-place label").count() == count - 1 and page.locator(".rd-what-if .shift").count() == 20
    assert page.locator("#rd-why-said").inner_text().strip() == ""
    press(page, "pin", "Pinned A")
    page.locator("#rd-why-place label").nth(0).click()
    press(page, "later", "in another order")
    page.locator("#rd-why-search textarea, #rd-why-search input").first.press_sequentially("oak", delay=10)
    page.locator("#rd-why-found label", has_text="Oak").first.wait_for()
    press(page, "add", "with “")
    assert page.locator("#rd-why-place label").count() == count
    press(page, "reset", "Nothing is changed yet")
    assert "Pinned A" in page.locator(".rd-what-if").inner_text()
    page.locator("#rd-why-unpin").click()
    page.locator(".rd-what-if", has_not_text="Pinned A").wait_for(timeout=10_000)


def test_the_number_and_the_prompt_are_shown_when_opened(visit, bundled):
    page = open_why(visit(bundled))
    assert page.locator(".rd-spelled, .rd-prompt").count() == 0
    page.locator("#rd-why-spelled > button").click()
    page.locator(".rd-spelled .taken").first.wait_for(timeout=10_000)
    assert "beam search with 20 beams" in page.locator(".rd-spelled").inner_text()
    page.locator("#rd-why-prompt > button").click()
    page.locator(".rd-prompt .tokens li.user").first.wait_for(timeout=10_000)
    assert page.locator(".rd-prompt .tokens:not(.key) .slot").count() == 3


def test_another_shopper_leaves_nothing_of_the_one_before(visit, bundled):
    page = open_why(visit(bundled))
    example(page, 1)
    page.locator("#rd-why-drives", has_text="press “Show why”").wait_for(timeout=10_000)
    assert page.locator(".rd-what-if, .rd-drives").count() == 0 and page.locator("#rd-why-place label").count() == 0
    page.locator("#rd-why-show").click()
    page.locator(".rd-what-if").wait_for(timeout=10_000)
    first = page.locator(".rd-predictions .student.with li .title").first.inner_text()
    assert f"puts {first} in place 1 of" in page.locator(".rd-drives").inner_text()


def test_the_keyboard_chooses_and_leaves_out(visit, bundled):
    page = open_why(visit(bundled))
    page.locator("#rd-why-place input").first.focus()
    page.keyboard.press("Space")
    for _ in range(60):  # the boxes of all purchases come before the buttons
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "rd-why-drop":
            break
    page.keyboard.press("Enter")
    page.locator(".rd-what-if", has_text="Changed: without").wait_for(timeout=10_000)


def test_doors_below_the_lists_lead_to_the_answer_and_stay_there(visit, bundled):
    page = visit(bundled)
    page.locator(".rd-predictions .door", has_text=texts.WHAT_IF_DOOR).click()
    page.locator(".rd-what-if").wait_for(timeout=LONG)
    page.wait_for_function("() => Math.abs(document.querySelector('#rd-why-edit').getBoundingClientRect().top - 14) < 4")
    page.locator(".rd-predictions .door", has_text=texts.WHY_DOOR).click()
    page.wait_for_function("() => Math.abs(document.querySelector('#rd-why .intro').getBoundingClientRect().top - 14) < 4")
    page.locator(".rd-real .door").click()
    page.locator(".rd-evidence-lead").wait_for()
    page.wait_for_function("() => Math.abs(document.querySelector('.rd-evidence-lead').getBoundingClientRect().top - 14) < 4")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_needs_no_sideways_scrolling(visit, bundled, theme):
    page = visit(f"{bundled}?__theme={theme}", width=390, height=844)
    open_why(page)
    page.locator("#rd-why-place label").nth(1).click()
    press(page, "drop", "Changed: without")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("#rd-why-item input").click()
    page.get_by_role("option").nth(4).click()  # so that two products are compared
    page.locator(".rd-drives", has_text="in place 5 of").wait_for(timeout=10_000)
    inside = page.locator(".rd-what-if, .rd-drives, .compared .scroll").evaluate_all(
        "all => all.every(e => e.scrollWidth <= e.clientWidth + 1)"
    )
    assert inside
