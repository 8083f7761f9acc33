"""Train for a minute, in real browsers: a student is watched, a second visitor is refused, and a closed tab ends the training."""

import os
import re
import time

import pytest
from axe import barriers
from payloads import HOSTILE
from served import click_tab, launched

from rdrec.core.home import PROJECT, Home
from rdrec.explorer import guess
from rdrec.explorer.catalogue import find_stores
from rdrec.explorer.lab import Lab
from rdrec.explorer.lab_records import Beat, Begun, Ended, Look, Score
from rdrec.ui import texts
from rdrec.ui.lab import strings as words
from rdrec.ui.learn import strings as learn_texts
from rdrec.ui.page import build_page

pytestmark = pytest.mark.browser
expect = pytest.importorskip("playwright.sync_api").expect
SHOWN = "#rd-lab-shown"
PATIENCE = 90_000


@pytest.fixture(scope="module")
def page_of(tmp_path_factory):
    """A page on the shipped set on which a small student may be trained; its lab is `page_of.lab`."""
    if not (PROJECT / "precomputed" / "toys" / "manifest.json").is_file():
        pytest.skip("the shipped set is not here")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RDREC_LAB_SHOPPERS", "20")
        lab, catalogue = Lab(), find_stores(Home(tmp_path_factory.mktemp("fresh")), PROJECT)
        demo = build_page(catalogue, lab=lab)
        demo.lab, demo.store, demo.address = lab, catalogue.stores["toys"], launched(demo)
        yield demo
        lab.close()
        demo.close()


def opened(visit, demo, **more):
    return visit(f"{demo.address}?lab=1", wait="#rd-lab-train", **more)


def training(page):
    """Press Train and wait for curves of several points and a sentence."""
    page.locator("#rd-lab-train").click()
    page.wait_for_function(
        "() => (document.querySelector('.rd-lab svg.mine polyline')?.getAttribute('points') ?? '').split(' ').length > 3",
    )


def ends(lab, seconds=30):
    """Whether the training is over within some seconds."""
    end = time.monotonic() + seconds
    while lab._worker is not None and time.monotonic() < end:
        time.sleep(0.05)
    return lab._worker is None


def test_one_trains_at_a_time_others_get_live_answers_and_a_press_or_a_closed_tab_ends_it(visit, page_of):
    page = opened(visit, page_of)
    training(page)
    assert page.locator(f"{SHOWN} .says li").count() >= 2
    assert page.locator(f"{SHOWN} .says li").last.inner_text().startswith(words.AT.format(step=0))
    assert page.locator(f"{SHOWN} .truth .word").count() > 0 and words.RUNNING in page.locator(f"{SHOWN} .state").inner_text()
    assert re.search(r"Best sellers\s*[\d.]+", page.locator(f"{SHOWN} figure").nth(1).inner_text())
    expect(page.locator("#rd-lab-train")).to_be_disabled()
    assert barriers(page, "#rd-lab") == []
    other = opened(visit, page_of)
    other.locator("#rd-lab-train").click()
    other.locator(f"{SHOWN} .rd-notice").wait_for()
    assert re.search(r"at most \d+ seconds", other.locator(f"{SHOWN} .rd-notice").inner_text())
    expect(other.locator("#rd-lab-train")).to_be_enabled()
    expect(other.locator("#rd-lab-stop")).to_be_disabled()
    page.locator("#rd-lab-stop").click()
    page.locator(f"{SHOWN} [role=status]", has_text=words.STOPPED).wait_for()
    assert page.locator(f"{SHOWN} .says li").count() >= 2, "what was seen stays"
    assert ends(page_of.lab)
    expect(page.locator("#rd-lab-train")).to_be_enabled()
    other.locator("#rd-lab-train").click()
    expect(other.locator(f"{SHOWN} .state")).to_contain_text(words.RUNNING, timeout=PATIENCE)
    pid = page_of.lab._worker._process.pid
    click_tab(page, texts.TAB_EXPLORE)
    page.locator("#rd-run").click()
    page.locator("#rd-live .rd-live").wait_for()
    os.kill(pid, 0)
    other.close()
    assert ends(page_of.lab)


@pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 1280)])
def test_hostile_sentences_stay_text_and_there_is_no_barrier(visit, page_of, monkeypatch, theme, width):
    said = iter(HOSTILE[:12])

    def train(*_):
        yield Beat(0.0)
        yield Begun(20, 9, 40, 1_000, 18, {"popularity": Score(0.03, 4, 9)})
        for step, sentence in enumerate(said):
            yield Look(step, 1.0, 1.0, sentence, Score(0.1, 2, 9))
        yield Ended("time")

    monkeypatch.setattr(page_of.lab, "train", train)
    page = visit(f"{page_of.address}?lab=1&__theme={theme}", wait="#rd-lab-train", width=width, height=844)
    page.locator("#rd-lab-train").click()
    page.locator(f"{SHOWN} [role=status]", has_text=words.TIME).wait_for()
    strange = f"document.querySelectorAll('{SHOWN} :is(script, iframe, img, object, embed, video, style, link, base, details, a)').length"
    assert page.evaluate(strange) == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width and barriers(page, "#rd-lab") == []


def test_what_moves_the_shopper_is_told_after_the_guess(visit, page_of, monkeypatch):
    """`Guess first` holds it back in the lab too; the reveal shows it in what was trained before."""
    store = page_of.store
    user = next(shopper.user for shopper in store.featured_users() if guess.question(store, shopper.user))
    motives = [one.text for one in store.motives(user)]

    def train(*_):
        yield Beat(0.0)
        yield Begun(20, 9, 40, 1_000, 18, {"popularity": Score(0.03, 4, 9)})
        yield Look(1, 1.0, 1.0, f"The user prefers {motives[0]} and unheard things.", Score(0.1, 2, 9))
        yield Ended("time")

    monkeypatch.setattr(page_of.lab, "train", train)
    page = visit(f"{page_of.address}?user={user}&hide=1&lab=1&tab=learn", wait="#rd-lab-train")
    page.locator("#rd-lab-train").click()
    page.locator(f"{SHOWN} [role=status]", has_text=words.TIME).wait_for(timeout=60_000)
    shown = page.locator(SHOWN)
    assert words.WITHHELD.format(user=user) in shown.inner_text() and motives[0] in shown.inner_text()
    told = [f"✓ in {place}" for place in (".word", ".sign", ".truth .word") if shown.locator(place).count()]
    assert (
        told == [] and not any(motive in shown.inner_html() for motive in motives[1:]) and "Rank of" not in shown.inner_text()
    )
    click_tab(page, texts.TAB_EXPLORE)
    page.locator("#rd-guess button.candidate").first.click()
    page.locator("#rd-guess [data-guess='reveal']").click()
    page.locator("#rd-next .verdict").wait_for()
    click_tab(page, learn_texts.TAB)
    page.locator(f"{SHOWN} .truth .word").first.wait_for(timeout=20_000)
    assert page.locator(f"{SHOWN} .word.right").count() == 1 and page.locator(f"{SHOWN} .word.wrong").count() == 1


def test_the_lecture_leads_to_it_where_it_is_allowed(visit, page_of, bundled):
    page = visit(f"{page_of.address}?chapter=3", wait="#rd-chapter-3")
    page.locator(".rd-lecture .door", has_text=learn_texts.SEE_LAB).click()
    page.locator("#rd-lab-train:visible").wait_for()
    without = visit(f"{bundled}?chapter=3", wait="#rd-chapter-3")
    assert without.locator(".rd-lecture .door:visible", has_text=learn_texts.SEE_LAB).count() == 0
    assert "rdrec serve --lab" in without.locator("#rd-lab").inner_text() and without.locator("#rd-lab-train").count() == 0
