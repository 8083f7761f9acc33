"""Distilling a review in a real browser: `keywords`, a language model that is awaited, a hostile one, the phone, the keyboard."""

import itertools
from threading import Event

import pytest
from fault_server import GOOD, FaultServer
from served import click_tab, example, launched

from rdrec.explorer.live_teachers import LiveTeachers, Offer
from rdrec.teachers.asking import Asker
from rdrec.teachers.over_http import HttpTeacher
from rdrec.teachers.prompts import load_prompt
from rdrec.ui.page import build_page
from rdrec.ui.teacher import strings as distil_texts

pytestmark = pytest.mark.browser
EVIL = "<img src=x onerror=alert(1)><script>alert(2)</script> ${alert(3)} {{alert(4)}}"

MAY_ANSWER = Event()
MAY_ANSWER.set()


@pytest.fixture(scope="module")
def address(catalogue):
    """A page with `keywords` and a model that answers when MAY_ANSWER is set; a review that says EVIL is obeyed."""

    def script(number, body):
        MAY_ANSWER.wait(60)
        return EVIL if "EVIL" in body["messages"][1]["content"] else GOOD

    with FaultServer(script) as server:
        toy = HttpTeacher("toy-paper", "toy-model", server.endpoint, Asker(load_prompt("paper"), 0), concurrency=1)
        demo = build_page(catalogue, teachers=LiveTeachers([Offer("toy-paper", "http", lambda: toy)]))
        yield launched(demo)
        demo.close()


def open_tab(page):
    click_tab(page, distil_texts.TAB)
    page.wait_for_function("document.querySelector('#rd-distil-text textarea').value.length > 5")


def write(page, text):
    box = page.locator("#rd-distil-text textarea")
    box.fill("")
    box.press_sequentially(text, delay=1)


def test_a_shoppers_review_is_read_and_points_at_its_words(visit, address):
    page = visit(f"{address}?user=1")
    assert page.locator("#rd-distil-text textarea").count() == 0 or page.locator("#rd-distil-text textarea").input_value() == ""
    open_tab(page)
    page.locator(".rd-teachers .teacher").first.wait_for()
    titles = page.locator(".rd-teachers h2").all_inner_texts()
    assert titles[:3] == ["Answer key", "Language model", "Keyword rules"]
    tops = page.evaluate(
        "[...document.querySelectorAll('.rd-teachers .teacher')].slice(0, 3).map(e => e.getBoundingClientRect().top)"
    )
    assert len(set(tops)) == 1, "side by side"
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].filter(e => e.offsetParent).map(e => +e.tagName[1])")
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels)), levels
    before = page.locator("#rd-distil-text textarea").input_value()
    example(page, 1)
    page.wait_for_function("was => document.querySelector('#rd-distil-text textarea').value !== was", arg=before)
    page.locator(".rd-teachers .teacher").first.wait_for()


def test_stars_go_with_the_review_they_were_given_to(visit, address):
    """A corrected text keeps them; a cleared one, and another one pasted in its place, have none until they are chosen."""
    page = visit(f"{address}?user=1")
    open_tab(page)
    box, stars = page.locator("#rd-distil-text textarea"), page.locator("#rd-distil-stars")

    def chosen():
        return stars.locator("label:has(input:checked)").inner_text().strip()

    def settles(words):
        page.wait_for_function(
            "words => document.querySelector('#rd-distil-stars label:has(input:checked)').innerText.trim() === words", arg=words
        )

    def other_review(words, given):
        box.click()
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(words)
        settles(distil_texts.NO_STARS)
        stars.locator("label", has_text=given).click()
        settles(given)

    other_review("The strap broke after a week and nobody answered my letter.", "2")
    box.click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(" Never again.")
    page.locator("#rd-distil-run").click()
    page.locator(".rd-teachers .keywords").first.wait_for(timeout=20_000)
    assert chosen() == "2"
    other_review("Lovely colours, my niece plays with it every day.", "5")
    box.click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    settles(distil_texts.NO_STARS)


def test_claims_and_words_light_up_together_and_the_keyboard_suffices(visit, address):
    page = visit(address)
    open_tab(page)
    write(page, "The sound is great, but the zipper broke.")
    page.keyboard.press("Shift+Enter")
    page.locator(".rd-teachers .keywords .claims li.dislike").first.wait_for()
    mark = page.locator(".rd-teachers .keywords mark.like").first
    page.locator(".rd-teachers .keywords .claims li.like").first.hover()
    assert mark.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    page.locator(".rd-teachers .keywords mark .ref").first.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id || location.hash").endswith("-1")
    assert "tab=teacher" in page.url, "the address keeps what is shown"
    page.locator("#rd-distil-text textarea").focus()
    reached = ["rd-distil-text"]
    for _ in range(14):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.closest('[id^=rd-distil]')?.id"))
    assert {"rd-distil-text", "rd-distil-teacher", "rd-distil-stars", "rd-distil-run"} <= set(reached)


def test_a_model_is_awaited_in_words_and_its_prompt_and_raw_answer_are_shown(visit, address):
    page = visit(address)
    open_tab(page)
    page.locator("#rd-distil-teacher label", has_text="toy-paper").click()
    MAY_ANSWER.clear()
    try:
        page.locator("#rd-distil-run").click()
        page.locator(".rd-teachers .waits", has_text="Waiting for toy-paper").wait_for()
    finally:
        MAY_ANSWER.set()
    column = page.locator(".rd-teachers .model:not(.waits)")
    column.locator("pre").first.wait_for(state="attached")
    for summary in column.locator("summary").all():
        summary.click()
    assert "<review id=" in column.locator(".review-block").inner_text()
    assert GOOD.split("\n")[1] in column.locator("pre").first.inner_text() and "a fair price" in column.inner_text()


def test_a_review_that_gives_orders_fails_and_stays_text(visit, address):
    page = visit(address)
    open_tab(page)
    count = "['script', 'img', 'iframe'].map(t => document.getElementsByTagName(t).length)"
    before = page.evaluate(count)
    write(page, f"EVIL {EVIL}")
    page.locator("#rd-distil-teacher label", has_text="toy-paper").click()
    page.locator("#rd-distil-run").click()
    page.locator(".rd-teachers .note", has_text="No usable answer").wait_for()
    assert EVIL in page.locator(".rd-teachers").inner_text()
    assert page.evaluate(count) == before


def test_a_phone_needs_no_sideways_scrolling(visit, address):
    page = visit(f"{address}?__theme=dark", width=390, height=844)
    open_tab(page)
    write(page, "The sound is great, but the zipper broke. " + "unbreakable" * 20)
    page.locator("#rd-distil-run").click()
    page.locator(".rd-teachers .keywords").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_program_gets_the_same(address):
    client = pytest.importorskip("gradio_client").Client(address, verbose=False)
    said = client.predict("The sound is great, but the zipper broke.", "keywords", 4, api_name="/distil")
    assert said["status"] == "ok" and said["claims"] and all(claim["supported"] is None for claim in said["claims"])
    listed = client.view_api(return_format="dict")["named_endpoints"]
    assert [p["parameter_name"] for p in listed["/distil"]["parameters"]] == ["review", "teacher", "stars"]
    with pytest.raises(Exception, match="6,000 characters"):
        client.predict("x" * 6001, "keywords", 4, api_name="/distil")
