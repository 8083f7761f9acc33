"""A visitor's own purchases as rows to edit, and both students' answer as HTML.  The list is in the visitor's browser and its address; the server checks it each time and keeps nothing."""

from __future__ import annotations

from collections.abc import Mapping

from rdrec.core.records import plural
from rdrec.core.settings import integer
from rdrec.core.vocabulary import ROLES
from rdrec.explorer import url
from rdrec.explorer.answers import Prediction
from rdrec.explorer.live_records import OwnAnswer
from rdrec.explorer.store import Store
from rdrec.explorer.what_if import History
from rdrec.ui import texts
from rdrec.ui.explore import predictions
from rdrec.ui.own import strings as words
from rdrec.ui.parts import heading, small_print
from rdrec.ui.render import Child, Html, element, page
from rdrec.ui.why import rows
from rdrec.ui.why.rows import Rows

KEY = "own"  # of its buttons


def read(store: Store, value: object) -> tuple[History, tuple[str, ...]]:
    """The list of an address ("12,7"), and a sentence for what in it is not there."""
    return url.items(store, value, integer("train.max_history"))


def known(store: Store, value: object) -> History:
    """The list as a browser sends it: what is not in the catalogue is left out."""
    numbers = value if isinstance(value, list) else []
    return read(store, ",".join(str(number) for number in numbers[: integer("train.max_history")]))[0]


def pressed(store: Store, mine: Rows, asked: object) -> Rows:
    """After a press of a button of the list, of "reset" (nothing is left), or after a step of the browser's history ("restore")."""
    wish = rows.wish_of(asked)
    if wish == "reset":
        return Rows(KEY, ())
    if (to := rows.restored(asked)) is not None:
        return Rows(KEY, read(store, to.get("own"))[0])
    return rows.pressed(store, mine, wish)


def listed(store: Store, mine: Rows, *problems: str) -> str:
    """The list with its buttons."""
    return rows.listed(store, mine, words.MINE, *problems, edited=bool(mine.history))


def panel(store: Store, mine: History, answer: OwnAnswer, live: Html) -> str:
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
            predictions.unjudged(shown, store.facts.top),
            predictions.note("sequential"),
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
