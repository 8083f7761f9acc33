"""Teachers side by side in a real browser: the language model first, its unsupported claims marked, the answer key named as such."""

from pathlib import Path

import pytest
from made_model import MORE, READ, with_model
from made_set import write_set
from served import launched

from rdrec.core.home import Home
from rdrec.explorer.catalogue import find_stores
from rdrec.ui.page import build_page

pytestmark = pytest.mark.browser
UNREAD = 4  # a featured shopper whose reviews the language model has not read


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("home"))
    write_set(home.root / "precomputed", edit=with_model, more=MORE)
    demo = build_page(find_stores(home, Path("/nowhere")))
    yield launched(demo)
    demo.close()


def test_all_teachers_of_a_review_stand_side_by_side(visit, address):
    page = visit(f"{address}?user={READ[0]}")
    first = page.locator(".rd-history .purchase").filter(has=page.locator("details.compare")).first
    assert "toy-1b" in first.locator(".rationale .by").inner_text()
    flags = first.locator(".rationale .flag").all_inner_texts()
    assert len(flags) == 2 and "prompt's examples" in flags[0] and "says the opposite" in flags[1]
    assert not first.locator(".others").is_visible()
    first.locator("details.compare > summary").click()
    cards = first.locator(".others > .other")
    assert cards.count() == 3
    assert [card.locator(".by").inner_text() for card in cards.all()] == [
        "toy-1b, a language model",
        "Offline teacher, rules, no model",
        "Answer key, written together with the reviews",
    ]
    assert cards.nth(0).locator(".flag").count() == 2 and cards.nth(2).locator(".flag").count() == 0
    cards.nth(0).locator("summary").click()
    assert '"likes"' in cards.nth(0).locator("pre").inner_text()
    boxes = [card.bounding_box() for card in cards.all()]
    assert len({round(box["y"]) for box in boxes}) == 1, "in one row on a wide screen"


def test_a_phone_has_them_below_each_other_and_nothing_sticks_out(visit, address):
    page = visit(f"{address}?user={READ[0]}", width=390)
    summary = page.locator("details.compare > summary").first
    summary.scroll_into_view_if_needed()
    summary.click()
    boxes = [card.bounding_box() for card in page.locator("details.compare").first.locator(".other").all()]
    assert len({round(box["x"]) for box in boxes}) == 1 and all(box["x"] + box["width"] <= 390 for box in boxes)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_where_the_model_has_not_read_the_students_teacher_is_shown(visit, address):
    page = visit(f"{address}?user={UNREAD}")
    names = set(page.locator(".rd-history .rationale .by b").all_inner_texts())
    assert names == {"Offline teacher"}
