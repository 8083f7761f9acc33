"""The distil panel's result: what the teacher was given, what it said, what was understood, and what of it the review backs.

In: a live reading, the review, what other teachers made of it beforehand.  Out: HTML.  It runs no teacher.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

from rdrec.core.records import CLAIM_KINDS, Failed, NothingFound, Rationale, Review, plural
from rdrec.explorer.answers import Distilled
from rdrec.explorer.live_teachers import LiveReading
from rdrec.teachers.grounding import ClaimCheck
from rdrec.teachers.prompts import Message
from rdrec.ui import side_by_side
from rdrec.ui.explore.history import CLAIMS_STYLED, KIND_TITLE, words_marked
from rdrec.ui.parts import heading, small_print
from rdrec.ui.render import Child, Html, element, page, plain
from rdrec.ui.side_by_side import SIGN
from rdrec.ui.teacher import strings as texts
from rdrec.ui.texts import WHY_NOT

ANCHOR = "d"  # of claims: `d-1`, apart from those of the history
REASON_CHARS = 120
REVIEW_OPENS = "<review id="
RECORD = ("status", "reason", "user_preference", "item_attribution")  # what of it is shown as the answer of rules


def intro() -> str:
    """What distilling is and why, in two sentences; the paper's terms behind a click."""
    more = element("details", element("summary", texts.WHY_SUMMARY), element("p", texts.WHY))
    return page(element("div", element("p", texts.INTRO), more, cls="rd-distil-intro"))


def program() -> str:
    """How a program asks the same."""
    code = element("pre", element("code", texts.API), tabindex=0)
    return page(element("details", element("summary", texts.API_SUMMARY), code))


def first() -> str:
    return page(element("p", texts.FIRST, cls="rd-distil-first"))


def waiting(sentences: Sequence[str]) -> str:
    """What is awaited, while a language model reads."""
    return page(element("div", *(element("p", sentence) for sentence in sentences), cls="rd-live rd-wait", role="status"))


def panel(
    live: LiveReading, review: Review, beside: Sequence[Distilled] | None, about: side_by_side.About = MappingProxyType({})
) -> str:
    """The whole result; `beside` is None where the text is no review of the set."""
    return page(
        element(
            "section",
            _ran(live, beside),
            element("div", _given(live, review), _said(live), _understood(live), cls="steps"),
            _ground(live, review),
            _beside(beside, review.text, about),
            cls="rd-distil",
        )
    )


def same(live: LiveReading, beside: Sequence[Distilled]) -> bool | None:
    """Whether the answer is the one computed beforehand by the teacher of this name; None where there is none."""
    mine = next((other for other in beside if other.teacher == live.reading.teacher), None)
    if mine is None:
        return None
    answer = live.reading.answer
    if isinstance(answer, Rationale):
        now = (answer.user_preference, answer.item_attribution, tuple(answer.claims))
        return mine.status == "ok" and now == (mine.user_preference, mine.item_attribution, tuple(mine.claims))
    return mine.status != "ok" and mine.reason == answer.reason


def record(live: LiveReading) -> dict[str, Any]:
    """The answer as plain data: what the public endpoint gives back (docs/teachers.md)."""
    reading = live.reading
    answer, grounding = reading.answer, reading.grounding
    checks = grounding.claims if grounding else ()
    said: dict[str, Any] = {"user_preference": None, "item_attribution": None, "reason": None}
    if isinstance(answer, Rationale):
        said |= {"user_preference": answer.user_preference, "item_attribution": answer.item_attribution}
    else:
        said["reason"] = answer.reason
    return {
        "teacher": reading.teacher,
        "status": _status(answer),
        **said,
        "claims": [_claim_record(check, live.kind != "keywords") for check in checks],
        "copied": grounding.copied if grounding else None,
        "messages": None if reading.messages is None else list(reading.messages),
        "raw": reading.raw,
        "attempts": reading.attempts,
        "milliseconds": round(live.milliseconds, 1),
        "device": live.device,
        "precision": live.precision,
    }


def _status(answer: Rationale | NothingFound | Failed) -> str:
    return "ok" if isinstance(answer, Rationale) else "nothing" if isinstance(answer, NothingFound) else "failed"


