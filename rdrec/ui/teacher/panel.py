"""Teachers' answers about one review side by side: two sentences, every claim with its verdict, and the evidence marked in the review."""

from __future__ import annotations

from collections.abc import Sequence

from rdrec.core.records import CLAIM_KINDS, Claim, plural
from rdrec.teachers.prompts import Message
from rdrec.teachers.read_one import Reading
from rdrec.ui.explore.history import CLAIMS_STYLED, KIND_TITLE, words_marked
from rdrec.ui.parts import small_print
from rdrec.ui.render import Html, element, page, plain
from rdrec.ui.side_by_side import SIGN
from rdrec.ui.teacher import strings as texts
from rdrec.ui.teacher.columns import Column, titles, unique_claims
from rdrec.ui.texts import WHY_NOT

Judged = tuple[Claim, str | None]  # a claim, and why it is not supported
ANCHOR = "d"  # id prefix of claims: `d2-1` is the first claim of the second column
REASON_CHARS = 120
REVIEW_OPENS = "<review id="


def intro() -> str:
    return page(element("p", texts.INTRO, cls="rd-teacher-intro"))


def program() -> str:
    """A code sample that asks for the same."""
    code = element("pre", element("code", texts.API), tabindex=0)
    return page(element("details", element("summary", texts.API_SUMMARY), code))


def panel(columns: Sequence[Column], review: str, note: str | None = None) -> str:
    """One column for each teacher of `review`; `note`: what to look for."""
    made = [_column(number, column, review) for number, column in enumerate(columns, start=1)]
    look = element("p", note, cls="rd-look") if note else None
    return page(look, element("div", *made, cls="rd-teachers"))


def _column(number: int, column: Column, review: str) -> Html:
    """Within the class `ground`, a claim and its marked words are highlighted together."""
    title, what = titles(column)
    head = element(
        "header", element("h2", title), small_print(element("bdi", what), f" · {how}" if (how := _how(column)) else None)
    )
    anchor = f"{ANCHOR}{number}"
    claims = unique_claims(column.claims, column.why)
    return element(
        "section",
        head,
        *_said(column),
        _claims(claims, column, anchor),
        _evidence(claims, review, anchor) if not column.note else None,
        *_details(column),
        cls=f"teacher ground {column.role}{' waits' if column.waiting else ''}",
        role="status" if column.waiting else None,
    )


def _how(column: Column) -> str:
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


def _said(column: Column) -> list[Html]:
    if column.note:
        return [element("p", column.note, cls="note")]
    if column.status != "ok":
        words = texts.FAILED if column.status == "failed" else texts.NOTHING
        flag = "⚠ " if column.status == "failed" else ""
        return [element("p", flag, words.format(reason=plain(column.reason or "", REASON_CHARS)), cls="note")]
    blocks = []
    for kind in CLAIM_KINDS:
        said = column.sentences.get(kind)
        body = element("p", element("bdi", said), cls="sentence") if said else small_print(texts.NOT_SAID)
        blocks.append(element("div", element("h3", KIND_TITLE[kind]), body))
    return blocks


def _claims(claims: Sequence[Judged], column: Column, anchor: str) -> Html | None:
    if column.note or column.status != "ok":
        return None
    if not claims:
        return small_print(texts.NO_CLAIMS)
    items = [_claim(index, claim, why, column.ticked, anchor) for index, (claim, why) in enumerate(claims)]
    copied = element("p", texts.COPIED.format(words=plain(column.copied, 200)), cls="small") if column.copied else None
    return element(
        "div",
        element("h3", texts.CLAIMS),
        element("ul", *items, cls="claims"),
        _verdict([w for _, w in claims], column),
        copied,
    )


def _verdict(why: Sequence[str | None], column: Column) -> Html:
    if not column.ticked:
        return small_print(texts.KEY_VERDICT if column.role == "answer-key" else texts.RULES_VERDICT)
    flagged = sum(reason is not None for reason in why)
    if not flagged:
        return element(
            "p", f"✓ {texts.ALL_BACKED.format(claims=len(why)) if len(why) > 1 else texts.ONE_BACKED}", cls="verdict good"
        )
    words = texts.SOME_BACKED if flagged == 1 else texts.SOME_BACKED_MANY
    return element("p", f"⚠ {words.format(flagged=flagged, claims=plural(len(why), 'claim'))}", cls="verdict bad")


def _claim(index: int, claim: Claim, why: str | None, ticked: bool, anchor: str) -> Html:
    lit = f" k{index + 1}" if index < CLAIMS_STYLED else ""
    reason = None if why is None else WHY_NOT.get(why, plain(why, REASON_CHARS))
    flagged = ticked and reason is not None
    mark = None
    if flagged:
        mark = element("span", f"⚠ {texts.UNSUPPORTED.format(why=reason)}", cls="flag")
    elif ticked:
        mark = element("span", "✓", cls="why", title=texts.SUPPORTED, role="img", aria_label=texts.SUPPORTED)
    return element(
        "li",
        element("span", f"{SIGN[claim.polarity]}{index + 1}", cls="ref"),
        " ",
        element("bdi", claim.text),
        " ",
        mark,
        cls=f"{claim.polarity}{lit}{' unsupported' if flagged else ''}", id=f"{anchor}-{index + 1}", tabindex=0,
    )  # fmt: skip


def _evidence(claims: Sequence[Judged], review: str, anchor: str) -> Html:
    words = element("p", *words_marked(review, [claim for claim, _ in claims], anchor), cls="words", dir="auto")
    return element("div", element("h3", texts.EVIDENCE), words, cls="evidence")


def _details(column: Column) -> list[Html]:
    """A language model's prompt and its own answer, both folded away."""
    found = []
    if column.raw is not None:
        found.append(element("details", element("summary", texts.RAW), element("pre", column.raw, tabindex=0, dir="auto")))
    elif column.role == "model" and not column.note and column.live is None:
        found.append(small_print(texts.NO_RAW))
    if column.live is not None and column.live.reading.prompt is not None:
        found.append(element("details", element("summary", texts.PROMPT), *_given(column.live.reading)))
    return found


def _given(reading: Reading) -> list[Html]:
    if reading.messages is None:
        return [element("p", texts.GIVEN_NOTHING)]
    prompt = reading.prompt
    assert prompt is not None
    sampling = texts.GIVEN_SAMPLING.format(
        temperature=prompt.temperature, top_p=prompt.top_p, tokens=prompt.max_tokens, name=prompt.name
    )
    found = [small_print(texts.GIVEN_SENTENCE)] if prompt.reads == "sentence" else []
    found.append(_message(reading.messages[0]))
    if examples := reading.messages[1:-1]:
        title = element("summary", texts.GIVEN_EXAMPLES.format(count=len(examples) // 2))
        found.append(element("details", title, *(element("pre", message["content"], tabindex=0) for message in examples)))
    return [*found, _message(reading.messages[-1]), small_print(sampling)]


def _message(message: Message) -> Html:
    """One message, with the review highlighted: its block, or the whole message if it contains nothing else."""
    role, content = message["role"], message["content"]
    before, opens, rest = content.partition(REVIEW_OPENS) if role == "user" else (content, "", "")
    if role == "user" and not opens:
        before, rest = "", content
    block, closes, after = rest.partition(f"\n</review id={rest[: rest.find('>')]}>") if opens else (rest, "", "")
    shown = element("span", opens, block, closes, cls="review-block") if role == "user" else None
    return element("div", element("h4", texts.ROLE.get(role, role)), element("pre", before, shown, after, tabindex=0))
