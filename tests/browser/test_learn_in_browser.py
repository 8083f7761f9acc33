"""The tour, the lecture, jumps, a product's card and examples of slices, as a visitor meets them."""

import re
from urllib.parse import parse_qs, urlparse

import pytest
from served import click_tab, settled

from rdrec.ui import item_texts, texts
from rdrec.ui.browser import STEPS
from rdrec.ui.learn import strings as learn_texts

pytestmark = pytest.mark.browser
# Ring, card and what is pointed at, measured in one moment: what is made above may still move them all.
BOXES = """[".rd-tour-ring", ".rd-tour", at].map(one => [...document.querySelectorAll(one)].find(it => it.getClientRects().length))
  .map(it => it.getBoundingClientRect().toJSON())"""
MEETS = "Math.abs(ring.x + 6 - target.x) < 3 && Math.abs(ring.y + 6 - target.y) < 3"


def start_tour(page):
    page.locator(".rd-header [data-tour]").click()
    at_step(page, 0)


def at_step(page, step):
    page.locator(f".rd-tour[data-step='{step}']").wait_for()


def parameters(page):
    return {key: value[0] for key, value in parse_qs(urlparse(page.url).query).items()}


@pytest.mark.parametrize(
    ("which", "theme", "width", "height"),
    [("bundled", "light", 1280, 800), ("bundled", "dark", 390, 844), ("address", "light", 390, 844)],
)
def test_every_stop_of_the_tour_points_at_something_that_is_seen(visit, request, which, theme, width, height):
    page = visit(f"{request.getfixturevalue(which)}?__theme={theme}", width=width, height=height)
    start_tour(page)
    for number, step in enumerate(STEPS):
        at_step(page, number)
        assert page.locator(".rd-tour h2").inner_text() == step.title
        assert page.locator(".rd-tour .text").inner_text() == step.text, "the element was found"
        settled(page)
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


def chapter(page, number):
    page.locator(f"#rd-chapter-{number}:visible").wait_for()
    page.wait_for_function(f"() => document.activeElement.id === 'rd-chapter-{number}'")
    assert page.locator(".rd-lecture .chapter:visible").count() == 1


@pytest.mark.parametrize(("query", "number"), [("chapter=4", 4), ("lesson=real", 5)])
def test_a_chapter_is_a_deep_link_also_by_its_old_name(visit, bundled, query, number):
    page = visit(f"{bundled}?{query}", wait=".rd-lecture")
    chapter(page, number)
    assert page.locator(".rd-lecture .answer:visible").count() == 0, "answers wait"
    page.wait_for_function(f"() => location.search.includes('chapter={number}') && !location.search.includes('lesson')")
    page.wait_for_function("() => Math.abs(document.querySelector('.rd-lecture').getBoundingClientRect().top - 14) < 3")


def test_buttons_and_arrow_keys_turn_the_chapters_and_the_question_opens_by_keyboard(visit, bundled):
    page = visit(f"{bundled}?chapter=1", wait=".rd-lecture")
    chapter(page, 1)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    chapter(page, 2)
    page.locator("#rd-chapter-2 .next").click()
    chapter(page, 3)
    page.locator(".rd-lecture nav [data-chapter='6']").click()
    chapter(page, 6)
    page.wait_for_function("() => location.search.includes('chapter=6')")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    chapter(page, 5)
    page.locator("#rd-chapter-5 .quiz summary").focus()
    page.keyboard.press("Enter")
    assert page.locator("#rd-chapter-5 .quiz .answer").inner_text()


def test_each_chapter_is_one_screen(visit, bundled):
    page = visit(f"{bundled}?chapter=1", wait=".rd-lecture")
    assert page.locator(".rd-lecture nav [data-chapter]").count() == 6
    for number in range(1, 7):
        page.locator(f".rd-lecture nav [data-chapter='{number}']").click()
        chapter(page, number)
        page.locator(f"#rd-chapter-{number} .quiz summary").click()
        top = page.locator(".rd-lecture").evaluate("it => it.getBoundingClientRect().top + scrollY")
        end = page.locator(f"#rd-chapter-{number} .turn").evaluate("it => it.getBoundingClientRect().bottom + scrollY")
        assert end - top <= 800, f"chapter {number}: buttons, text, question and answer at 1280 x 800"


