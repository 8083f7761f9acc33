"""A class in a real browser: nothing tells the hidden purchase before the reveal, the tally, the lock, large type, shared links."""

import re

import pytest
from axe import barriers
from served import click_tab, example, settled, switch

from rdrec.core.home import PROJECT, Home
from rdrec.explorer import guess
from rdrec.explorer.catalogue import find_stores
from rdrec.ui import texts
from rdrec.ui.explore import guess_strings as guess_texts
from rdrec.ui.why import strings as why_texts

pytestmark = pytest.mark.browser
CANDIDATE = "#rd-guess button.candidate"
TELLING = (
    "true purchase",
    "Bought next: ",
    "Over all ",
    texts.TOP_MISS,
    texts.TOP_HIT,
    "Chosen as an example",
    "largest gain",
    *texts.FEATURED.values(),
)
BODY = "document.body.querySelector('gradio-app, .gradio-container').outerHTML"


def truth(store, user):
    return guess.question(store, user).truth


def wrong(store, user):
    return next(number for number in guess.question(store, user).numbers if number != truth(store, user))


def press(page, item, count):
    page.locator(f"#rd-guess [data-guess='{item}']").click()
    page.locator("#rd-guess .count", has_text=f"{count} guess").wait_for()


def reveal(page):
    page.locator("#rd-guess [data-guess='reveal']").click()
    page.locator("#rd-guess .answer").wait_for()
    page.locator("#rd-next .verdict").wait_for()


def told(page):
    """What of TELLING stands anywhere in the page: texts, attributes, closed and hidden parts."""
    html = page.evaluate(BODY)
    return [words for words in TELLING if words in html]


def test_a_shared_link_hides_the_truth_until_the_class_has_guessed(visit, address, store):
    page = visit(f"{address}?user=1&hide=1", wait=CANDIDATE)
    assert page.locator(CANDIDATE).count() == 5 and page.locator("#rd-hide input").is_checked()
    assert told(page) == [] and page.locator("#rd-next .true, #rd-next .beyond, #rd-real .rd-real").count() == 0
    hidden = store.history(1)[-1]
    page.locator("#rd-guess [data-guess='reveal']").wait_for(state="detached")
    for part in ("#rd-writing", "#rd-table"):
        page.locator(f"{part} > button").click()
        settled(page)
        assert told(page) == [] and not (hidden.review and hidden.review[:60] in page.evaluate(BODY))
        assert page.locator(".rd-history .purchase.test").count() == 0
    press(page, wrong(store, 1), 1)
    press(page, truth(store, 1), 2)
    assert told(page) == []
    reveal(page)
    assert page.locator("#rd-guess li.true .badge", has_text="true purchase").count() == 1
    assert "1 of 2 guessed it" in page.locator("#rd-guess .answer").inner_text()
    assert page.locator(".rd-history .purchase.test").count() == 1 and page.locator("#rd-real .rd-real").count() == 1


def test_switching_it_on_takes_the_truth_away_and_writes_the_link(visit, address):
    page = visit(f"{address}?user=1")
    assert "Bought next: " in told(page)
    switch(page, "hide", True)
    page.locator(CANDIDATE).first.wait_for()
    page.wait_for_url("**hide=1**")
    assert told(page) == []
    labels = page.locator("#rd-featured label").all_inner_texts()
    assert labels and all(re.fullmatch(r"Shopper \d+", label.strip()) for label in labels), labels
    switch(page, "hide", False)
    page.locator("#rd-next .verdict").wait_for()
    page.wait_for_function("() => !location.search.includes('hide')")
    assert page.locator("#rd-guess .rd-guess").count() == 0


def test_another_shopper_is_a_new_question_and_the_tally_goes_on(visit, address, store):
    page = visit(f"{address}?user=1&hide=1", wait=CANDIDATE)
    press(page, truth(store, 1), 1)
    press(page, wrong(store, 1), 2)
    page.locator("#rd-guess [data-guess='back']").click()
    page.locator("#rd-guess .count", has_text="1 guess so far").wait_for()
    reveal(page)
    example(page, 1)
    page.locator(".rd-who h3", has_text="Shopper 2 ").wait_for()
    page.locator(CANDIDATE).first.wait_for()
    page.locator("#rd-next .verdict").wait_for(state="detached")
    assert told(page) == [] and page.locator("#rd-guess .tally").count() == 1, "the tally stays, the truth is hidden anew"
    press(page, wrong(store, 2), 1)
    reveal(page)
    rows = [row.split("\t") for row in page.locator("#rd-guess .tally tbody tr").all_inner_texts()]
    expected = {
        rule: sum(guess.question(store, user).picks[rule] == truth(store, user) for user in (1, 2)) for rule in guess.RULES
    }
    assert rows[0][:3] == [guess_texts.TALLY_CLASS, "1", "1"]
    assert [row[:3] for row in rows[1:4]] == [
        [guess_texts.TALLY_RULE[rule], str(n), str(2 - n)] for rule, n in expected.items()
    ]
    example(page, 0)
    page.locator(".rd-who h3", has_text="Shopper 1 ").wait_for()
    page.locator("#rd-guess .answer").wait_for()
    assert "Bought next: " in told(page), "what was revealed stays revealed"


