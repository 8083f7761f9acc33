"""The page in a real browser: what a visitor sees and does; no request leaves the machine, no error, no dialog."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from fake_students import FakeStudents
from made_set import write_set
from payloads import HOSTILE
from served import click_tab, example, launched, settled

from rdrec.core.home import Home
from rdrec.explorer.catalogue import Catalogue, find_stores
from rdrec.ui import texts
from rdrec.ui.learn import strings as learn_texts
from rdrec.ui.page import build_page
from rdrec.ui.teacher import strings as distil_texts
from rdrec.ui.why import strings as why_texts

pytestmark = pytest.mark.browser
READY = ".rd-predictions .student"


def serve(catalogue):
    demo = build_page(catalogue, FakeStudents)
    return demo, launched(demo)


LATE = """() => { const fetch = window.fetch;
  window.fetch = async (...asked) => { await new Promise(done => setTimeout(done, 400)); return fetch(...asked); } }"""


HELD = """() => { const fetch = window.fetch, opened = new Promise(open => { window.letAnswersIn = open; });
  window.fetch = async (...asked) => { const answer = await fetch(...asked); await opened;
    setTimeout(() => { window.answersRead = true; }); return answer; } }"""


def shopper(page):
    return page.locator(".rd-who h3").inner_text()


def wait_shopper(page, user):
    page.locator(".rd-who h3", has_text=f"Shopper {user} ").wait_for()


def test_the_first_view_shows_a_shopper_both_students_and_the_verdict(visit, address):
    page = visit(address)
    assert "Shopper 1" in shopper(page)
    assert page.locator(READY).count() == 2 and page.locator(".rd-predictions .student > ol:first-of-type > li").count() == 14
    assert re.search(
        r"Bought next: .+: rank \d+ of \d+ with rationales, \d+ without\.",
        page.locator(".verdict").inner_text(),
    )
    assert page.locator(".badge", has_text="true purchase").count() >= 2
    assert "no model loaded" in page.locator(".rd-header").text_content()
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].filter(e => e.offsetParent).map(e => +e.tagName[1])")
    assert levels[0] == 1 and all(b - a <= 1 for a, b in pairwise(levels)), levels
    assert page.evaluate("performance.getEntriesByType('resource').every(r => !r.name.toLowerCase().includes('plotly'))")


def test_choosing_another_shopper_changes_the_page_and_the_address(visit, address):
    page = visit(address)
    example(page, 1)
    wait_shopper(page, 2)
    page.wait_for_url("**user=2**")
    page.locator("#rd-user input").click()
    page.get_by_role("option", name="7 ·").click()
    wait_shopper(page, 7)
    page.wait_for_url("**user=7**")
    page.locator("#rd-random").click()
    page.wait_for_function("() => !document.querySelector('.rd-who h3').innerText.startsWith('Shopper 7 ')")


def test_search_by_typing_lists_buyers_and_enter_takes_the_first(visit, address):
    page = visit(address)
    box = page.locator("#rd-search textarea, #rd-search input").first
    box.press_sequentially("ferrow strings", delay=10)
    page.locator("#rd-user", has_text="found").wait_for()
    page.locator("#rd-user input").click()
    options = page.get_by_role("option").all_inner_texts()
    assert len(options) > 1 and all("bought" in option for option in options[1:])  # the first is who is shown now
    page.keyboard.press("Escape")
    box.fill("")
    box.press_sequentially("9", delay=10)
    box.press("Enter")
    wait_shopper(page, 9)


def test_what_a_search_finds_waits_for_the_open_list_to_close(visit, address):
    """Fewer entries in an open list make Gradio's widget throw; the answer to a search may come at any time."""
    page = visit(address)
    page.evaluate(HELD)
    page.locator("#rd-search textarea, #rd-search input").first.press_sequentially("ferrow strings", delay=10)
    page.locator("#rd-user input").click()
    options = page.get_by_role("option")
    options.first.wait_for()
    many = options.count()
    page.evaluate("letAnswersIn()")
    page.wait_for_function("() => window.answersRead")
    settled(page, frames=30)
    assert options.count() == many and page.locator("#rd-user", has_text="found").count() == 0
    page.locator(".rd-who h3").click()
    page.locator("#rd-user", has_text="found").wait_for()
    page.locator("#rd-user input").click()
    few = options.count()
    assert 2 < few < many
    options.nth(2).click()
    page.wait_for_function("() => !document.querySelector('.rd-who h3').innerText.startsWith('Shopper 1 ')")
    page.locator("#rd-user input").click()
    assert options.count() == few  # the list stays, to go through what was found