def test_the_switches_change_the_score(visit, bundled):
    page = visit(f"{bundled}?chapter=1", wait=".rd-lecture")
    for flip in page.locator("#rd-chapter-1 .rd-flip").all():
        before = flip.locator("b:visible").inner_text()
        flip.locator("button").click()
        assert flip.locator("b:visible").inner_text() != before
        assert flip.locator("button").get_attribute("aria-pressed") == "true"
        flip.locator("button").click()
        assert flip.locator("b:visible").inner_text() == before


def test_notes_are_for_the_lecturer_alone(visit, bundled):
    page = visit(f"{bundled}?chapter=3", wait=".rd-lecture")
    chapter(page, 3)
    assert page.locator(".rd-lecture .notes:visible").count() == 0
    page = visit(f"{bundled}?chapter=3&notes=1", wait=".rd-lecture")
    chapter(page, 3)
    assert page.locator(".rd-lecture .notes:visible dt").count() == 4
    page.keyboard.press("ArrowRight")
    chapter(page, 4)
    assert page.locator(".rd-lecture .notes:visible").count() == 1
    assert "notes=1" in page.url


def test_the_hand_out_is_one_page_of_paper(visit, bundled):
    page = visit(f"{bundled}?chapter=2", wait=".rd-lecture")
    chapter(page, 2)
    page.evaluate("() => { window.print = () => { window.printed = (window.printed || 0) + 1; }; }")
    page.locator(".rd-lecture .print").click()
    assert page.evaluate("window.printed") == 1
    assert page.locator(".rd-sheet .address").inner_text() == f"{bundled}?chapter=1"
    paper = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", paper)) == 1
    box = re.search(rb"/MediaBox \[([^\]]+)\]", paper)[1].split()
    assert abs(float(box[2]) - 595) < 2 and abs(float(box[3]) - 842) < 2, "A4"
    page.wait_for_function("() => !document.querySelector('.rd-sheet')")  # after printing the page is back
    assert page.locator("#rd-chapter-2").is_visible()
    page = visit(f"{bundled}?handout=1", wait=".rd-sheet")
    assert page.locator(".rd-sheet li").count() == 6


# Every answer of the server comes late, as on a slow line; the page grows after a jump has been made.
LATE = """ms => { const now = window.fetch; window.fetch = async (...asked) => {
  const answer = await now(...asked);
  if (String(asked[0]?.url ?? asked[0]).includes("gradio_api")) await new Promise(done => setTimeout(done, ms));
  return answer;
}; }"""
SETTLED = """() => new Promise(done => {
  let was = 0, since = 0;
  const look = now => {
    const height = document.documentElement.scrollHeight;
    if (height !== was) { was = height; since = now; }
    if (now - since > 1500) done(); else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})"""
LANDED = """selector => {
  const top = document.querySelector(selector).getBoundingClientRect().top;
  const end = scrollY + innerHeight >= document.documentElement.scrollHeight - 2;
  return top > -2 && (top < 40 || end && top < innerHeight - 40);
}"""


JUMPS = {
    "story": ("", "#rd-real .door", "#rd-tabs .rd-evidence-lead"),
    "chapter 5": ("chapter=5", "#rd-chapter-5 .door[data-to='#rd-effect']", "#rd-effect"),
    "chapter 1": ("chapter=1", "#rd-chapter-1 .door[data-to='#rd-leaks']", "#rd-leaks"),
}


