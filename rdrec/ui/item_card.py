"""The card of a product: what it is, what reviews say about it, who bought it, and what the same shoppers bought.

A dialog that assets/learn.js opens.  Held-out purchases are left out.
"""

from __future__ import annotations

from rdrec.core.records import plural
from rdrec.explorer.about_items import SHRINK, AttributeCount, Buyer, Neighbour
from rdrec.explorer.answers import Item
from rdrec.explorer.store import Store, name
from rdrec.ui import item_texts as words
from rdrec.ui import texts
from rdrec.ui.parts import TITLE_CHARS, item_link, small_print, stars
from rdrec.ui.render import Html, element, page, plain

NEIGHBOURS, BUYERS, SAID = 6, 8, 8  # rows that fit a phone's screen with the rest
SIGN = {"like": "+", "dislike": "−", "neutral": "·"}
TITLE_ID = "rd-card-title"


def panel(store: Store, item: int) -> str:
    """The card as HTML.  Raises UnknownNameError if there is no such product."""
    product = store.item(item)
    count, buyers = store.buyers(item, BUYERS)
    close = element("button", "✕", type="button", cls="close", data_close="card", aria_label=words.CLOSE)
    return page(
        element(
            "dialog",
            element("div", element("h2", element("bdi", plain(name(product), TITLE_CHARS)), id=TITLE_ID), close, cls="top"),
            element("dl", *_facts(product), cls="facts"),
            _said(store.attribute_counts(item, SAID), texts.TEACHER.get(store.facts.teacher, store.facts.teacher)),
            _together(store.neighbours(item, NEIGHBOURS)),
            _buyers(count, buyers, product),
            small_print(words.SMALL),
            cls="rd-card", aria_labelledby=TITLE_ID,
        )
    )  # fmt: skip


def _facts(product: Item) -> list[Html]:
    price = None if product.price is None else words.PRICE_NOTE.format(price=f"{product.price:,.2f}")
    number = words.NUMBER_NOTE.format(number=product.item_id)
    key = product.item_key if product.title else None  # a product without a title has its key as heading
    listed = (
        (words.CATEGORY, product.categories), (words.BRAND, product.brand), (words.PRICE, price), (words.NUMBER, number), (words.KEY, key),
    )  # fmt: skip
    return [
        element("div", element("dt", term), element("dd", element("bdi", plain(value, TITLE_CHARS))))
        for term, value in listed
        if value
    ]


def _said(said: list[AttributeCount], teacher: str) -> Html:
    chips = [
        element(
            "li",
            f"{SIGN[attribute.polarity]} ",
            element("bdi", plain(attribute.text, TITLE_CHARS)),
            element("b", f" ×{attribute.times}", aria_label=f" {texts.TIMES.format(count=attribute.times)}", role="img") if attribute.times > 1 else None,
            cls=attribute.polarity,
        )
        for attribute in said
    ]  # fmt: skip
    attributes = element("ul", *chips, cls="claims") if chips else element("p", words.SAID_NONE)
    small = small_print(words.SAID_SMALL.format(teacher=teacher)) if chips else None
    return element("section", element("h3", words.SAID), attributes, small)


def _together(found: list[Neighbour]) -> Html:
    if not found:
        return element("section", element("h3", words.TOGETHER), element("p", words.TOGETHER_NONE))
    most = found[0].likeness
    rows = [
        element(
            "li",
            item_link(neighbour.item),
            element("small", plural(neighbour.users, "shopper")),
            element(
                "span", element("span", cls="fill", shares={"w": neighbour.likeness / most}), cls="bar", aria_hidden="true"
            ),
        )
        for neighbour in found
    ]
    small = small_print(words.TOGETHER_SMALL.format(shrink=SHRINK))
    return element("section", element("h3", words.TOGETHER), element("ol", *rows, cls="together"), small)


def _buyers(count: int, buyers: list[Buyer], product: Item) -> Html:
    if not buyers:
        return element("section", element("h3", words.BUYERS), element("p", words.BUYERS_NONE))
    summary = (words.BUYERS_COUNT if product.purchases == count else words.BUYERS_OFTEN).format(
        count=plural(count, "shopper"), purchases=plural(product.purchases, "purchase")
    )
    rows = [element("li", shopper_link(buyer.shopper.user), " ", stars(buyer.rating)) for buyer in buyers]
    return element("section", element("h3", words.BUYERS), element("p", summary), element("ul", *rows, cls="buyers"))


def shopper_link(user: int, text: str | None = None) -> Html:
    """A link to a shopper of this data set, which the page follows without a reload."""
    return element("a", text or words.BUYER.format(user=user), href=f"?user={user}", data_user=user)
