"""The card of a product: what it is, what reviews say about it, who bought it, and what the same shoppers bought.

A dialog that assets/learn.js opens.  Held-out purchases are left out.
"""

from __future__ import annotations

from rdrec.explorer.about_items import SHRINK
from rdrec.explorer.store import Store, name
from rdrec.ui import item_texts as words
from rdrec.ui import texts
from rdrec.ui.parts import TITLE_CHARS
from rdrec.ui.render import fill, plain

NEIGHBOURS, BUYERS, SAID = 6, 8, 8  # rows that fit a phone's screen with the rest


def panel(store: Store, item: int) -> str:
    """The card as HTML.  Raises UnknownNameError if there is no such product."""
    product = store.item(item)
    count, buyers = store.buyers(item, BUYERS)
    facts = {
        "Category": product.categories,
        "Brand": product.brand,
        "Price": None if product.price is None else f"{product.price:,.2f} (the data give no currency)",
        words.NUMBER: f"{product.item_id} (all that a student sees of it)",
        "Key in the data": product.item_key if product.title else None,  # a product without a title has its key as heading
    }
    card = fill(
        "item_card", words=words, product=product, title=plain(name(product), TITLE_CHARS), facts=facts.items(),
        said=store.attribute_counts(item, SAID), teacher=texts.TEACHER.get(store.facts.teacher, store.facts.teacher),
        neighbours=store.neighbours(item, NEIGHBOURS), shrink=SHRINK, count=count, buyers=buyers,
    )  # fmt: skip
    return card.text
