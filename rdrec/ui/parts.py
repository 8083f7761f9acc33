"""Small elements shared by several panels: product names, stars, dates, percentages, notices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import gradio as gr

from rdrec.core.records import RDRecError
from rdrec.explorer.answers import Item
from rdrec.explorer.points import date_words
from rdrec.explorer.sentences import failed
from rdrec.explorer.store import name
from rdrec.ui import side_by_side, texts
from rdrec.ui.render import Child, Html, element, join, page, plain

T = TypeVar("T")
TITLE_CHARS = 160  # longer titles are lists of search terms
CACHED = 5_000  # products, ratings and days whose markup is cached: they are the same for all shoppers
STUDENT_CLASS = {"rdrec": "with", "baseline": "without"}
SIGN = {"like": "+", "dislike": "−", "neutral": "·"}  # of a claim's polarity


@lru_cache(maxsize=CACHED)
def item_link(item: Item) -> Html:
    """A product's name, linked to its card; `?item=` in an address opens the card too."""
    title = plain(name(item), TITLE_CHARS)
    return element(
        "a", element("bdi", title), href=f"?item={item.item}", cls="title", title=title, data_item=item.item, aria_haspopup="dialog"
    )  # fmt: skip


def item_name(item: Item) -> Html:
    """A product's name as a link, followed, if it has no title, by what reviewers mention."""
    if item.title or not item.said:
        return item_link(item)
    return join(item_link(item), " ", element("span", texts.SAID.format(said=", ".join(item.said)), cls="said"))


def category_and_brand(item: Item) -> str:
    """What kind of product it is and who made it, as far as known."""
    return " · ".join(plain(part, 60) for part in (item.categories, item.brand) if part)


@lru_cache(maxsize=CACHED)
def stars(rating: float | None) -> Html | None:
    """A rating of 1 to 5 as stars, with its number for screen readers; None without one."""
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
    """A date for people and machines."""
    machine = None if timestamp is None else date_words(timestamp, "%Y-%m-%d")
    return element("time", date_words(timestamp), datetime=machine)


def percent(share: float) -> str:
    """Two significant digits at most: 26 %, 2.3 %, 0.04 %."""
    value = 100 * share
    if value >= 9.95:
        return f"{value:.0f} %"
    return f"{value:.1f} %" if value >= 0.95 else (f"{value:.2f} %" if value >= 0.005 else "<0.01 %")


def notice(*sentences: str) -> Html:
    """Sentences that screen readers announce."""
    return element("div", *(element("p", sentence) for sentence in sentences), cls="rd-notice", role="alert")


def notice_html(sentences: Sequence[str]) -> str:
    """HTML for the page's notice, each sentence once; empty for no sentences."""
    return page(notice(*dict.fromkeys(sentences))) if sentences else ""


def attempt(make: Callable[[], T], instead: T) -> tuple[T, tuple[str, ...]]:
    """`make()` and no sentences; if it raises RDRecError, `instead` and a sentence that says why."""
    try:
        return make(), ()
    except RDRecError as error:
        return instead, (failed(error),)


def bar(share: float) -> Html:
    """A bar of `share` of its cell's width; screen readers skip it."""
    return element("span", element("span", cls="fill", shares={"w": share}), cls="bar", aria_hidden="true")


def shopper_link(user: int, text: str | None = None) -> Html:
    """A link to a shopper of this data set, which the page follows without a reload."""
    return element("a", text or texts.SHOPPER.format(user=user), href=f"?user={user}", data_user=user)


def or_notice(make: Callable[[], T], instead: T) -> tuple[T, Any]:
    """A part of the page and an update of its notice, which changes only if the part cannot be read."""
    part, unread = attempt(make, instead)
    return part, notice_html(unread) if unread else gr.skip()


def small_print(*children: Child) -> Html:
    """A paragraph in small type."""
    return element("p", *children, cls="small")


def door(text: str, tab: str, to: str, *, focus: str | None = None) -> Html:
    """A button that opens a tab and scrolls to `to`; focus: selector of the element to focus there (default: `to`)."""
    return element("button", text, type="button", cls="door", data_tab=tab, data_to=to, data_focus=focus)


def heading(words: str, level: str = "h2") -> Html:
    """A heading of a panel."""
    return element(level, words, cls="rd-heading")


FOR_TEMPLATES = {
    "bar": bar,
    "category_and_brand": category_and_brand,
    "door": door,
    "heading": heading,
    "item_link": item_link,
    "item_name": item_name,
    "name": name,
    "notice": notice,
    "percent": percent,
    "shopper_link": shopper_link,
    "SIGN": SIGN,
    "small_print": small_print,
    "stars": stars,
    "time_tag": time_tag,
    "STUDENT_CLASS": STUDENT_CLASS,
} | side_by_side.FOR_TEMPLATES
FILTERS = {"teacher_name": side_by_side.title}  # also as filters, for lists
