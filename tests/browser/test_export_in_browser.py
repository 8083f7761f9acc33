"""The control that takes a view away: closed at first, then files, a picture, code and a citation of what is shown."""

import csv
import io
import json

from PIL import Image
from served import example

OPEN = "#rd-export > button, #rd-export .label-wrap"


def opened(page):
    page.locator(OPEN).first.click()
    page.locator("#rd-export-cite textarea").wait_for()
    page.wait_for_function("() => document.querySelector('#rd-export-cite textarea').value.includes('Protocol')")
    return page


def saved(page, kind):
    with page.expect_download() as waiting:
        page.locator(f"#rd-export-{kind}").click()
    return waiting.value


def test_files_are_made_when_it_is_opened_hold_the_shown_shopper_and_follow_to_another(visit, bundled):
    page = visit(f"{bundled}?user=25")
    assert page.locator("#rd-export-cite textarea").count() == 0 or not page.locator("#rd-export-cite textarea").input_value()
    page = opened(page)
    file = saved(page, "csv")
    assert file.suggested_filename == "rdrec-toys-shopper-25-rankings.csv"
    rows = list(csv.DictReader(io.StringIO(file.path().read_bytes().decode("utf-8-sig"), newline="")))
    first = page.locator(".rd-predictions .student").first.locator("li .title").first.inner_text()
    assert rows[0]["title"] == first and {row["user"] for row in rows} == {"25"}
    page.locator("#rd-export-part label", has_text="purchases").click()
    page.wait_for_function("() => document.querySelector('#rd-export-python textarea').value.includes('/rationales')")
    found = json.loads(saved(page, "json").path().read_text("utf-8"))
    assert found["view"]["user"] == 25 and found["history"] and found["view"]["link"].startswith(bundled)
    example(page, 1)
    page.wait_for_function("() => !document.querySelector('#rd-export-cite textarea').value.includes('shopper 25,')")


def test_the_chart_is_a_picture_although_its_tab_was_never_opened(visit, bundled):
    file = saved(opened(visit(bundled)), "png")
    assert file.suggested_filename == "rdrec-toys-evidence-sequential-NDCG10.png"
    picture = Image.open(file.path()).convert("RGB")
    assert picture.size[0] == 2000 and picture.size[1] > 600
    assert picture.getpixel((2, 2)) == (255, 255, 255) and len(picture.getcolors(1 << 20)) > 20


def test_a_phone_needs_no_sideways_scrolling(visit, bundled):
    page = opened(visit(f"{bundled}?__theme=dark", width=390, height=844))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