def test_nothing_of_one_visitor_reaches_another(visit, address, store):
    page = visit(f"{address}?user=1&hide=1", wait=CANDIDATE)
    press(page, truth(store, 1), 1)
    reveal(page)
    other = visit(f"{address}?user=1&hide=1", wait=CANDIDATE)
    assert (
        told(other) == [] and other.locator("#rd-guess .tally").count() == 0 and other.locator("#rd-guess .votes").count() == 0
    )


def test_the_keyboard_guesses_and_reveals(visit, address):
    page = visit(f"{address}?user=1&hide=1", wait=CANDIDATE)
    page.locator(CANDIDATE).nth(1).focus()
    for count in (1, 2):
        page.keyboard.press("Enter")
        page.locator("#rd-guess .count", has_text=f"{count} guess").wait_for()
        page.wait_for_function("() => document.activeElement.matches('#rd-guess li:nth-of-type(2) button')")
    page.locator("#rd-guess [data-guess='reveal']").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.activeElement.matches('#rd-guess .answer')")


def test_the_live_run_and_the_task_tell_nothing_either(visit, address):
    page = visit(f"{address}?user=1&hide=1", wait=CANDIDATE)
    page.locator("#rd-run").click()
    page.locator(".rd-live").wait_for()
    assert told(page) == []
    assert page.locator("#rd-task input:checked").get_attribute("value") == "topn"
    assert page.locator("#rd-task input").first.is_disabled() and page.locator(CANDIDATE).count() == 5


def disputed(store, count=2):
    """Shoppers of whom the list of all products says otherwise than the candidates which of the five a student prefers."""
    found = []
    for user in range(1, 400):
        asked = guess.question(store, user)
        truths = store.truth(user, "sequential")
        for role, rows in store.predictions(user, "sequential").items() if asked else ():
            ranks = {one.item.item: one.rank for one in rows} | {truths[role].item.item: truths[role].rank}
            best = min((item for item in asked.numbers if item in ranks), key=ranks.get)
            if best != asked.picks[role]:
                found.append(user)
                break
        if len(found) == count:
            return found
    raise AssertionError("no shopper on whom this test could fail")


def test_what_is_scored_is_what_is_shown_before_the_reveal_and_after(visit, bundled, tmp_path):
    """Whatever list was shown before: where both lists agree on the five, scoring by the other one would go unnoticed."""
    rows = """() => [...document.querySelectorAll('#rd-next .student')].map(one =>
      [...one.querySelectorAll('li')].map(it => [+it.dataset.rank, it.querySelector('[data-item]').dataset.item]))"""
    catalogue = find_stores(Home(tmp_path), PROJECT)
    for user in disputed(catalogue.stores[catalogue.default]):
        page = visit(f"{bundled}?user={user}&hide=1&task=sequential", wait=CANDIDATE)
        before = page.evaluate(rows)
        page.locator(CANDIDATE).first.click()
        page.locator("#rd-guess .count", has_text="1 guess").wait_for()
        five = page.locator(CANDIDATE).evaluate_all("all => all.map(it => it.dataset.guess)")
        reveal(page)
        after = page.evaluate(rows)
        for shown, later in zip(before, after, strict=True):
            assert {tuple(row) for row in shown} <= {tuple(row) for row in later}, (
                "the list while guessing is the one that is scored"
            )
        picked = page.locator("#rd-guess .marks").all_inner_texts()
        cards = page.locator("#rd-guess .candidate").all()
        for student, words in ((0, "the student with rationales"), (1, "the student without")):
            ranks = {item: rank for rank, item in after[student] if item in five}
            best = min(ranks, key=ranks.get)
            card = cards[five.index(best)]
            assert re.search(rf"{words}(,|$)", card.inner_text(), re.MULTILINE), (user, words, picked)
        page.close()