def test_switching_the_task_ranks_the_short_list(visit, address):
    page = visit(address)
    page.locator("#rd-task label").nth(1).click()
    page.locator("#rd-live", has_text="Top-N recommendation").wait_for()
    page.wait_for_url("**task=topn**")


def test_a_link_restores_the_view_and_unknown_things_are_named(visit, address):
    page = visit(f"{address}?data=gear&user=4&task=topn")
    assert "Shopper 4" in shopper(page) and "Top-N" in page.locator("#rd-live").inner_text()
    page = visit(f"{address}?data=nothing&user=99999&task=%3Cb%3E", wait=".rd-notice")
    words = page.locator(".rd-notice").inner_text()
    assert "no data set “nothing”" in words and "no shopper “99999”" in words and "“<b>”" in words
    assert page.locator(READY).count() == 2


def test_the_live_button_says_device_time_and_equality(visit, address):
    page = visit(address)
    page.evaluate(LATE)
    page.locator("#rd-run").click()
    page.locator("#rd-live", has_text=texts.LIVE_AWAITED).wait_for()
    page.locator(".rd-live").wait_for()
    words = page.locator(".rd-live").inner_text()
    assert "Ran live on CPU (NF4)" in words and words.count("same ranking as precomputed") == 2 and "21 ms" in words
    assert "live on CPU" in page.locator(".rd-header").text_content()
    example(page, 2)
    wait_shopper(page, 4)
    assert page.locator(".rd-live").count() == 0 and "no model loaded" in page.locator(".rd-header").text_content()


def test_every_tab_opens_and_the_chart_is_drawn(visit, address):
    page = visit(address)
    assert page.locator(".rd-history mark.like").count() > 3 and page.locator(".rd-history .flag").count() > 0
    page.get_by_role("tab", name="Evidence").click()
    page.locator(".rd-chart .scatterlayer .point").first.wait_for()
    assert page.locator(".rd-chart .scatterlayer .point").count() == 2 and page.locator("#rd-part-tables table").count() == 2
    page.get_by_role("tab", name="Explore").click()
    page.locator("#rd-writing > button").click()
    page.locator(".rd-writing .cell").first.wait_for()
    page.locator("#rd-table > button").click()
    page.locator(".rd-table", has_text="held out").wait_for()
    page.get_by_role("tab", name="Learn").click()
    page.locator(".rd-lessons .lesson").first.wait_for()
    page.locator(".rd-help dt").first.wait_for()


def test_a_phone_needs_no_sideways_scrolling(visit, address):
    page = visit(f"{address}?__theme=dark&user=4", width=390, height=844)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("#rd-examples [data-menu]").click()
    ends = page.locator("#rd-featured label").evaluate_all("all => all.map(e => e.getBoundingClientRect().right)")
    assert ends and max(ends) <= 390, "the menu of examples fits"
    ground = page.evaluate("getComputedStyle(document.querySelector('.gradio-container')).backgroundColor")
    assert int(re.findall(r"\d+", ground)[0]) < 60, "it is dark"


def test_the_keyboard_reaches_the_controls_with_a_visible_focus_and_escape_closes_menus(visit, address):
    page = visit(address)
    page.locator("#rd-search textarea, #rd-search input").first.focus()
    reached = []
    for _ in range(34):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.closest('[id^=rd-]')?.id"))
    assert {"rd-user", "rd-random", "rd-examples", "rd-teach-menu", "rd-task", "rd-run"} <= set(reached)
    page.locator("#rd-random").focus()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    for menu in ("rd-examples", "rd-teach-menu"):
        button = page.locator(f"#{menu} [data-menu]")
        button.click()
        assert button.get_attribute("aria-expanded") == "true" and page.locator(f"#{menu} .rd-menu-body").is_visible()
        page.keyboard.press("Escape")
        assert button.get_attribute("aria-expanded") == "false" and not page.locator(f"#{menu} .rd-menu-body").is_visible()
        assert button.evaluate("it => it === document.activeElement")


