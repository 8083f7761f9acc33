"""Pictures of every panel in every look: `make screenshots` writes assets/screenshots/ anew.

In: the data set that ships, or the address of a page.  Out: WebP files NAME-LOOK.webp, few colours, no loss among them: letters stay
sharp, and they are smaller than palette PNG or lossy WebP of the same picture.  It stands beside the tests, and is no `rdrec bench`,
because it drives the page with what only the tests install: Playwright and Debian's Chromium.
To add a picture, add a `View`; a view that does not get ready within `PATIENCE_MS` stops the command, and no old picture is lost.
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from chromium import CHROMIUM, QUIET
from PIL import Image
from served import click_tab, launched, settled

from rdrec.core.home import PROJECT, Home
from rdrec.explorer.catalogue import find_stores
from rdrec.ui import texts
from rdrec.ui.learn import strings as learn_texts
from rdrec.ui.teacher import strings as distil_texts
from rdrec.ui.why import strings as why_texts

FOLDER = PROJECT / "assets" / "screenshots"
PATIENCE_MS = 120_000  # the first live run loads both students
COLOURS = 128  # both students' accents, marks and all greys of smoothed letters; fewer shows bands
MAX_BYTES = 3_200_000  # all pictures together: they travel with every copy of the project
FIRST_VIEW = ".rd-predictions .student"


@dataclass(frozen=True, slots=True)
class Look:
    """A screen: `query` goes into the address."""

    name: str
    width: int = 1280
    height: int = 800
    query: str = "__theme=light"
    scale: int = 1  # pixels of the picture for one of the page


@dataclass(frozen=True, slots=True)
class View:
    """A panel.

    tab     its tab, opened first; what is shown then begins at the tabs
    press   selectors pressed in turn
    wait    a selector that is there when it is whole
    top     a selector that stands at the top of the picture; None: the tabs where there is a tab, else the page's beginning
    query   more of the address
    """

    name: str
    wait: str
    tab: str | None = None
    press: tuple[str, ...] = ()
    top: str | None = None
    query: str = ""


LOOKS = (
    Look("light"),
    Look("dark", query="__theme=dark"),
    Look("phone", 390, 844, scale=2),
    Look("large", query="__theme=light&large=1"),
)
VIEWS = (
    View("explore", FIRST_VIEW),
    View("live", "#rd-live .rd-live", press=("#rd-run",)),
    View("reviews", ".rd-history mark", texts.TAB_EXPLORE, top="#rd-history"),
    View("distil", "#rd-distil-result mark", distil_texts.TAB, ("#rd-distil-run",), "#rd-distil-text"),
    View("writing", ".rd-writing .cell", texts.TAB_EXPLORE, ("#rd-writing > button",), top="#rd-writing"),
    View("why", ".rd-what-if", why_texts.TAB),
    View("evidence", ".rd-chart .scatterlayer .point", texts.TAB_EVIDENCE),
    View("slices", "#rd-slices", texts.TAB_EVIDENCE, ("#rd-part-seeds > summary",), top="#rd-slices"),
    View(
        "guess",
        ".rd-guess .reveal",
        press=("#rd-guess li:nth-of-type(2) button", "#rd-guess li:nth-of-type(4) button"),
        query="hide=1",
    ),
    View("own", "#rd-own-answer .student", why_texts.TAB, top="#rd-own", query="own=12,7,99"),
    View("table", ".rd-table [role=gridcell]", texts.TAB_EXPLORE, ("#rd-table > button",), top="#rd-table"),
    View("lesson", "#rd-chapter-1", learn_texts.TAB, top="#rd-lessons", query="chapter=1"),
    View("item", "dialog[open]", press=("#rd-next .student li .title",)),
    View("export", "#rd-export-cite textarea", press=("#rd-export > button",), top="#rd-export"),
    View("tour", ".rd-tour[data-step='1']", press=(".rd-header [data-tour]", ".rd-tour[data-step='0'] .primary")),
)


def take(browser, address: str, folder: Path, views: Iterable[View] = VIEWS, looks: Iterable[Look] = LOOKS) -> list[Path]:
    """One file for each view in each look, in their order."""
    made, views = [], tuple(views)
    for look in looks:
        context = browser.new_context(
            viewport={"width": look.width, "height": look.height}, device_scale_factor=look.scale, reduced_motion="reduce"
        )
        for view in views:
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            page.goto(f"{address}?{'&'.join(filter(None, (look.query, view.query)))}")
            _get_ready(page, view)
            made.append(folder / f"{view.name}-{look.name}.webp")
            _write(page.screenshot(), made[-1])
            page.close()
        context.close()
    return made


def replace(made: Sequence[Path], folder: Path) -> int:
    """Put new pictures in the place of all old ones, and count their bytes.  Refuses more than `MAX_BYTES`."""
    size = sum(path.stat().st_size for path in made)
    if size > MAX_BYTES:
        raise SystemExit(f"{len(made)} pictures have {size:,} bytes, more than {MAX_BYTES:,}: take fewer views or colours")
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.webp"):
        old.unlink()
    for path in made:
        shutil.copyfile(path, folder / path.name)
    return size


def _get_ready(page, view: View) -> None:
    page.wait_for_selector(FIRST_VIEW, state="attached")  # while one guesses, the lists are there and closed
    if view.tab:
        click_tab(page, view.tab)
        settled(page)  # a button reads what the tab was filled with
    for selector in view.press:
        page.locator(selector).locator("visible=true").first.click()
    page.locator(view.wait).locator("visible=true").first.wait_for()
    page.wait_for_function("() => !document.querySelector('.pending, .generating') && document.fonts.status === 'loaded'")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.rd-code textarea')].every(it => !it.offsetParent || it.value)"
    )
    top = view.top or ("#rd-tabs" if view.tab else None)
    if top:
        page.locator(top).evaluate("it => window.scrollTo(0, it.getBoundingClientRect().top + scrollY - 12)")
    page.mouse.move(0, 0)
    settled(page)  # what follows the scrolling: the tour's frame, a chart's layout


def _write(png: bytes, path: Path) -> None:
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    few = picture.quantize(COLOURS, dither=Image.Dither.NONE).convert("RGB")
    few.save(path, lossless=True, method=6)


def main(arguments: Sequence[str] | None = None) -> int:
    from playwright.sync_api import sync_playwright

    from rdrec.ui.page import build_page

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], epilog="example: make screenshots")
    parser.add_argument(
        "--out", type=Path, default=FOLDER, help="folder whose *.webp are replaced (default assets/screenshots)"
    )
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as started:
        demo = build_page(find_stores(Home(Path(temporary) / "home"), PROJECT))
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        try:
            made = take(browser, launched(demo), Path(temporary))
            size = replace(made, options.out)
        finally:
            browser.close()
            demo.close()
    print(f"{len(made)} pictures, {size:,} bytes, in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
