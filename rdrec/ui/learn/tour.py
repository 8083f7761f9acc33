"""The guided tour: a plain list of steps, each pointing at something real on the page.

In: nothing.  Out: steps.  assets/learn.js walks through them; a test proves that every step finds its element.
To change the tour, change this list and the words in learn_texts.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from rdrec.ui import texts
from rdrec.ui.learn import strings as words
from rdrec.ui.teacher import strings as distil_texts


@dataclass(frozen=True, slots=True)
class Step:
    """One stop.

    at      a selector of the element, from its elem_id on
    tab     the tab to open first, by its name
    press   a selector of something to press first
    """

    at: str
    title: str
    text: str
    tab: str | None = None
    press: str | None = None


def _step(key: str, at: str, tab: str | None = None, press: str | None = None) -> Step:
    title, text = words.TOUR[key]
    return Step(at, title, text, tab, press)


STEPS = (
    _step("choose", "#rd-featured", press="#rd-featured label:first-of-type:not(.selected) input"),
    _step("who", "#rd-who .rd-who"),
    _step("rationale", "#rd-history .purchase.train:has(.claims)", tab=texts.TAB_EXPLORE),
    _step("next", "#rd-next .columns"),
    _step("truth", "#rd-next .verdict"),
    _step("names", "#rd-next .student li .title"),
    _step("task", "#rd-task"),
    _step("real", "#rd-real .rd-real"),
    _step("evidence", "#rd-tabs .rd-seeds", tab=texts.TAB_EVIDENCE),
    _step("distil", "#rd-distil-run", tab=distil_texts.TAB),
    _step("live", "#rd-run"),
    _step("lessons", "#rd-lessons .rd-lessons", tab=words.TAB),
)
