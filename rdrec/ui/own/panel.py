"""A visitor's own purchases as rows to edit, and both students' answers."""

from __future__ import annotations

from rdrec.core.records import plural
from rdrec.core.settings import integer
from rdrec.explorer import url
from rdrec.explorer.answers import Prediction
from rdrec.explorer.store import Store
from rdrec.explorer.what_if import History
from rdrec.explorer.why_records import Firsts
from rdrec.ui import texts
from rdrec.ui.explore import predictions
from rdrec.ui.own import strings as words
from rdrec.ui.parts import heading, small_print
from rdrec.ui.render import Html, element, page
from rdrec.ui.why import rows
from rdrec.ui.why.rows import Rows

KEY = "own"  # in the data-edit of its buttons


def read(store: Store, value: object) -> tuple[History, tuple[str, ...]]:
    """The list in an address ("12,7"), and sentences about products that do not exist."""
    return url.items(store, value, integer("train.max_history"))


def known(store: Store, value: object) -> History:
    """The list sent by a browser, without products that do not exist."""
    numbers = value if isinstance(value, list) else []
    return read(store, ",".join(str(number) for number in numbers[: integer("train.max_history")]))[0]


def pressed(store: Store, mine: Rows, asked: object) -> Rows:
    """The list after a press of one of its buttons, of "reset" (empty), or after Back or Forward in the browser ("restore")."""
    wish = rows.wish_of(asked)
    if wish == "reset":
        return Rows(KEY, ())
    if (to := rows.restored(asked)) is not None:
        return Rows(KEY, read(store, to.get("own"))[0])
    return rows.pressed(store, mine, wish)


def listed(store: Store, mine: Rows, *problems: str) -> str:
    """The list with its buttons."""
    return rows.listed(store, mine, words.MINE, *problems, edited=bool(mine.history))


def panel(store: Store, mine: History, answer: Firsts, live: Html) -> str:
    """Both students side by side."""
    shown = {
        role: [Prediction(role, rank, store.item(item), odds) for rank, (item, odds) in enumerate(firsts, start=1)]
        for role, firsts in answer.items()
    }
    ranked = plural(store.facts.items - len(mine), "product")
    return page(
        element(
            "section",
            heading(words.ANSWER, "h3"),
            element("p", words.NOBODY),
            predictions.lists_without_truth(shown, store.facts.top),
            predictions.note("sequential", words.BARS_CALIBRATED if store.facts.calibrated else texts.BARS),
            small_print(words.ANSWER_SMALL.format(items=ranked)),
            live,
            cls="rd-own-answer",
        )
    )
