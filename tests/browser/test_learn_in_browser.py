"""The tour, the lessons, a product's card and examples of slices, as a visitor meets them."""

import re
from urllib.parse import parse_qs, urlparse

import pytest
from served import click_tab, launched

from rdrec.ui import item_texts, texts
from rdrec.ui.learn import strings as learn_texts
from rdrec.ui.learn import tour
from rdrec.ui.page import build_page

pytestmark = pytest.mark.browser
# Ring, card and what is pointed at, measured in one moment: what is made above may still move them all.
BOXES = """[".rd-tour-ring", ".rd-tour", at].map(one => [...document.querySelectorAll(one)].find(it => it.getClientRects().length))
  .map(it => it.getBoundingClientRect().toJSON())"""
MEETS = "Math.abs(ring.x + 6 - target.x) < 3 && Math.abs(ring.y + 6 - target.y) < 3"


@pytest.fixture(scope="module")
def address(catalogue):
    demo = build_page(catalogue)
    yield launched(demo)
    demo.close()


def start_tour(page):
    page.locator(".rd-header [data-tour]").click()
    at_step(page, 0)


def at_step(page, step):
    page.locator(f".rd-tour[data-step='{step}']").wait_for(timeout=20_000)


def parameters(page):
    return {key: value[0] for key, value in parse_qs(urlparse(page.url).query).items()}


@pytest.mark.parametrize(("theme", "width", "height"), [("light", 1280, 800), ("dark", 390, 844)])
@pytest.mark.parametrize("which", ["bundled", "address"])
def test_every_stop_of_the_tour_points_at_something_that_is_seen(visit, request, which, theme, width, height):
    page = visit(f"{request.getfixturevalue(which)}?__theme={theme}", width=width, height=height)
    start_tour(page)
    for number, step in enumerate(tour.STEPS):
        at_step(page, number)
        assert page.locator(".rd-tour h2").inner_text() == step.title
        assert page.locator(".rd-tour .text").inner_text() == step.text, "the element was found"
        page.wait_for_timeout(150)
        page.wait_for_function(f"at => {{ const [ring, _, target] = {BOXES}; return {MEETS}; }}", arg=step.at)
        _, card, target = page.evaluate(f"at => {BOXES}", step.at)
        assert target["y"] < height - 40 and target["y"] + target["height"] > 40, f"{step.title}: on the screen"
        assert card["x"] >= 0 and card["x"] + card["width"] <= width and card["y"] >= 0 and card["y"] + card["height"] <= height
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        covered = max(0, min(card["y"] + card["height"], target["y"] + target["height"]) - max(card["y"], target["y"]))
        beside = card["x"] >= target["x"] + target["width"] or card["x"] + card["width"] <= target["x"]
        assert beside or covered < 0.75 * min(target["height"], height), f"{step.title}: the card hides what it points at"
        assert page.evaluate("document.activeElement.className") == "rd-tour"
        page.locator(".rd-tour .primary").click()
    assert page.locator(".rd-tour, .rd-tour-ring").count() == 0, "Done ends it"


def test_the_tour_goes_back_ends_by_escape_gives_the_focus_back_and_starts_again(visit, address):
    page = visit(f"{address}?user=9")
    page.locator(".rd-header [data-tour]").focus()
    page.keyboard.press("Enter")
    at_step(page, 0)
    page.locator(".rd-who h3", has_text="Shopper 1 ").wait_for(timeout=10_000)  # the first stop chooses
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == learn_texts.TOUR_WORDS["next"]
    page.keyboard.press("Enter")
    at_step(page, 1)
    page.keyboard.press("ArrowRight")
    at_step(page, 2)
    page.keyboard.press("ArrowLeft")
    at_step(page, 1)
    page.keyboard.press("Escape")
    assert page.locator(".rd-tour").count() == 0
    assert page.evaluate("document.activeElement.dataset.tour") == "0"
    page.keyboard.press("Enter")
    at_step(page, 0)
    page.get_by_role("button", name=learn_texts.TOUR_WORDS["close"]).click()
    assert page.locator(".rd-tour").count() == 0
    click_tab(page, learn_texts.TAB)
    page.locator("#rd-tour-start [data-tour]").click()
    at_step(page, 0)


