"""The Learn tab: the tour's start, the lessons, and the words of the page.  Lessons are made when the tab is opened.

In: the catalogue.  Out: components within the page.  `?lesson=KEY` opens one of them; it is checked here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import gradio as gr

from rdrec.core.records import RDRecError
from rdrec.explorer import published
from rdrec.explorer.catalogue import Catalogue
from rdrec.explorer.store import Store
from rdrec.ui import url
from rdrec.ui.evidence import panel as evidence
from rdrec.ui.learn import strings as words
from rdrec.ui.learn import tour
from rdrec.ui.learn.lessons import KEYS, Lesson, lessons
from rdrec.ui.parts import failed, notice, small_print
from rdrec.ui.render import Html, element
from rdrec.ui.render import page as html
from rdrec.ui.rooms.panel import RoomPanel


class LearnTab:
    """Components, made once; no attribute changes after `wire`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.rooms = RoomPanel(catalogue)

    def lay_out(self) -> None:
        with gr.Tab(words.TAB) as self.tab:
            gr.HTML(start(), elem_classes="rd", elem_id="rd-tour-start")
            self.rooms.lay_out()
            self.lessons = gr.HTML("", elem_classes="rd", elem_id="rd-lessons", min_height=200)
            gr.HTML(evidence.help_panel(), elem_classes="rd")
            self.opened = gr.Checkbox(False, visible=False)  # from then on the lessons follow the data set

    def wire(self, data: gr.components.Component, lookup: dict[str, Any]) -> None:
        self.tab.select(self._open, [data, self.opened], [self.lessons, self.opened], **lookup)
        gr.on([data.input], self._follow, [data, self.opened], [self.lessons], **lookup)

    def _open(self, data: object, opened: object, request: gr.Request) -> tuple[Any, bool]:
        """Once: a second look finds the same answers open."""
        asked = request.query_params.get("lesson")
        return (gr.skip() if opened is True else self._made(data, asked)), True

    def _follow(self, data: object, opened: object) -> Any:
        return self._made(data, None) if opened is True else gr.skip()

    def _made(self, data: object, asked: str | None) -> str:
        view = url.view(self.catalogue, {"data": data})
        try:
            return panel(made_once(self.catalogue.stores[view.data]), view.data, asked)
        except RDRecError as error:
            return html(notice(failed(error)))


@lru_cache(maxsize=8)
def made_once(store: Store) -> tuple[Lesson, ...]:
    """A set does not change while it is open, and a whole class may open this tab at once: half a second of work, done once."""
    return lessons(store, published.shipped())


def start() -> str:
    """Above the lessons: what there is, and the tour's button."""
    button = element("button", words.TOUR_START, type="button", cls="tour-start", data_tour="0")
    return html(
        element(
            "section",
            element("p", words.INTRO, cls="intro"),
            element("h3", words.TOUR_TITLE),
            element("p", words.TOUR_INTRO.format(steps=len(tour.STEPS))),
            element("p", button),
            cls="rd-learn-start",
        )
    )


def panel(made: Sequence[Lesson], data: str, asked: str | None) -> str:
    """The lessons, the asked one open; a sentence where there is no such lesson."""
    unknown = None
    if asked and asked not in KEYS:
        unknown = notice(words.UNKNOWN_LESSON.format(lesson=url.quoted(asked), known=", ".join(KEYS)))
    return html(
        element(
            "section",
            element("h3", words.LESSONS_TITLE),
            unknown,
            *(_lesson(one, data, asked == one.key) for one in made),
            element("h3", words.GLOSSARY),
            cls="rd-lessons",
        )
    )


def _lesson(one: Lesson, data: str, opened: bool) -> Html:
    link = element("a", words.LESSON_LINK, href=f"?data={data}&lesson={one.key}", cls="link")
    return element(
        "details",
        element("summary", element("h4", one.title), element("span", one.short, cls="short")),
        element(
            "div",
            *one.body,
            element("p", *_spaced(one.doors), cls="doors"),
            element("h5", words.QUESTIONS, " ", element("small", words.ANSWER_HINT)),
            element(
                "div",
                *(
                    element("details", element("summary", question), element("p", answer, cls="answer"), cls="question")
                    for question, answer in one.questions
                ),
            ),
            small_print(link),
            cls="inside",
        ),
        cls="lesson", id=f"rd-lesson-{one.key}", data_lesson=one.key, open="" if opened else None,
    )  # fmt: skip


def _spaced(doors: Sequence[Html]) -> list[Html | str]:
    return [piece for one in doors for piece in (one, " ")]
