"""The page's own scripts (assets/*.js) as tags for its head, with their data: the tour, tab names, sentences."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from rdrec.explorer import url
from rdrec.ui import texts
from rdrec.ui.learn import strings as words
from rdrec.ui.learn.chapters import FORMER
from rdrec.ui.render import script
from rdrec.ui.teacher import strings as teacher_texts
from rdrec.ui.why import strings as why_texts

# Names of the tabs in an address, and their labels on the page.
_LABELS = (texts.TAB_EXPLORE, why_texts.TAB, teacher_texts.TAB, texts.TAB_EVIDENCE, words.TAB)
TABS = dict(zip(url.TABS, _LABELS, strict=True))
OPEN_ASKED = "() => { window.rdAccess(); window.rdLink.openAsked(); window.rdPage.openAsked(); window.rdClass.openAsked(); }"


def head(*files: Path) -> str:
    """The script tags.  The data are our own sentences; `<` is escaped so that none can end the script."""
    link = {
        "tabs": TABS | {old: TABS[new] for old, new in url.FORMER_TABS.items()},
        "copied": texts.COPIED,
        "copy": texts.NOT_COPIED,
    }
    steps = [asdict(step) for step in STEPS]
    data = {
        "steps": steps,
        "words": words.TOUR_WORDS,
        "learn": words.TAB,
        "back": words.BACK_TO,
        "why": why_texts.TAB,
        "link": link,
        "former": FORMER,
    }
    written = json.dumps(data, ensure_ascii=True).replace("<", "\\u003c")
    return "\n".join((script(f"window.rdTour = {written};"), *(script(file.read_text("utf-8")) for file in files)))


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
