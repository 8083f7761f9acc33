"""Small pieces that several panels share: product names, stars, dates, percentages, notices.

In: records of the store.  Out: elements or plain words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeVar

from rdrec.core.records import RDRecError
from rdrec.explorer.answers import Item
from rdrec.explorer.dates import date_words
from rdrec.explorer.sentences import failed
from rdrec.explorer.store import name
from rdrec.ui import texts
from rdrec.ui.render import Child, Html, element, join, page, plain

T = TypeVar("T")
TITLE_CHARS = 160  # longer titles are lists of search words
CACHED = 5_000  # products, ratings and days whose markup is kept: the same for all shoppers
STUDENT_CLASS = {"rdrec": "with", "baseline": "without"}


@lru_cache(maxsize=CACHED)
def item_link(item: Item) -> Html:
    """The name of a product as a link that opens its card; `?item=` in an address does the same."""
    title = plain(name(item), TITLE_CHARS)
    return element(
        "a", element("bdi", title), href=f"?item={item.item}", cls="title", title=title, data_item=item.item, aria_haspopup="dialog"
    )  # fmt: skip


def item_name(item: Item) -> Html:
    """The title, which opens the product's card; without a title the key and what reviewers mention."""
    if item.title or not item.said:
        return item_link(item)
    return join(item_link(item), " ", element("span", texts.SAID.format(said=", ".join(item.said)), cls="said"))


@lru_cache(maxsize=CACHED)
def stars(rating: float | None) -> Html | None:
    if rating is None:
        return None
    full = max(0, min(5, round(rating)))
    words = texts.STARS.format(rating=f"{rating:g}")
    return element(
        "span",
        element("span", "★" * full, cls="full"),
        element("span", "★" * (5 - full), cls="none"),
        cls="stars", role="img", aria_label=words, title=words,
    )  # fmt: skip


@lru_cache(maxsize=CACHED)
def time_tag(timestamp: int | None) -> Html:
    machine = None if timestamp is None else date_words(timestamp, "%Y-%m-%d")
    return element("time", date_words(timestamp), datetime=machine)


def percent(share: float) -> str:
    """Two figures that matter: 26 %, 2.3 %, 0.04 %."""
    value = 100 * share
    if value >= 9.95:
        return f"{value:.0f} %"
    return f"{value:.1f} %" if value >= 0.95 else (f"{value:.2f} %" if value >= 0.005 else "<0.01 %")


def notice(*sentences: str) -> Html:
    return element("div", *(element("p", sentence) for sentence in sentences), cls="rd-notice", role="alert")


def notice_html(sentences: Sequence[str]) -> str:
    """What the page's notice is given: each sentence once; nothing for none."""
    return page(notice(*dict.fromkeys(sentences))) if sentences else ""


def attempt(make: Callable[[], T], instead: T) -> tuple[T, tuple[str, ...]]:
    """What `make` answers; where a table cannot be read, `instead` and the sentence that says so."""
    try:
        return make(), ()
    except RDRecError as error:
        return instead, (failed(error),)


def small_print(*children: Child) -> Html:
    return element("p", *children, cls="small")


def door(text: str, tab: str, to: str, *, focus: str | None = None) -> Html:
    """A button that opens a tab and goes to a part of it; focus: a selector of what gets the keyboard there, else the part itself."""
    return element("button", text, type="button", cls="door", data_tab=tab, data_to=to, data_focus=focus)


def heading(number: int | None, words: str, level: str = "h2") -> Html:
    badge = None if number is None else element("span", str(number), cls="step", aria_hidden="true")
    return element(level, badge, words, cls="rd-heading")
