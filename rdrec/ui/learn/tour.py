"""The guided tour: a list of stops, each pointing to an element of the page.

assets/learn.js walks through them; a test checks that every stop finds its element.
"""

from __future__ import annotations

from dataclasses import dataclass

from rdrec.ui import texts
from rdrec.ui.learn import strings as words


@dataclass(frozen=True, slots=True)
class Step:
    """One stop.

    at      selector of the element
    tab     label of the tab to open first
    """

    at: str
    title: str
    text: str
    tab: str | None = None


def _step(key: str, at: str, tab: str) -> Step:
    title, text = words.TOUR[key]
    return Step(at, title, text, tab)


STEPS = (
    _step("shopper", "#rd-who", texts.TAB_EXPLORE),
    _step("rationale", "#rd-history .purchase.train:has(.claims), #rd-who .rationale, #rd-history", texts.TAB_EXPLORE),
    _step("lists", "#rd-next", texts.TAB_EXPLORE),
    _step("verdict", "#rd-real", texts.TAB_EXPLORE),
    _step("evidence", "#rd-tabs .rd-evidence-lead", texts.TAB_EVIDENCE),
    _step("learn", "#rd-lessons .rd-lecture", words.TAB),
)