def test_with_no_data_set_the_page_opens_with_the_commands(visit):
    demo, at = serve(Catalogue({}))
    try:
        page = visit(at, wait=".rd-empty")
        assert "python -m rdrec data import" in page.locator(".rd-empty").inner_text()
    finally:
        demo.close()


def test_hostile_texts_stay_texts_on_every_tab(visit, tmp_path):
    def edit(tables):
        def spread(count, by):
            return [HOSTILE[(i + by) % len(HOSTILE)] for i in range(count)]

        tables["items"]["title"] = spread(len(tables["items"]), 0)
        for by, column in enumerate(("review", "summary")):
            tables["history"][column] = spread(len(tables["history"]), 7 * by)
        for by, column in enumerate(("user_preference", "item_attribution", "reason")):
            tables["rationales"][column] = spread(len(tables["rationales"]), 11 * by)
        tables["texts"]["text"] = spread(len(tables["texts"]), 3)
        tables["texts"]["reference"] = spread(len(tables["texts"]), 5)
        tables["users"]["user_key"] = spread(len(tables["users"]), 1)
        tables["users"]["featured"] = [HOSTILE[i] if i < 5 else None for i in range(len(tables["users"]))]
        for column in ("brand", "categories"):
            tables["items"][column] = spread(len(tables["items"]), 9)
        for table, column in (("evaluation", "model"), ("slices", "label"), ("slices", "slice")):
            names = [name for name in tables[table][column].unique() if name not in ("rdrec", "baseline")]
            tables[table][column] = tables[table][column].replace(dict(zip(names, HOSTILE * len(names), strict=False)))

    home = Home(tmp_path)
    write_set(home.root / "precomputed", edit=edit, title=HOSTILE[1])
    demo, at = serve(find_stores(home, Path("/nowhere")))
    count = "['script','iframe','img','object','embed','video','form','base','meta','link'].map(t => document.getElementsByTagName(t).length)"
    inside = "[...document.querySelectorAll('.rd, .rd-table, #rd-user, .rd-featured')].map(e => e.querySelectorAll('script,iframe,img,object,embed,video,form,style,a[href^=javascript]').length).reduce((a, b) => a + b, 0)"
    try:
        for user in (4, 7):
            page = visit(f"{at}?user={user}")
            assert page.evaluate(inside) == 0
            before = page.evaluate(count)
            for part, whole in (("#rd-writing", ".rd-writing .question"), ("#rd-table", ".rd-table [role=gridcell]")):
                page.locator(f"{part} > button").click()
                page.locator(whole).first.wait_for()
                assert page.evaluate(inside) == 0
            page.locator("#rd-user input").click()
            assert page.evaluate(count)[:3] == before[:3]
            page.keyboard.press("Escape")
        page.locator("#rd-next .student li .title").first.click()
        page.locator("dialog[open]").wait_for()
        assert page.evaluate(inside) == 0
        page.keyboard.press("Escape")
        for name, whole in (
            (why_texts.TAB, "#rd-why-rows li"),
            (distil_texts.TAB, "#rd-distil-run"),
            (texts.TAB_EVIDENCE, ".rd-chart .scatterlayer .point"),
            (learn_texts.TAB, ".rd-lessons .lesson"),
        ):
            click_tab(page, name)
            page.locator(whole).first.wait_for(state="attached")
            if name == distil_texts.TAB:
                page.locator("#rd-distil-run").click()
                page.locator(".rd-teachers .teacher").first.wait_for()
            assert (name, page.evaluate(inside)) == (name, 0)
    finally:
        demo.close()


