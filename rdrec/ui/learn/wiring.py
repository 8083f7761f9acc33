"""The Learn tab: the tour's start, the lecture with its hand-out, the voting room, "Train for a minute", and the glossary.

The lecture is made when the tab is opened.  `?chapter=N` opens a chapter; `?lesson=KEY` of older links opens the one that replaced the lesson.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import gradio as gr

from rdrec.core.records import RDRecError
from rdrec.explorer import collected, dials, published, url
from rdrec.explorer.catalogue import Catalogue
from rdrec.explorer.lab import Lab
from rdrec.explorer.sentences import failed
from rdrec.explorer.store import Store
from rdrec.ui.lab.wiring import LabPanel
from rdrec.ui.learn import strings as words
from rdrec.ui.learn.chapter import Chapter
from rdrec.ui.learn.chapters import FORMER, chapters
from rdrec.ui.parts import attempt, notice
from rdrec.ui.render import Html, element, fill
from rdrec.ui.render import page as html
from rdrec.ui.rooms.panel import RoomPanel


class LearnTab:
    """The components, which do not change after `wire`."""

    def __init__(self, catalogue: Catalogue, lab: Lab | None = None) -> None:
        self.catalogue = catalogue
        self.rooms, self.lab = RoomPanel(), LabPanel(catalogue, lab)

    def lay_out(self) -> None:
        """Lay out the tab; its chapters are made when it is opened."""
        with gr.Tab(words.TAB) as self.tab:
            gr.HTML(start(), elem_classes="rd", elem_id="rd-tour-start")
            self.lessons = gr.HTML("", elem_classes="rd", elem_id="rd-lessons", min_height=200)
            self.rooms.lay_out()
            self.lab.lay_out()
            gr.HTML(glossary(), elem_classes="rd", elem_id="rd-glossary")
            self.opened = gr.Checkbox(False, visible=False)  # once opened, the lecture follows the data set

    def wire(self, data: gr.components.Component, lookup: dict[str, Any]) -> None:
        """Connect the tab.  data: the chosen set; lookup: how quick calls are queued."""
        self.tab.select(self._open, [data, self.opened], [self.lessons, self.opened], **lookup)
        gr.on([data.input], self._follow, [data, self.opened], [self.lessons], **lookup)

    def _open(self, data: object, opened: object, request: gr.Request) -> tuple[Any, bool]:
        """Make the lecture once, so that opened answers stay open when the tab is left and reopened."""
        asked = url.parameters_of(request.query_params, ("chapter", "lesson"))
        return (gr.skip() if opened is True else self._made(data, asked)), True

    def _follow(self, data: object, opened: object) -> Any:
        return self._made(data, {}) if opened is True else gr.skip()

    def _made(self, data: object, asked: dict[str, str]) -> str:
        view = url.view(self.catalogue, {"data": data})
        try:
            made = cached_chapters(self.catalogue.stores[view.data])
        except RDRecError as error:
            return html(notice(failed(error)))
        return panel(made, view.data, asked)


@lru_cache(maxsize=8)
def cached_chapters(store: Store) -> tuple[Chapter, ...]:
    """The chapters of a data set, cached: an open set does not change, and a whole class may open this tab at once."""
    none: tuple[dials.Shop, ...] = ()
    shops, _ = attempt(dials.shipped, none)  # the Evidence tab says what cannot be read
    elsewhere, _ = attempt(collected.shipped, collected.Collected())
    return chapters(store, published.shipped(), shops, elsewhere)


def panel(made: Sequence[Chapter], data: str, asked: dict[str, str]) -> str:
    """The lecture at the requested chapter; if that does not exist, at the first chapter with a notice."""
    number = url.parse_number(asked.get("chapter")) or FORMER.get(asked.get("lesson", ""), 1)
    return html(lecture(made, data, number if number <= len(made) else 1, unknown(asked, len(made))))


def start() -> str:
    """The introduction above the lecture, with the buttons for the tour and for printing."""
    return html(
        element(
            "section",
            element("h2", words.TAB, cls="rd-unseen"),
            element("p", words.INTRO, cls="intro"),
            element("p", element("button", words.TOUR_START, type="button", cls="tour-start", data_tour="0")),
            cls="rd-learn-start",
        )
    )


def unknown(asked: Mapping[str, str], count: int) -> Html | None:
    """A notice if the address names a chapter or lesson that does not exist."""
    chapter, lesson = asked.get("chapter"), asked.get("lesson")
    if chapter and not 1 <= (url.parse_number(chapter) or 0) <= count:
        return notice(words.UNKNOWN_CHAPTER.format(chapter=url.quoted(chapter), count=count))
    if lesson and lesson not in FORMER:
        return notice(words.UNKNOWN_LESSON.format(lesson=url.quoted(lesson), known=", ".join(FORMER)))
    return None


def lecture(made: Sequence[Chapter], data: str, shown: int, said: Html | None = None) -> Html:
    """Buttons to all chapters, the chapters, and the hand-out, visible only in print; `said`: a notice above them."""
    return fill("lecture", chapters=made, data=data, shown=shown, said=said, words=words)


def glossary() -> str:
    """The glossary below the lecture."""
    return fill("glossary", words=words).text
