"""Teachers' answers about one review side by side: two sentences, every claim with its verdict, and the evidence marked in the review."""

from __future__ import annotations

from collections.abc import Sequence

from rdrec.teachers.prompts import Message
from rdrec.ui.explore.history import KIND_TITLE, lit, words_marked
from rdrec.ui.render import element, fill, page
from rdrec.ui.teacher import strings as texts
from rdrec.ui.teacher.columns import Column, titles, unique_claims

REVIEW_OPENS = "<review id="


def intro() -> str:
    """The introduction of the tab."""
    return page(element("p", texts.INTRO, cls="rd-teacher-intro"))


def program() -> str:
    """A code sample that asks for the same."""
    code = element("pre", element("code", texts.API), tabindex=0)
    return page(element("details", element("summary", texts.API_SUMMARY), code))


def panel(columns: Sequence[Column], review: str, note: str | None = None) -> str:
    """One column for each teacher of `review`; `note`: what to look for."""
    made = fill(
        "teachers", columns=columns, review=review, note=note, words=texts, ROLE=texts.ROLE, KIND_TITLE=KIND_TITLE, titles=titles,
        how_made=_how, unique_claims=unique_claims, words_marked=words_marked, lit=lit, parts_of=_parts,
    )  # fmt: skip
    return made.text


def _how(column: Column) -> str:
    """How the answer was made: recorded, or live with its time."""
    live = column.live
    if column.note:
        return ""
    if live is None:
        return texts.RECORDED
    words = [
        texts.LIVE[live.kind].format(
            ms=_milliseconds(live.milliseconds), device=(live.device or "").upper(), precision=(live.precision or "").upper()
        )
    ]
    if live.load_ms is not None and live.load_ms >= 1:
        words.append(texts.LOADED.format(ms=_milliseconds(live.load_ms)))
    if live.reading.attempts > 1:
        words.append(texts.ATTEMPTS.format(count=live.reading.attempts))
    if column.same is not None:
        words.append(texts.SAME if column.same else texts.NOT_SAME)
    return ", ".join(words)


def _milliseconds(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def _parts(message: Message) -> tuple[str, str, str, str]:
    """Role, text before the review, the review's block, and text after it; the whole message is the review if it contains nothing else."""
    role, content = message["role"], message["content"]
    if role != "user":
        return role, content, "", ""
    before, opens, rest = content.partition(REVIEW_OPENS)
    if not opens:
        return role, "", content, ""
    block, closes, after = rest.partition(f"\n</review id={rest[: rest.find('>')]}>")
    return role, before, opens + block + closes, after