PLACES = """() => Object.fromEntries(['.rd-header', '.rd-picker', '#rd-tabs', '#rd-strip', '#rd-who', '#rd-says', '#rd-task', '#rd-run', '#rd-next',
  '#rd-next .columns', '#rd-real'].map(at => [at, Math.round(document.querySelector(at).getBoundingClientRect().top + scrollY)]))"""


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_nothing_moves_when_the_live_answer_comes(visit, bundled, width, height):
    page = visit(bundled, width=width, height=height)
    settled(page)
    before = page.evaluate(PLACES)
    page.evaluate(LATE)
    page.locator("#rd-run").click()
    page.locator("#rd-live", has_text=texts.LIVE_AWAITED).wait_for()
    assert page.evaluate(PLACES) == before, "while the students are asked"
    page.locator("#rd-live .rd-live").wait_for(timeout=90_000)
    assert page.evaluate(PLACES) == before, "when they have answered"
    answer = page.locator("#rd-live .rd-live").bounding_box()
    assert answer["y"] >= 0 and answer["y"] + answer["height"] <= height, "the answer is in view"


STORY = ("#rd-strip .rd-strip", "#rd-who .rd-who", "#rd-says .rd-says", "#rd-next .columns", "#rd-real .rd-real")
BOTTOMS = "all => all.map(at => document.querySelector(at).getBoundingClientRect().bottom + scrollY)"


def test_the_story_fits_on_one_screen(visit, bundled):
    """Of every featured shopper, at both usual sizes; on a phone it takes at most five screens."""
    page = visit(bundled)
    examples, seen = page.locator("#rd-featured input"), set()
    assert examples.count() >= 5
    for place in range(examples.count()):
        before = shopper(page)
        if not examples.nth(place).is_checked():
            example(page, place)
            page.wait_for_function("before => document.querySelector('.rd-who h3').innerText !== before", arg=before)
        page.wait_for_function("() => !document.querySelector('.pending, .generating')")
        seen.add(shopper(page))
        for width, height, screens in ((1280, 800, 1), (1440, 900, 1), (390, 844, 5)):
            page.set_viewport_size({"width": width, "height": height})
            bottoms = page.evaluate(BOTTOMS, list(STORY))
            assert max(bottoms) <= screens * height, (place, width, dict(zip(STORY, bottoms, strict=True)))
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.set_viewport_size({"width": 1280, "height": 800})
    assert len(seen) == examples.count()


def test_the_student_is_seen_to_read_ids_alone_and_each_stage_opens_its_tool(visit, bundled):
    page = visit(f"{bundled}?user=28")
    assert re.fullmatch(r"user_28(, item_\d+){3} → \?", page.locator("#rd-strip code").inner_text().replace("\n", " "))
    for stage, at in (
        ("review", "#rd-history"),
        ("teacher", "#rd-distil-run"),
        ("reader", "#rd-writing"),
        ("ranking", "#rd-next"),
    ):
        page.get_by_role("tab", name="Explore").click()
        page.locator(f"#rd-strip .{stage} button").click()
        page.wait_for_function(
            "at => document.activeElement.matches(at) && document.querySelector(at).getClientRects().length", arg=at
        )


def test_what_a_student_says_is_held_against_the_truth_and_another_review_opens_without_a_request(visit, bundled):
    page = visit(f"{bundled}?user=28")
    truth = set(page.locator("#rd-says .truth .word").all_inner_texts())
    said = page.locator("#rd-says .with .word, #rd-says .scrambled .word")
    assert len(truth) == 3 and said.count() >= 2
    for words in said.all_inner_texts():
        assert (words[2:].strip() in truth) == (words[0] == "✓"), words
    settled(page)
    asked = []
    page.on("request", lambda r: asked.append(r.url))
    other = page.locator(".rd-who .recent details:not([open])").first
    title = other.locator(".what").inner_text()
    other.locator("summary").click()
    opened = page.locator(".rd-who .recent details[open]")
    assert opened.count() == 1 and opened.locator(".what").inner_text()[2:] == title[2:]
    assert opened.locator(".words").is_visible() and asked == []
    told = opened.locator(".told")
    assert told.all_inner_texts()[-1].startswith("Answer key: The user") and all(one.is_visible() for one in told.all())
