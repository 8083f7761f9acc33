"""The chapters as HTML, one shown at a time, and the hand-out and glossary made from the same strings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rdrec.explorer import url
from rdrec.ui.learn import strings as words
from rdrec.ui.learn.chapter import Chapter
from rdrec.ui.learn.chapters import FORMER
from rdrec.ui.parts import notice
from rdrec.ui.render import Html, fill


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
