"""Choosing a shopper: search, the list of at most 50, and the featured ones; labels are plain text."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import gradio as gr

from rdrec.core.plain_text import upper_first
from rdrec.core.records import plural
from rdrec.core.settings import integer
from rdrec.explorer.answers import Shopper
from rdrec.explorer.store import Store
from rdrec.ui import texts
from rdrec.ui.render import plain

FEATURED = 6  # as many as fit on one line at 1280 pixels; the others are in the list
LABEL_CHARS = 90
REASON_CHARS = 46


def search(store: Store, text: str) -> list[Shopper]:
    """At most `page.search_results` users; the text is cut at `page.search_chars`."""
    return store.search_users(str(text)[: integer("page.search_chars")], integer("page.search_results"))


def found(store: Store, text: str, user: int, *, hide: bool = False) -> dict[str, Any]:
    """The list after a key press: its label, and the current shopper followed by the matches.

    hide: leave out why shoppers are featured, which reveals how the students did.
    """
    shoppers = search(store, text)
    limit = integer("page.search_results")
    if not isinstance(text, str) or not text.strip():
        words = texts.USER_LABEL
    elif not shoppers:
        words = f"{texts.USER_LABEL}: {texts.NO_MATCH}"
    else:
        count = texts.MATCHES_CAPPED if len(shoppers) == limit else texts.MATCHES
        words = f"{texts.USER_LABEL}: {count.format(count=len(shoppers))}"
    listed = [store.user(user), *(shopper for shopper in shoppers if shopper.user != user)][:limit]
    return {"choices": [(label(shopper, hide=hide), shopper.user) for shopper in listed], "label": words}


def choice(store: Store, user: int, *, hide: bool = False, rebuild: bool = True) -> tuple[Any, Any]:
    """The user list, always of the same length, with `user` chosen and first, and the featured users; `hide` as in `found`.

    rebuild: whether to rebuild the featured users, as for another data set; else only the choice among them changes
    """
    featured = store.featured_users()[:FEATURED]
    others = [shopper for shopper in search(store, "") if shopper.user != user]
    listed = [store.user(user), *others][: integer("page.search_results")]
    labels = [(label(shopper, hide=hide), shopper.user) for shopper in listed]
    # cheaper than a component, which Gradio would construct again
    users = gr.update(choices=labels, value=user, label=texts.USER_LABEL)
    chosen = user if user in {shopper.user for shopper in featured} else None
    if not rebuild:
        return users, chosen
    named = [(texts.SHOPPER.format(user=s.user) if hide else short_reason(s.featured or ""), s.user) for s in featured]
    return users, gr.Radio(choices=named, value=chosen, visible=bool(featured))


@lru_cache(maxsize=5_000)
def label(shopper: Shopper, *, hide: bool = False) -> str:
    """'1 · 9 purchases · bought Clip-On Tuner'."""
    parts = [texts.SHOPPER_CHOICE.format(user=shopper.user, purchases=plural(shopper.interactions, "purchase"))]
    if shopper.bought:
        parts.append(texts.BOUGHT.format(title=shopper.bought))
    elif shopper.featured and not hide:
        parts.append(short_reason(shopper.featured))
    return plain(" ".join(" · ".join(parts).split()), LABEL_CHARS)


def short_reason(reason: str) -> str:
    """'the longest history: 12 purchases' -> 'The longest history'; the profile panel shows the whole reason."""
    if known := next((label for start, label in texts.FEATURED.items() if reason.startswith(start)), None):
        return known
    words = plain(" ".join(reason.split()).split(": ")[0], REASON_CHARS)
    return upper_first(words)


def task_choices(candidates: int) -> list[tuple[str, str]]:
    """Labels and values of the two lists.  candidates: products in the short one."""
    return [(texts.TASK_SEQUENTIAL, "sequential"), (texts.TASK_TOPN.format(candidates=candidates), "topn")]
