"""The chapters as HTML, one shown at a time, and the hand-out and glossary made from the same strings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rdrec.explorer import url
from rdrec.ui.learn import strings as words
from rdrec.ui.learn.chapter import Chapter
from rdrec.ui.learn.chapters import FORMER
from rdrec.ui.parts import notice
from rdrec.ui.render import Html, element, join
from rdrec.ui.render import page as html


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
    steps = [
        element(
            "button", element("span", f"{number}", cls="step"), " ", element("span", short), type="button", data_chapter=number,
            aria_current="step" if number == shown else None,
        )
        for number, short in enumerate(words.CHAPTER_SHORT, start=1)
    ]  # fmt: skip
    return element(
        "section",
        said,
        element("nav", *steps, aria_label=words.LECTURE),
        *(_chapter(chapter, number, len(made), data, shown) for number, chapter in enumerate(made, start=1)),
        element("p", element("button", words.PRINT, type="button", cls="door print"), cls="foot"),
        handout(made),
        cls="rd-lessons rd-lecture",
    )


def _chapter(chapter: Chapter, number: int, count: int, data: str, shown: int) -> Html:
    back = (
        element("button", words.PREVIOUS, type="button", cls="door", data_chapter=number - 1) if number > 1 else element("span")
    )
    on = (
        element("button", words.NEXT, type="button", cls="door next", data_chapter=number + 1)
        if number < count
        else element("span")
    )
    return element(
        "section",
        element(
            "div",
            element("h3", chapter.title, id=f"rd-chapter-title-{number}"),
            element("p", words.CHAPTER_COUNT.format(number=number, count=count, minutes=chapter.minutes), cls="small"),
            cls="head",
        ),
        element("div", *chapter.body, cls="said-here"),
        element(
            "div",
            element("div", element("h4", words.TRY), element("p", chapter.todo), element("p", *_spaced(chapter.doors), cls="doors"), cls="todo"),
            element(
                "div",
                element("h4", words.QUESTION),
                element("p", chapter.question, cls="asked"),
                element("details", element("summary", words.OPEN_ANSWER), element("p", chapter.answer, cls="answer"), cls="question"),
                cls="quiz",
            ),
            cls="two",
        ),
        element("p", back, element("a", words.LINK, href=f"?data={data}&chapter={number}", cls="small link"), on, cls="turn"),
        _notes(chapter),
        _more(chapter),
        cls="lesson chapter", id=f"rd-chapter-{number}", tabindex=-1, aria_labelledby=f"rd-chapter-title-{number}",
        hidden=None if number == shown else "",
    )  # fmt: skip


def _notes(chapter: Chapter) -> Html:
    said = [join(element("dt", part), element("dd", text)) for part, text in zip(words.NOTE_PARTS, chapter.notes, strict=True)]
    return element("aside", element("h4", words.NOTES), element("dl", *said), cls="notes", aria_label=words.NOTES)


def _more(chapter: Chapter) -> Html | None:
    if not chapter.more:
        return None
    asked = [
        element("details", element("summary", question), element("p", answer, cls="answer"), cls="question")
        for question, answer in chapter.more
    ]
    return element("details", element("summary", words.MORE), *asked, cls="more")


def handout(made: Sequence[Chapter]) -> Html:
    """One printed page: the questions with room for answers, the key terms and the address of the page."""
    return element(
        "div",
        element("h2", words.HANDOUT),
        element("p", words.HANDOUT_AT, " ", element("span", cls="address")),
        element("ol", *(element("li", element("b", chapter.title), " ", chapter.question, element("div", cls="room")) for chapter in made)),
        element("h3", words.HANDOUT_TERMS),
        element("dl", *_terms(words.GLOSSARY)),
        cls="rd-handout", hidden="",
    )  # fmt: skip


def glossary() -> str:
    """The glossary below the lecture."""
    terms = _terms((*words.GLOSSARY, *words.GLOSSARY_PAGE))
    return html(element("section", element("h3", words.GLOSSARY_TITLE), element("dl", *terms), cls="rd-help"))


def _terms(known: Sequence[tuple[str, str]]) -> list[Html]:
    return [element("div", element("dt", term), element("dd", said)) for term, said in known]


def _spaced(doors: Sequence[Html]) -> list[Html | str]:
    return [piece for door in doors for piece in (door, " ")]