@pytest.mark.parametrize(
    ("jump", "late", "width"),
    [("story", 0, 1280), ("chapter 1", 0, 1280), ("chapter 5", 2_500, 390)],
)
def test_a_jump_lands_on_its_answer_though_the_tab_is_built_late(visit, bundled, jump, late, width):
    query, button, to = JUMPS[jump]
    page = visit(f"{bundled}?{query}", width=width, height=800, wait=button)
    page.emulate_media(reduced_motion="no-preference")  # most visitors; a smooth scroll may lose its way
    page.evaluate(LATE, late)
    page.locator(button).first.click()
    page.locator(to).first.wait_for()
    page.evaluate(SETTLED)
    assert page.evaluate(LANDED, to), page.evaluate(
        "to => [document.querySelector(to).getBoundingClientRect().top, scrollY]", to
    )
    assert page.evaluate("to => document.activeElement === document.querySelector(to)", to), "the focus goes along"
    before = page.evaluate("scrollY")
    page.mouse.wheel(0, -200)
    page.wait_for_function("at => scrollY < at", arg=before)  # a visitor who moves is left alone


def test_a_chapter_that_leads_away_leads_back(visit, bundled):
    page = visit(f"{bundled}?chapter=5", wait="#rd-chapter-5")
    page.locator("#rd-chapter-5 .door", has_text=learn_texts.SEE_EFFECT).click()
    page.locator(".rd-evidence-lead:visible").wait_for(timeout=20_000)
    back = page.locator(".rd-return button")
    back.wait_for()
    assert back.inner_text() == learn_texts.BACK_TO.format(number=5)
    box = back.bounding_box()
    assert box["y"] + box["height"] <= 800 and box["height"] >= 40
    back.focus()
    page.keyboard.press("Enter")
    chapter(page, 5)
    assert page.locator(".rd-return button:visible").count() == 0
    click_tab(page, texts.TAB_EVIDENCE)
    assert page.locator(".rd-return button:visible").count() == 0, "a visit of one's own is none of the chapter's"


def test_a_jump_to_what_is_not_there_opens_the_tab(visit, bundled):
    page = visit(bundled)
    page.evaluate("name => { rdPage.goTo(name, '#rd-nowhere'); }", texts.TAB_EVIDENCE)
    page.locator("#rd-tabs .rd-evidence-lead").wait_for()


def test_an_unknown_lesson_is_named(visit, address):
    page = visit(f"{address}?lesson=%3Cb%3E", wait=".rd-lessons .rd-notice")
    assert "There is no lesson “<b>”" in page.locator(".rd-lessons .rd-notice").inner_text()
    assert page.locator(".rd-lecture .chapter:visible").count() == 1


@pytest.mark.parametrize("width", [1280, 390])
def test_a_product_opens_from_the_ranking_and_the_history_and_leads_on(visit, bundled, width):
    page = visit(bundled, width=width, height=844)
    name = page.locator("#rd-history .product .title").nth(1)
    title = name.inner_text()
    name.click()
    page.locator("dialog[open] h2", has_text=re.compile(rf"^{re.escape(title)}$")).wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert parameters(page)["item"] == name.get_attribute("data-item")
    neighbour = page.locator("dialog[open] .together .title").first
    other = neighbour.inner_text()
    neighbour.click()
    page.locator("dialog[open] h2", has_text=re.compile(rf"^{re.escape(other)}$")).wait_for()
    buyer = page.locator("dialog[open] .buyers a").last
    user = buyer.get_attribute("data-user")
    buyer.click()
    page.locator(".rd-who h3", has_text=re.compile(rf"Shopper {user}\b")).wait_for()
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
    asked.wait_for(state="attached")
    asked.evaluate(
        "it => { for (let at = it.closest('details'); at; at = at.parentElement.closest('details')) at.open = true }"
    )
    asked.focus()
    page.keyboard.press("Enter")
    said = page.locator(".rd-notices .rd-notice", has_text="purchases shown to the student: 1 to 4")
    said.wait_for()
    user = re.search(r"Shopper (\d+) was drawn", said.inner_text())[1]
    page.locator(".rd-who h3", has_text=f"Shopper {user} ").wait_for()
    page.wait_for_url(f"**user={user}**")
    bought = int(re.match(r"(\d+) purchase", page.locator(".rd-who .facts").inner_text())[1])
    assert 2 <= bought <= 5, "1 to 4 shown, and the hidden one"
    assert page.locator(".rd-who").evaluate("it => it.getBoundingClientRect().top < innerHeight")
