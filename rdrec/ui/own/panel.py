"""A visitor's own purchases: add, remove, move; the two lists of buttons, and both students' answer as HTML.

In: a store, the list so far, what was pressed.  Out: the new list, or an InputError whose sentence is for the visitor; HTML.
It knows no model.  The list is in the visitor's browser and its address; the server checks it each time and keeps nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rdrec.core.records import InputError, UnknownNameError, plural
from rdrec.core.settings import integer
from rdrec.core.vocabulary import ROLES
from rdrec.explorer.answers import Item, Prediction
from rdrec.explorer.store import Store, name
from rdrec.explorer.what_if import History
from rdrec.ui import texts, url
from rdrec.ui.explore import predictions
from rdrec.ui.own import strings as words
from rdrec.ui.parts import TITLE_CHARS, heading, item_name, notice, small_print
from rdrec.ui.render import Child, Html, element, page, plain

MOVES = {"earlier": -1, "later": 1}


@dataclass(frozen=True)
class Answer:
    """Both students' first items for a list of purchases: (item, probability), best first, by role.

    practised: by role, the share of training rows without the shopper's number.
    """

    firsts: Mapping[str, Sequence[tuple[int, float]]]
    practised: Mapping[str, float]


def read(store: Store, value: object) -> tuple[History, tuple[str, ...]]:
    """The list of an address ("12,7"), and a sentence for what in it is not there."""
    return url.items(store, value, integer("train.max_history"))


def known(store: Store, value: object) -> History:
    """The list as a browser sends it: what is not in the catalogue is left out."""
    numbers = value if isinstance(value, list) else []
    return read(store, ",".join(str(number) for number in numbers[: integer("train.max_history")]))[0]


def pressed(store: Store, mine: History, wish: object) -> History:
    """After "add-ITEM", "drop-PLACE", "earlier-PLACE", "later-PLACE" or "clear"; anything else leaves the list as it is."""
    asked = wish.get("own") if isinstance(wish, Mapping) else None
    kind, _, number = asked.partition("-") if isinstance(asked, str) else ("", "", "")
    if kind == "clear":
        return ()
    if kind == "add":
        return _added(store, mine, url.parse_number(number))
    place = (url.parse_number(number) or 0) - 1
    if kind not in ("drop", *MOVES) or not 0 <= place < len(mine):
        return mine
    rest = mine[:place] + mine[place + 1 :]
    if kind == "drop":
        return rest
    to = place + MOVES[kind]
    if not 0 <= to < len(mine):
        raise InputError(words.EDGE)
    return (*rest[:to], mine[place], *rest[to:])


def _added(store: Store, mine: History, item: int | None) -> History:
    try:
        number = store.item(item or 0).item
    except UnknownNameError:
        raise InputError(words.NOT_THERE) from None
    if number in mine:
        raise InputError(words.ALREADY)
    if len(mine) >= integer("train.max_history"):
        raise InputError(words.FULL.format(most=integer("train.max_history")))
    return (*mine, number)


def found(store: Store, text: str) -> str:
    """Products to add: what a search finds, or best sellers to begin with."""
    cut = text[: integer("page.search_chars")].strip()
    most = integer("page.item_results")
    items = store.search_items(cut, most) if cut else store.best_sellers(most)
    label = (words.FOUND if items else words.FOUND_NONE) if cut else words.FOUND_FIRST
    rows = [
        element("li", _button(f"add-{item.item}", words.ADD.format(title=_title(item)), *_named(item, "+"), cls="found"))
        for item in items
    ]
    return page(element("div", element("p", label, cls="label", role="status"), element("ul", *rows), cls="rd-own-found"))


def listed(store: Store, mine: History, *problems: str) -> str:
    """The list with its buttons."""
    rows = [_row(store.item(item), place, len(mine)) for place, item in enumerate(mine, start=1)]
    count = words.MINE_COUNT.format(count=len(mine), most=integer("train.max_history"))
    clear = element("p", _button("clear", words.CLEAR, words.CLEAR, cls="door")) if mine else None
    return page(
        element(
            "section",
            element("h3", words.MINE, " ", element("small", count)),
            notice(*problems) if problems else None,
            element("ol", *rows) if mine else element("p", words.EMPTY, cls="small"),
            clear,
            cls="rd-own-mine",
        )
    )


def panel(store: Store, mine: History, answer: Answer, live: Html) -> str:
    """Both students side by side, and how used they are to such a question."""
    shown = {
        role: [Prediction(role, rank, store.item(item), odds) for rank, (item, odds) in enumerate(firsts, start=1)]
        for role, firsts in answer.firsts.items()
    }
    ranked = plural(store.facts.items - len(mine), "product")
    return page(
        element(
            "section",
            heading(None, words.ANSWER, "h3"),
            element("p", words.NOBODY, " ", *_practised(answer.practised)),
            predictions.unjudged(shown, "sequential", store.facts.top),
            small_print(words.ANSWER_SMALL.format(items=ranked)),
            live,
            cls="rd-own-answer",
        )
    )


def _practised(shares: Mapping[str, float]) -> list[Child]:
    """One sentence where both students are alike, one for each where they are not."""
    if len(set(shares.values())) == 1:
        return [_sentence(words.TRAINED, share) for share in list(shares.values())[:1]]
    told: list[Child] = []
    for role in ROLES:
        if role in shares:
            told += [_sentence(words.ONE_TRAINED, shares[role], texts.WRITING_WHICH[role]), " "]
    return told


def _sentence(template: str, share: float, student: str = "") -> str:
    return template.format(share=f"{100 * share:.0f}", student=student) if share or student else words.UNTRAINED


def _row(item: Item, place: int, count: int) -> Html:
    title = _title(item)
    buttons = [
        _button(f"earlier-{place}", words.EARLIER.format(title=title), "↑") if place > 1 else None,
        _button(f"later-{place}", words.LATER.format(title=title), "↓") if place < count else None,
        _button(f"drop-{place}", words.DROP.format(title=title), "✕"),
    ]
    return element("li", element("span", item_name(item, small=False), cls="what"), element("span", *buttons, cls="buttons"))


def _button(wish: str, label: str, *inside: Child, cls: str = "small-button") -> Html:
    """A sign alone is named by its label; words are their own name."""
    named = label if cls == "small-button" else None
    return element("button", *inside, type="button", cls=cls, data_own=wish, aria_label=named, title=label)


def _named(item: Item, sign: str) -> list[Child]:
    facts = " · ".join(plain(part, 60) for part in (item.categories, item.brand) if part)
    return [
        element("span", sign, aria_hidden="true"),
        " ",
        element("span", element("bdi", _title(item)), " ", element("small", facts) if facts else None),
    ]


def _title(item: Item) -> str:
    return plain(name(item), TITLE_CHARS)
