"""The tour as data: every stop has its words, names a tab that is there, and reaches the browser as text."""

import json
import re

from rdrec.core.home import PROJECT
from rdrec.ui import browser
from rdrec.ui.learn import strings as learn_texts
from rdrec.ui.page import build_page


def test_there_are_six_stops_with_words_of_their_own():
    assert len(browser.STEPS) == 6
    assert {(step.title, step.text) for step in browser.STEPS} == set(learn_texts.TOUR.values())
    assert all(step.at.startswith("#rd-") and len(step.text) < 260 for step in browser.STEPS)


def test_its_tabs_and_elements_are_the_pages(catalogue):
    made = build_page(catalogue).blocks.values()
    tabs = {block.label for block in made if type(block).__name__ == "Tab"}
    ids = {block.elem_id for block in made if block.elem_id}
    assert {step.tab for step in browser.STEPS if step.tab} <= tabs
    for selector in [step.at for step in browser.STEPS]:
        assert re.match(r"#([\w-]+)", selector)[1] in ids, selector


def test_the_data_cannot_become_a_tag():
    head = browser.head(PROJECT / "assets" / "learn.js", PROJECT / "assets" / "access.js")
    data = re.search(r"window\.rdTour = (.*);</script>\n<script>// Links", head)[1]
    assert "<" not in data and len(json.loads(data)["steps"]) == len(browser.STEPS)
    assert head.count("<script>") == head.count("</script>") == 3


def test_the_scripts_make_no_markup_and_ask_nobody():
    for name in ("learn.js", "lecture.js", "access.js"):
        script = (PROJECT / "assets" / name).read_text("utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|fetch\(|https?:", script)
    style = (PROJECT / "assets" / "learn.css").read_text("utf-8")
    assert "http" not in style and "@import" not in style and "url(" not in style