def test_a_lesson_is_a_deep_link_and_its_answers_wait(visit, bundled):
    page = visit(f"{bundled}?lesson=leak")
    lesson = page.locator("#rd-lesson-leak[open]")
    lesson.wait_for(timeout=20_000)
    assert page.locator(".rd-lessons .lesson[open]").count() == 1
    page.wait_for_function("() => document.activeElement === document.querySelector('#rd-lesson-leak > summary')")
    assert lesson.locator(".answer:visible").count() == 0
    question = lesson.locator(".question summary").nth(1)
    question.focus()
    page.keyboard.press("Enter")
    assert lesson.locator(".answer:visible").count() == 1 and "clean" in lesson.locator(".answer:visible").inner_text()
    page.locator("#rd-lesson-real > summary").click()
    page.wait_for_function("() => location.search.includes('lesson=real')")
    page.locator("#rd-lesson-real > summary").click()
    page.wait_for_function("() => !location.search.includes('lesson')")
    assert page.locator("#rd-lesson-leak .link").get_attribute("href") == "?data=toys&lesson=leak"


def test_a_lesson_drives_the_page(visit, bundled):
    page = visit(f"{bundled}?lesson=real")
    page.locator("#rd-lesson-real[open] .doors a").first.click()
    user = page.locator("#rd-lesson-real .doors a").first.get_attribute("data-user")
    page.locator(".rd-who h3", has_text=f"Shopper {user} ").wait_for(timeout=10_000)
    page.locator("#rd-lesson-real .doors .door").click()
    page.locator("#rd-effect").wait_for(timeout=20_000)
    page.wait_for_function("() => document.activeElement.id === 'rd-effect'")


def test_an_unknown_lesson_is_named(visit, address):
    page = visit(f"{address}?lesson=%3Cb%3E", wait=".rd-lessons .rd-notice")
    assert "There is no lesson “<b>”" in page.locator(".rd-lessons .rd-notice").inner_text()
    assert page.locator(".rd-lessons .lesson[open]").count() == 0


@pytest.mark.parametrize("width", [1280, 390])
def test_a_product_opens_from_the_ranking_and_the_history_and_leads_on(visit, bundled, width):
    page = visit(bundled, width=width, height=844)
    name = page.locator("#rd-history .product .title").nth(1)
    title = name.inner_text()
    name.click()
    page.locator("dialog[open] h2", has_text=title).wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert parameters(page)["item"] == name.get_attribute("data-item")
    neighbour = page.locator("dialog[open] .together .title").first
    other = neighbour.inner_text()
    neighbour.click()
    page.locator("dialog[open] h2", has_text=other).wait_for()
    buyer = page.locator("dialog[open] .buyers a").last
    user = buyer.get_attribute("data-user")
    buyer.click()
    page.locator(".rd-who h3", has_text=f"Shopper {user} ").wait_for(timeout=10_000)
    assert page.locator("dialog[open]").count() == 0
    page.wait_for_function(f"() => location.search.includes('user={user}') && !location.search.includes('item')")
    assert page.evaluate("document.activeElement.id") == "rd-who"
    bought = page.locator("#rd-history .purchase.train .title").all_inner_texts()
    assert other in bought


def test_a_product_has_an_address(visit, bundled):
    page = visit(f"{bundled}?item=7&user=50", wait="dialog[open]")
    assert page.locator("dialog h2").inner_text()
    page.get_by_role("button", name=item_texts.CLOSE).click()
    page.wait_for_function("() => !location.search.includes('item')")
    link = page.locator("#rd-next .student li .title").first
    link.focus()
    assert re.fullmatch(r"\?user=50&data=toys&task=sequential&item=\d+", link.get_attribute("href")), (
        "opened elsewhere it shows the same shopper"
    )
    page = visit(f"{bundled}?item=%3Cb%3E", wait="#rd-card-place .rd-notice")
    assert "There is no product “<b>”" in page.locator("#rd-card-place .rd-notice").inner_text()


def test_a_slice_leads_to_one_of_its_shoppers(visit, bundled):
    page = visit(bundled)
    click_tab(page, texts.TAB_EVIDENCE)
    asked = page.locator(".rd-seeds button[data-label='1 to 4']").first
    asked.wait_for(timeout=20_000)
    asked.focus()
    page.keyboard.press("Enter")
    said = page.locator(".rd-notices .rd-notice", has_text="purchases shown to the student: 1 to 4")
    said.wait_for(timeout=10_000)
    user = re.search(r"Shopper (\d+) was drawn", said.inner_text())[1]
    page.locator(".rd-who h3", has_text=f"Shopper {user} ").wait_for(timeout=10_000)
    page.wait_for_url(f"**user={user}**")
    bought = int(re.match(r"(\d+) purchase", page.locator(".rd-who .facts").inner_text())[1])
    assert 2 <= bought <= 5, "1 to 4 shown, and the hidden one"
    assert page.locator(".rd-who").evaluate("it => it.getBoundingClientRect().top < innerHeight")