def test_the_why_tab_does_not_name_it_until_the_reveal(visit, bundled, tmp_path):
    store = next(iter(find_stores(Home(tmp_path), PROJECT).stores.values()))
    # Of a purchase that is itself the first of the list nothing more is said.
    user = next(user for user in range(1, 400) if guess.question(store, user) and store.truth(user, "topn")["rdrec"].rank > 1)
    page = visit(f"{bundled}?user={user}&hide=1", wait=CANDIDATE)
    click_tab(page, why_texts.TAB)
    page.locator(".rd-what-if .columns").wait_for(timeout=90_000)
    page.locator("#rd-why-item input").click()
    page.get_by_role("option").first.wait_for()
    assert told(page) == []
    page.keyboard.press("Escape")
    click_tab(page, texts.TAB_EXPLORE)
    page.locator(CANDIDATE).first.click()
    page.locator("#rd-guess .count", has_text="1 guess").wait_for()
    reveal(page)
    click_tab(page, why_texts.TAB)
    page.locator(".rd-what-if .columns", has_text=f"The {why_texts.COMPARE_PLACE['truth']},").wait_for(timeout=90_000)
    switch(page, "hide", False)
    click_tab(page, texts.TAB_EXPLORE)
    page.locator("#rd-next .badge", has_text="true purchase").first.wait_for()


def test_a_locked_view_stays_says_so_and_can_be_unlocked(visit, address):
    page = visit(f"{address}?user=4&lock=1")
    assert texts.LOCKED.split(".")[0] in page.locator("#rd-lock-note").inner_text()
    for part in ("#rd-user", "#rd-search", "#rd-random", "#rd-examples"):
        page.wait_for_function("part => document.querySelector(part).inert", arg=part)
    page.locator("#rd-random").click(force=True)
    page.evaluate("document.querySelector('#rd-featured input').click()")
    page.locator("#rd-next .student li .title").first.click()
    page.locator("dialog[open] [data-user]").first.click()
    settled(page)
    assert "Shopper 4 " in page.locator(".rd-who h3").inner_text() and page.locator("dialog[open]").count() == 0
    assert page.evaluate("document.activeElement.matches('#rd-lock-note')")
    page.locator("#rd-task label").nth(1).click()
    page.locator("#rd-live", has_text="Top-N recommendation").wait_for()
    switch(page, "lock", False)
    page.wait_for_function("() => !location.search.includes('lock') && !document.querySelector('#rd-user').inert")
    assert not page.locator("#rd-lock-note").is_visible()
    example(page, 0)
    page.locator(".rd-who h3", has_text="Shopper 1 ").wait_for()


def test_large_type_enlarges_every_text_and_fits(visit, bundled):
    sizes = """() => Object.fromEntries(['.rd-who h3', '.rd-who .facts', '#rd-next li .title', '#rd-next small, #rd-next .small', '.rd-header h1',
      '#rd-tabs [role=tab]', '#rd-task label span', '#rd-hide span', '#rd-user input', '.rd-history .words', '[data-testid=block-info]']
      .map(at => [at, parseFloat(getComputedStyle(document.querySelector(at)).fontSize)]))"""
    page, widths = visit(bundled), (1280, 390)

    def at(width):
        page.set_viewport_size({"width": width, "height": 800})
        return page.evaluate(sizes)

    usual = {width: at(width) for width in widths}
    switch(page, "large", True)
    page.wait_for_url("**large=1**")
    for width in widths:
        large = at(width)
        assert {place for place in large if large[place] < 1.2 * usual[width][place]} == set()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    again = visit(f"{bundled}?large=1", width=width)
    assert again.evaluate(sizes) == large and again.locator("#rd-large input").is_checked()


def test_large_type_reaches_the_chart(visit, address):
    size = "() => parseFloat(getComputedStyle(document.querySelector('.rd-chart .xtick text')).fontSize)"
    page = visit(address)
    click_tab(page, texts.TAB_EVIDENCE)
    page.locator(".rd-chart .xtick text").first.wait_for()
    usual = page.evaluate(size)
    switch(page, "large", True)
    page.wait_for_function(f"usual => ({size})() >= 1.3 * usual", arg=usual)
    switch(page, "large", False)
    page.wait_for_function(f"usual => ({size})() === usual", arg=usual)


def test_unknown_values_of_the_switches_are_explained(visit, address):
    page = visit(f"{address}?hide=yes&lock=%3Cb%3E&large=2", wait=".rd-notices .rd-notice")
    words = page.locator(".rd-notices .rd-notice").inner_text()
    assert (
        "hide in the address" in words
        and "lock in the address" in words
        and "“<b>”" in words
        and "large in the address" in words
    )
    assert not any(page.locator(f"#rd-{key} input").is_checked() for key in ("hide", "lock", "large"))


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_no_barrier_while_one_guesses_and_after_the_reveal(visit, bundled, theme, width):
    page = visit(f"{bundled}?__theme={theme}&hide=1&lock=1&large=1", width=width, height=844, wait=CANDIDATE)
    assert page.evaluate("document.documentElement.scrollWidth") <= width and barriers(page) == []
    page.locator(CANDIDATE).nth(2).click()
    page.locator("#rd-guess .count", has_text="1 guess").wait_for()
    reveal(page)
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert barriers(page, "#rd-guess") == barriers(page, "#rd-next") == []