def _claim_record(check: ClaimCheck, ticked: bool) -> dict[str, Any]:
    claim = check.claim
    spans = [[span.start, span.end] for span in claim.spans]
    about = {"kind": claim.kind, "text": claim.text, "polarity": claim.polarity, "spans": spans}
    return about | ({"supported": check.supported, "why": check.why} if ticked else {"supported": None, "why": None})


def _ran(live: LiveReading, beside: Sequence[Distilled] | None) -> Html:
    reading = live.reading
    words = [
        texts.RAN[live.kind].format(
            teacher=plain(reading.teacher, 64), device=(live.device or "").upper(), precision=(live.precision or "").upper()
        ),
        texts.TOOK.format(ms=_milliseconds(live.milliseconds)),
    ]
    if live.load_ms is not None and live.load_ms >= 1:
        words.append(texts.TOOK_LOAD.format(ms=_milliseconds(live.load_ms)))
    if reading.attempts > 1:
        words.append(texts.ATTEMPTS.format(count=reading.attempts))
    equal = same(live, beside or ())
    if equal is not None:
        words.append(f"✓ {texts.SAME}" if equal else f"≠ {texts.NOT_SAME}")
    return element("p", " ".join(words), cls="ran", role="status")


def _milliseconds(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def _step(number: int, title: str, *children: Child) -> Html:
    return element("section", heading(number, title, "h3"), *children, cls="step-card")


def _given(live: LiveReading, review: Review) -> Html:
    reading = live.reading
    if reading.prompt is None:
        stars = texts.GIVEN_NO_STARS if review.rating is None else texts.GIVEN_STARS.format(stars=f"{review.rating:g}")
        return _step(1, texts.GIVEN, element("p", texts.GIVEN_KEYWORDS), small_print(stars))
    if reading.messages is None:
        return _step(1, texts.GIVEN, element("p", texts.GIVEN_NOTHING))
    prompt = reading.prompt
    sampling = texts.GIVEN_SAMPLING.format(
        temperature=prompt.temperature, top_p=prompt.top_p, tokens=prompt.max_tokens, name=prompt.name
    )
    sentence = small_print(texts.GIVEN_SENTENCE) if prompt.reads == "sentence" else None
    return _step(
        1,
        texts.GIVEN,
        small_print(texts.GIVEN_MODEL[live.kind]),
        sentence,
        _message(reading.messages[0]),
        _examples(reading.messages[1:-1]),
        _message(reading.messages[-1]),
        small_print(sampling),
    )


def _examples(messages: Sequence[Message]) -> Html | None:
    """The earlier turns of the chat, folded."""
    if not messages:
        return None
    title = element("summary", texts.GIVEN_EXAMPLES.format(count=len(messages) // 2))
    return element("details", title, *(element("pre", message["content"], tabindex=0) for message in messages))


def _message(message: Message) -> Html:
    """One message, with the review set apart: its block, or the whole turn where there is nothing but the review."""
    role, content = message["role"], message["content"]
    before, opens, rest = content.partition(REVIEW_OPENS) if role == "user" else (content, "", "")
    if role == "user" and not opens:
        before, rest = "", content
    block, closes, after = rest.partition(f"\n</review id={rest[: rest.find('>')]}>") if opens else (rest, "", "")
    return element(
        "div",
        element("h4", texts.ROLE.get(role, role), " ", element("small", texts.ROLE_TERM.get(role, role))),
        element(
            "pre",
            before,
            element("span", opens, block, closes, cls="review-block") if role == "user" else None,
            after,
            tabindex=0,
        ),
    )


def _said(live: LiveReading) -> Html:
    reading = live.reading
    if reading.prompt is None:
        said = record(live)
        lines = [f"{key}: {json.dumps(said[key], ensure_ascii=False)}" for key in RECORD if said[key] is not None]
        claims = [f"{c['polarity']}: {c['text']}, characters {_places(c['spans'])}" for c in said["claims"]]
        code = element("pre", "\n".join([*lines, *(["claims:", *claims] if claims else [])]), tabindex=0)
        return _step(2, texts.SAID, element("p", texts.SAID_KEYWORDS), code)
    if reading.raw is None:
        return _step(2, texts.SAID, element("p", texts.SAID_NOTHING))
    return _step(2, texts.SAID, element("pre", reading.raw, tabindex=0, dir="auto"))


def _places(spans: Sequence[Sequence[int]]) -> str:
    return ", ".join(f"{start} to {end}" for start, end in spans)


def _understood(live: LiveReading) -> Html:
    answer = live.reading.answer
    if not isinstance(answer, Rationale):
        words = texts.NOTHING if isinstance(answer, NothingFound) else texts.FAILED
        flag = "⚠ " if isinstance(answer, Failed) else ""
        return _step(3, texts.UNDERSTOOD, element("p", flag, words.format(reason=plain(answer.reason, REASON_CHARS))))
    said = {"user_preference": answer.user_preference, "item_attribution": answer.item_attribution}
    blocks = []
    for kind in CLAIM_KINDS:
        sentence = said[kind]
        body = element("p", element("bdi", sentence), cls="sentence") if sentence else small_print(texts.NOT_SAID)
        blocks.append(element("div", element("h4", KIND_TITLE[kind]), body))
    return _step(3, texts.UNDERSTOOD, *blocks)


def _ground(live: LiveReading, review: Review) -> Html:
    """The review with every claim's words marked, the claims beside it, each with the check's own reason."""
    grounding = live.reading.grounding
    checks = grounding.claims if grounding else ()
    title = element("h3", element("span", "4", cls="step", aria_hidden="true"), texts.GROUND, " ", element("small", texts.GROUND_TERM), cls="rd-heading")  # fmt: skip
    words = element("p", *words_marked(review.text, [check.claim for check in checks], ANCHOR), cls="words", dir="auto")
    if not checks:
        return element("section", title, element("p", texts.NO_CLAIMS), words, cls="ground")
    flagged = sum(not check.supported for check in checks)
    count = plural(len(checks), "claim")
    ticked = live.kind != "keywords"
    verdict = (
        texts.KEYWORDS_CIRCLE
        if not ticked
        else texts.SOME_BACKED.format(flagged=flagged, claims=count)
        if flagged
        else texts.ALL_BACKED.format(claims=_every(len(checks)))
    )
    copied = grounding.copied if grounding else None
    lists = [
        element(
            "div",
            element("h4", KIND_TITLE[kind]),
            element(
                "ul", *(_claim(i, check, ticked) for i, check in enumerate(checks) if check.claim.kind == kind), cls="claims"
            ),
        )
        for kind in CLAIM_KINDS
        if any(check.claim.kind == kind for check in checks)
    ]
    return element(
        "section",
        title,
        element("p", texts.GROUND_INTRO, cls="intro"),
        element("div", words, element("div", *lists, cls="checks"), cls="pair"),
        element("p", verdict, cls="verdict"),
        element("p", texts.COPIED.format(words=plain(copied, 200))) if copied else None,
        cls="ground",
    )


def _every(count: int) -> str:
    return "the one claim" if count == 1 else f"all {count} claims"


def _claim(index: int, check: ClaimCheck, ticked: bool) -> Html:
    claim = check.claim
    lit = f" k{index + 1}" if index < CLAIMS_STYLED else ""
    why = plain(check.why, REASON_CHARS)
    mark = (
        None
        if not ticked
        else element("span", f"✓ {texts.BACKED.format(why=why)}", cls="why")
        if check.supported
        else element("span", f"⚠ {texts.NOT_BACKED.format(why=WHY_NOT.get(why, why))}", cls="flag")
    )
    return element(
        "li",
        element("span", f"{SIGN[claim.polarity]}{index + 1}", cls="ref"),
        " ",
        element("bdi", claim.text),
        " ",
        mark,
        cls=f"{claim.polarity}{lit}{'' if check.supported or not ticked else ' unsupported'}", id=f"{ANCHOR}-{index + 1}", tabindex=-1,
    )  # fmt: skip


def _beside(beside: Sequence[Distilled] | None, review: str, about: side_by_side.About) -> Html:
    if beside is None:
        body: list[Html] = [small_print(texts.BESIDE_OWN)]
    elif not beside:
        body = [small_print(texts.BESIDE_NONE)]
    else:
        body = [side_by_side.cards(beside, review, about)]
    return element("section", element("h3", texts.BESIDE), *body, cls="beside")
