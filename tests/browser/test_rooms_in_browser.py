"""Voting by phone in real browsers: a lecturer and phones, from opening the room to its end."""

import json

import pytest
from axe import barriers
from payloads import HOSTILE
from served import click_tab, launched

from rdrec.core.settings import changed
from rdrec.explorer import guess, sentences
from rdrec.explorer.rooms import Choice, RoomQuestion
from rdrec.ui.learn import strings as learn_texts
from rdrec.ui.page import build_page
from rdrec.ui.rooms import strings as words

pytestmark = pytest.mark.browser
CHOICE, ROOM = "#choices .choice", ".rd-room"


@pytest.fixture(scope="module")
def demo(catalogue):
    """A page on the small set; phones ask every second what is new, so that nothing waits long for them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(changed(), "page.room_poll", 1)
        made = build_page(catalogue)
        made.address = launched(made)
        yield made
        made.close()


STRANGE = ":is(script, iframe, img, svg, object, embed, video, style, link, base, details)"


def press(page, name):
    page.locator(f"{ROOM} [data-room={name}]").click()


def opened(visit, demo, **more):
    """The lecturer's page with an open room, and the room's code."""
    page = visit(f"{demo.address}?user=1", **more)
    click_tab(page, learn_texts.TAB)
    press(page, "open")
    page.locator(f"{ROOM} .how .code:not(:empty)").wait_for()
    return page, page.locator(f"{ROOM} .how .code").inner_text().replace(" ", "")


def joined(visit, demo, code, **more):
    return visit(f"{demo.address}?room={code}", wait="#said:not([hidden])", **{"width": 390, "height": 844, **more})


def counts(page):
    return page.locator(f"{ROOM} .choices .count").all_inner_texts()


def wait_for_counts(page, expected):
    page.wait_for_function(
        "expected => JSON.stringify([...document.querySelectorAll('.rd-room .choices .count')].map(it => it.innerText)) === expected",
        arg=json.dumps(expected, separators=(",", ":")),
    )


@pytest.mark.parametrize("width", [1280, 390])
def test_the_teach_menu_leads_to_the_room(visit, demo, width):
    page = visit(f"{demo.address}?user=1", width=width)
    page.locator("#rd-teach-menu [data-menu]").click()
    page.locator("#rd-teach .door", has_text=words.TITLE).focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.activeElement?.matches('.rd-room [data-room=open]')")
    page.wait_for_function("() => Math.abs(document.querySelector('.rd-room').getBoundingClientRect().top - 14) < 4")
    assert not page.locator("#rd-teach").is_visible(), "the menu is closed"
    page.keyboard.press("Enter")
    page.locator(f"{ROOM} .how .code:not(:empty)").wait_for()


def test_a_class_votes_from_the_opening_to_the_answer(visit, demo, store):
    lecturer, code = opened(visit, demo)
    lecturer.wait_for_url("**hide=1**")
    one, two = joined(visit, demo, code), joined(visit, demo, code)
    assert one.locator("#said").inner_text() == sentences.JOINED
    press(lecturer, "ask-guess")
    for phone in (one, two):
        phone.locator(CHOICE).nth(4).wait_for()
    hidden = guess.question(store, 1)
    right = hidden.numbers.index(hidden.truth)
    wrong = (right + 1) % 5
    one.locator(CHOICE).nth(right).click()
    one.locator(f"{CHOICE}[aria-pressed=true]").wait_for()
    expected = ["0"] * 5
    expected[right] = "1"
    wait_for_counts(lecturer, expected)
    two.locator(CHOICE).nth(right).click()
    two.locator(f"{CHOICE}[aria-pressed=true]").wait_for()
    two.locator(CHOICE).nth(wrong).click()
    expected[wrong] = "1"
    wait_for_counts(lecturer, expected)
    assert words.ANSWER not in lecturer.locator(f"{ROOM} .choices").inner_text()
    for phone in (one, two):
        assert phone.locator("#because").is_hidden() and phone.locator(".right").count() == 0
        assert barriers(phone) == [] and phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert barriers(lecturer, ROOM) == []
    press(lecturer, "close")
    one.wait_for_function("() => document.querySelector('#choices .choice').disabled")
    press(lecturer, "reveal")
    lecturer.locator(f"{ROOM} .choices li.right").wait_for()
    for phone in (one, two):
        phone.locator("#because:not([hidden])").wait_for()
        assert barriers(phone) == []
    assert "right answer" in one.locator("#said").inner_text() and "The answer is" in two.locator("#said").inner_text()
    press(lecturer, "ask-help")
    two.locator(CHOICE, has_text="Can’t tell").click()
    wait_for_counts(lecturer, ["0", "0", "1"])
    press(lecturer, "end")
    one.locator("#join:not([hidden])").wait_for()
    assert lecturer.locator(f"{ROOM} .wrong").inner_text() == words.ENDED
    lecturer.wait_for_function("() => !location.search.includes('hide=1')")
    assert lecturer.locator(f"{ROOM} [data-room=open]").is_visible()


def test_a_reload_finds_the_room_again_and_its_vote(visit, demo):
    lecturer, code = opened(visit, demo)
    press(lecturer, "ask-guess")
    phone = joined(visit, demo, code)
    phone.locator(CHOICE).nth(2).click()
    wait_for_counts(lecturer, ["0", "0", "1", "0", "0"])
    for page in (lecturer, phone):
        page.reload()
    phone.locator(f"{CHOICE}[aria-pressed=true]").wait_for()
    lecturer.locator(".rd-predictions .student, #rd-guess button").first.wait_for(state="attached")
    if not lecturer.locator(ROOM).is_visible():
        click_tab(lecturer, learn_texts.TAB)
    wait_for_counts(lecturer, ["0", "0", "1", "0", "0"])
    second_tab = phone.context.new_page()
    second_tab.goto(f"{demo.address}?room={code}")
    second_tab.locator(CHOICE).nth(3).click()
    wait_for_counts(lecturer, ["0", "0", "0", "1", "0"])
    press(lecturer, "end")


def test_the_key_is_in_no_address_and_on_no_phone(visit, demo):
    lecturer, code = opened(visit, demo)
    key = json.loads(lecturer.evaluate("sessionStorage.getItem('rdrec-room')"))["key"]
    asked = []
    lecturer.on("request", lambda request: asked.append(request.url))
    press(lecturer, "ask-help")
    wait_for_counts(lecturer, ["0", "0", "0"])
    lecturer.reload()
    lecturer.locator(".rd-predictions .student, #rd-guess button").first.wait_for(state="attached")
    assert any("rooms/stream" in url for url in asked) and not any(key in url for url in asked)
    phone = joined(visit, demo, code)
    assert key not in phone.content() and phone.evaluate("document.cookie") == "", "the ballot is out of reach of scripts"
    lecturer.evaluate("sessionStorage.clear()")


def test_the_keyboard_votes_and_the_choice_keeps_the_focus(visit, demo):
    lecturer, code = opened(visit, demo)
    press(lecturer, "ask-guess")
    phone = joined(visit, demo, code)
    phone.locator(CHOICE).first.wait_for()
    phone.keyboard.press("Tab")
    phone.keyboard.press("Tab")
    phone.keyboard.press("Enter")
    phone.wait_for_function("() => document.activeElement.getAttribute('aria-pressed') === 'true'")
    wait_for_counts(lecturer, ["0", "1", "0", "0", "0"])
    lecturer.locator(f"{ROOM} .qr").focus()
    lecturer.keyboard.press("Enter")
    lecturer.locator(f"{ROOM} dialog[open] img").wait_for()
    assert barriers(lecturer, ROOM) == []
    lecturer.keyboard.press("Escape")
    lecturer.locator(f"{ROOM} dialog[open]").wait_for(state="detached")
    press(lecturer, "veil")
    wait_for_counts(lecturer, [""] * 5)
    press(lecturer, "unveil")
    wait_for_counts(lecturer, ["0", "1", "0", "0", "0"])
    press(lecturer, "end")


def test_an_unknown_room_gets_one_sentence_and_a_way_in(visit, demo):
    phone = visit(f"{demo.address}?room=NOSUCH", width=390, height=844, wait="#join:not([hidden])")
    assert phone.locator("main").inner_text().count("There is no room with this code") == 1
    assert phone.locator(CHOICE).count() == 0 and barriers(phone) == []
    lecturer, code = opened(visit, demo)
    phone.locator("#code").fill(code.lower())
    phone.locator("#join button").click()
    phone.locator("#where:not([hidden])").wait_for()
    assert phone.locator("#said").inner_text() == sentences.JOINED
    press(lecturer, "end")


def test_hostile_titles_stay_text_on_phones_and_on_the_projector(visit, demo):
    """One question after another in one room, until every hostile text was asked."""
    lecturer, code = opened(visit, demo)
    phone = joined(visit, demo, code)
    key = json.loads(lecturer.evaluate("sessionStorage.getItem('rdrec-room')"))["key"]
    parts = [HOSTILE[at : at + 12] for at in range(0, len(HOSTILE), 12)]
    assert len(parts) == 4
    for some in parts:
        texts = (some * 5)[:12]
        choices = tuple(Choice(letter, text, note) for letter, text, note in zip("ABCDE", texts[:5], texts[5:10], strict=True))
        demo.rdrec_rooms.rooms.ask(code, key, RoomQuestion(texts[10], choices, "A", texts[11], tuple(texts[:3])))
        phone.locator(".right").wait_for(state="detached")  # the answer of the question before
        phone.locator(CHOICE).first.click()
        wait_for_counts(lecturer, ["1", "0", "0", "0", "0"])
        press(lecturer, "reveal")
        phone.locator(".right").wait_for()
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390
        assert phone.evaluate(f"document.querySelectorAll('main {STRANGE}').length") == 0
        assert (
            lecturer.evaluate(
                "document.querySelectorAll('.rd-room .vote :is(script, iframe, img, svg, object, style, a)').length"
            )
            == 0
        )
    press(lecturer, "end")


@pytest.mark.parametrize(("theme", "width"), [("dark", 1280), ("light", 390)])
def test_no_barrier_on_the_panel(visit, demo, theme, width):
    page = visit(f"{demo.address}?__theme={theme}&user=1", width=width, height=844)
    click_tab(page, learn_texts.TAB)
    page.locator(f"{ROOM} [data-room=open]").wait_for()
    assert barriers(page, ROOM) == []
    press(page, "open")
    page.locator(f"{ROOM} .how .code:not(:empty)").wait_for()
    press(page, "ask-guess")
    wait_for_counts(page, ["0"] * 5)
    press(page, "reveal")
    page.locator(f"{ROOM} .choices li.right").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width and barriers(page, ROOM) == []
    press(page, "end")
