"""One teacher's answer about one review, recorded or live, in the form that a column shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rdrec.core.records import Claim, Failed, NothingFound, Rationale, TeacherAnswer
from rdrec.data.rationales import ANSWER_KEY
from rdrec.explorer.about_items import LANGUAGE_MODELS
from rdrec.explorer.answers import Distilled
from rdrec.explorer.highlights import why_not
from rdrec.explorer.live_teachers import LiveReading
from rdrec.ui.render import plain
from rdrec.ui.teacher import strings as texts

RULES = ("offline",)  # rule-based teachers of earlier versions


@dataclass(frozen=True)
class Column:
    """One teacher's column.

    role    "answer-key", "model", "keywords", "rules" or "other"; the answer key and rules get no ticks
    note    shown instead of an answer
    why     for each claim the reason why the review does not support it, or None
    live    the live reading, if the answer is not a recorded one
    same    whether a live answer equals the recorded one; None if there is none
    """

    role: str
    name: str
    note: str | None = None
    status: str = ""
    reason: str | None = None
    sentences: Mapping[str, str | None] = field(default_factory=dict)
    claims: tuple[Claim, ...] = ()
    why: tuple[str | None, ...] = ()
    raw: str | None = None
    copied: str | None = None
    live: LiveReading | None = None
    same: bool | None = None
    waiting: bool = False

    @property
    def ticked(self) -> bool:
        """Whether a supported claim proves anything."""
        return self.role in ("model", "other")


def role_of(teacher: str, kind: str) -> str:
    """The column's role for a teacher; `kind` as in `--teacher`."""
    if teacher == ANSWER_KEY:
        return "answer-key"
    if kind in LANGUAGE_MODELS:
        return "model"
    if kind == "keywords":
        return "keywords"
    return "rules" if kind in RULES else "other"


def recorded_column(said: Distilled, role: str, review: str) -> Column:
    """The column of a recorded answer."""
    why = tuple(why_not(said, index, review) for index in range(len(said.claims)))
    sentences = {"user_preference": said.user_preference, "item_attribution": said.item_attribution}
    return Column(
        role,
        said.teacher,
        status=said.status,
        reason=said.reason,
        sentences=sentences,
        claims=said.claims,
        why=why,
        raw=said.raw,
    )


def live_column(live: LiveReading, role: str, stored: Sequence[Distilled] = ()) -> Column:
    """The column of a live reading; `stored`: recorded answers about the same review."""
    reading = live.reading
    answer, grounding = reading.answer, reading.grounding
    sentences: dict[str, str | None] = {}
    if isinstance(answer, Rationale):
        sentences = {"user_preference": answer.user_preference, "item_attribution": answer.item_attribution}
    return Column(
        role,
        reading.teacher,
        status=status_of(answer),
        reason=None if isinstance(answer, Rationale) else answer.reason,
        sentences=sentences,
        claims=tuple(check.claim for check in grounding.claims) if grounding else (),
        why=tuple(None if check.supported else check.why for check in grounding.claims) if grounding else (),
        raw=reading.raw,
        copied=grounding.copied if grounding else None,
        live=live,
        same=equals_recorded(live, stored),
    )


def status_of(answer: TeacherAnswer) -> str:
    """As `Distilled.status`."""
    return "ok" if isinstance(answer, Rationale) else "nothing" if isinstance(answer, NothingFound) else "failed"


def equals_recorded(live: LiveReading, stored: Sequence[Distilled]) -> bool | None:
    """Whether the answer equals the recorded one of the same teacher; None if there is none."""
    mine = next((other for other in stored if other.teacher == live.reading.teacher), None)
    if mine is None:
        return None
    answer = live.reading.answer
    assert isinstance(answer, Rationale | NothingFound | Failed)
    if isinstance(answer, Rationale):
        now = (answer.user_preference, answer.item_attribution, tuple(answer.claims))
        return mine.status == "ok" and now == (mine.user_preference, mine.item_attribution, tuple(mine.claims))
    return mine.status != "ok" and mine.reason == answer.reason


def record(live: LiveReading) -> dict[str, Any]:
    """The answer as plain data, which the public endpoint returns (docs/teachers.md)."""
    reading = live.reading
    answer, grounding = reading.answer, reading.grounding
    said: dict[str, Any] = {"user_preference": None, "item_attribution": None, "reason": None}
    if isinstance(answer, Rationale):
        said |= {"user_preference": answer.user_preference, "item_attribution": answer.item_attribution}
    else:
        said["reason"] = answer.reason
    ticked = live.kind != "keywords"
    claims = [
        {
            "kind": check.claim.kind,
            "text": check.claim.text,
            "polarity": check.claim.polarity,
            "spans": [[span.start, span.end] for span in check.claim.spans],
            "supported": check.supported if ticked else None,
            "why": check.why if ticked else None,
        }
        for check in (grounding.claims if grounding else ())
    ]
    return {
        "teacher": reading.teacher,
        "status": status_of(answer),
        **said,
        "claims": claims,
        "copied": grounding.copied if grounding else None,
        "messages": None if reading.messages is None else list(reading.messages),
        "raw": reading.raw,
        "attempts": reading.attempts,
        "milliseconds": round(live.milliseconds, 1),
        "device": live.device,
        "precision": live.precision,
    }


def titles(column: Column) -> tuple[str, str]:
    """A column's title and subtitle."""
    name = plain(column.name, 64)
    head, what = texts.KIND[column.role]
    return head.format(name=name), what.format(name=name)


def unique_claims(claims: Sequence[Claim], why: Sequence[str | None]) -> list[tuple[Claim, str | None]]:
    """Claims without repetition: one made about both the shopper and the product, in the same words and polarity, is listed once."""
    seen: dict[tuple[str, str], tuple[Claim, str | None]] = {}
    for claim, reason in zip(claims, why, strict=True):
        key = (claim.text.casefold(), claim.polarity)
        if key not in seen or (reason and not seen[key][1]):
            seen[key] = (claim, reason)
    return list(seen.values())
