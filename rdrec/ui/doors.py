"""Links inside our own HTML that need the server: to a product's card, a shopper, or a random shopper of a group.

assets/learn.js presses a hidden button with the link's request, which is untrusted like an address.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import gradio as gr

from rdrec.core.records import RDRecError, UnknownNameError
from rdrec.explorer import url
from rdrec.explorer.about_items import SHRINK
from rdrec.explorer.catalogue import Catalogue
from rdrec.explorer.sentences import failed
from rdrec.explorer.store import Store, name
from rdrec.ui import item_texts as words
from rdrec.ui import texts
from rdrec.ui.parts import TITLE_CHARS, notice
from rdrec.ui.render import fill, plain
from rdrec.ui.render import page as html

ASKED = "(data, asked, ...others) => [data, window.rdAsked ?? null, ...others]"
SHOW_CARD = "() => window.rdPage.showCard()"
ARRIVED = "() => window.rdPage.arrived()"
NEIGHBOURS, BUYERS, SAID = 6, 8, 8  # rows that fit a phone's screen with the rest


class Doors:
    """Create it at the end of the page: only an opened card is visible."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.asked = gr.JSON(visible=False)
        self.go = gr.Button("", visible="hidden", elem_id="rd-go")
        self.open = gr.Button("", visible="hidden", elem_id="rd-open")
        self.card = gr.HTML("", elem_classes="rd", elem_id="rd-card-place")

    def wire(self, data: gr.components.Component, lookup: dict[str, Any]) -> None:
        """Wire the card; the page itself listens to `go`, which changes the shopper."""
        opened = self.open.click(self._card, [data, self.asked], [self.card], js=ASKED, **lookup)
        opened.then(None, None, None, js=SHOW_CARD, api_visibility="private")

    def _card(self, data: object, asked: object) -> str:
        store = url.store_and_view(self.catalogue, {"data": data})[0]
        wish = asked.get("item") if isinstance(asked, Mapping) else None
        try:
            number = url.parse_number(wish)
            if number is None:
                raise UnknownNameError("no such product", todo="")
            return card(store, number)
        except UnknownNameError:
            unknown = words.UNKNOWN.format(item=url.quoted(wish), data=plain(store.facts.title), last=store.facts.items)
            return html(notice(unknown))
        except RDRecError as error:
            return html(notice(failed(error)))


def shopper(store: Store, asked: object, now: object) -> tuple[object, tuple[str, ...]]:
    """The shopper of a link, not yet validated, and sentences for the notice; `now`: the current shopper, returned if it leads nowhere."""
    wish = asked if isinstance(asked, Mapping) else {}
    if "user" in wish:
        return wish["user"], ()
    name, label = str(wish.get("slice", "")), str(wish.get("label", ""))
    try:
        members = store.members(name, label)
    except UnknownNameError:
        return now, (words.NO_SLICE,)
    except RDRecError as error:
        return now, (failed(error),)
    if not members:
        return now, (words.NO_SLICE,)
    user = random.choice(members)
    shown = words.SHOWN.format(user=user, count=f"{len(members):,}", slice=words.SLICE_NAME[name], label=plain(label))
    return user, (shown,)


def card(store: Store, item: int) -> str:
    """The card of a product, without held-out purchases: what it is, what reviews say, who bought it, what the same shoppers bought.

    Raises UnknownNameError if there is no such product.
    """
    product = store.item(item)
    count, buyers = store.buyers(item, BUYERS)
    facts = {
        "Category": product.categories,
        "Brand": product.brand,
        "Price": None if product.price is None else f"{product.price:,.2f} (the data give no currency)",
        words.NUMBER: f"{product.item_id} (all that a student sees of it)",
        "Key in the data": product.item_key if product.title else None,  # a product without a title has its key as heading
    }
    made = fill(
        "item_card", words=words, product=product, title=plain(name(product), TITLE_CHARS), facts=facts.items(),
        said=store.attribute_counts(item, SAID), teacher=texts.TEACHER.get(store.facts.teacher, store.facts.teacher),
        neighbours=store.neighbours(item, NEIGHBOURS), shrink=SHRINK, count=count, buyers=buyers,
    )  # fmt: skip
    return made.text
