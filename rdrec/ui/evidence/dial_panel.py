"""The Evidence tab's dial: the students' gains on invented shops beside the best possible score, one line for each setting."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rdrec.core.records import plural
from rdrec.core.vocabulary import CONTROL, KNOWS_REVIEWS, KNOWS_TASTES, RDREC
from rdrec.evaluation.outcomes import nats
from rdrec.explorer import dials
from rdrec.explorer.dials import HELD, Learned, Shop
from rdrec.explorer.points import signed
from rdrec.ui.evidence import strings as words
from rdrec.ui.parts import small_print
from rdrec.ui.render import Child, Html, element, page

CLASS = {RDREC: "with", CONTROL: "control", KNOWS_REVIEWS: "mentions", KNOWS_TASTES: "best"}
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)  # between marks of the scale: the smallest that gives at most MARKS of them
MARKS = 5
ROOM = 0.04  # margin at both ends, as a share of the span
Span = tuple[float, float]
Interval = tuple[float, float, float]  # value, low, high


def panel(shops: tuple[Shop, ...], dial: str) -> str:
    """Every setting of the dial, including those not trained yet."""
    return page(plot(shops, dial))


def plot(shops: tuple[Shop, ...], dial: str) -> Html:
    """The same as an element, used in the lecture too."""
    settings = dials.along(shops, dial)
    trained = [shop for _, shop in settings if shop is not None]
    if not trained:
        return element("p", words.DIAL_NONE, cls="small")
    span = _span(trained)
    missing = [_at(dial, value) for value, shop in settings if shop is None]
    said = words.DIAL_COUNT.format(found=len(trained), all=len(settings), missing=", ".join(missing)) if missing else None
    other = dials.DRIVE if dial == dials.NAMES else dials.NAMES
    runs = plural(max(shop.seeds for shop in trained), "training run")
    users = f"{max(shop.users for shop in trained):,}"
    return element(
        "div",
        _scale(span),
        element("ol", *(_line(_at(dial, value), shop, span) for value, shop in settings)),
        element("ul", *(_key(cls, said) for cls, said in words.DIAL_KEYS), cls="keys"),
        element("p", said) if said else None,
        small_print(
            words.DIAL_HELD.format(value=_at(other, HELD[other])), " ", words.DIAL_SMALL.format(users=users, seeds=runs)
        ),
        cls="rd-dial",
    )


def _span(shops: Sequence[Shop]) -> Span:
    """The range of everything drawn, including zero."""
    ends = [0.0]
    for shop in shops:
        for name, gain in shop.gains.items():
            if name in CLASS:
                over = gain.over_control or () if name == RDREC else ()
                ends += [end for end in (gain.low, gain.high, gain.difference, *over) if not math.isnan(end)]
    low, high = min(ends), max(*ends, 1e-9)
    room = ROOM * (high - low)
    return low - room, high + room


def _place(value: float, span: Span) -> float:
    return (value - span[0]) / (span[1] - span[0])


def _at(dial: str, value: float) -> str:
    return words.DIAL_AT[dial].format(value=100 * value if dial == dials.NAMES else value)


def _scale(span: Span) -> Html:
    """The marks of the axis at zero and round numbers of points."""
    step = next((step for step in STEPS if (span[1] - span[0]) / step <= MARKS), STEPS[-1])
    first, last = math.ceil(span[0] / step), math.floor(span[1] / step)
    marks = [
        element("span", signed(place * step) if place else "0", shares={"a": _place(place * step, span)})
        for place in range(first, last + 1)
    ]
    return element(
        "div", element("span", *marks, cls="marks"), element("span", words.DIAL_CHECK_HEAD, cls="head"), cls="scale", aria_hidden="true"
    )  # fmt: skip


def _key(cls: str, said: str) -> Html:
    return element("li", element("span", cls=cls, aria_hidden="true"), " ", said)


def _line(label: str, shop: Shop | None, span: Span) -> Html:
    if shop is None:
        return element("li", element("b", label), element("span", words.DIAL_MISSING, cls="missing"), cls="absent")
    student = shop.gains.get(RDREC)
    return element(
        "li",
        element("b", label),
        element("span", *_drawn(shop, span), cls="track", aria_hidden="true"),
        _check(student.learned if student else None),
        element("small", *_in_words(shop), cls="told"),
    )


def _drawn(shop: Shop, span: Span) -> list[Html]:
    drawn = [element("span", cls="zero", shares={"a": _place(0.0, span)})]
    best = shop.gains.get(KNOWS_TASTES)
    if best is not None:
        drawn.append(element("span", cls="beyond", shares={"a": _place(best.difference, span)}))
    drawn += [
        element("span", cls=f"stroke {CLASS[name]}", shares={"a": _place(shop.gains[name].difference, span)}, title=said)
        for name, said in words.DIAL_MARKS.items()
        if name in shop.gains
    ]
    for name in words.DIAL_ROWS:
        gain = shop.gains.get(name)
        if gain is not None:
            drawn += _interval((gain.difference, gain.low, gain.high), CLASS[name], span)
        if gain is not None and name == RDREC and gain.over_control is not None:
            drawn += _interval(gain.over_control, "over", span)
    return drawn


def _interval(found: Interval, cls: str, span: Span) -> list[Html]:
    value, low, high = found
    share = {"a": _place(low, span), "b": (high - low) / (span[1] - span[0])}
    return [
        element("span", cls=f"range {cls}", shares=share),
        element("span", cls=f"dot {cls}", shares={"a": _place(value, span)}),
    ]


def _check(learned: Learned | None) -> Html:
    """Whether the student learned its rationales, and its gain beside that of word counts."""
    if learned is None:
        return element("span", "–", cls="check")
    gained = words.DIAL_GAINED.format(gap=nats(learned.gap), yardstick=nats(learned.yardstick))
    return element(
        "span",
        element("b", words.DIAL_CHECK.get(learned.outcome, learned.outcome)),
        None if math.isnan(learned.gap) else element("small", gained),
        cls="check good" if learned.outcome == "learned" else "check",
    )


def _in_words(shop: Shop) -> list[Child]:
    """What the line shows, in words; what is otherwise only drawn is for screen readers."""
    student = shop.gains.get(RDREC)
    shown: list[Child] = []
    if student is not None:
        found = [(words.DIAL_NONE_KIND, (student.difference, student.low, student.high))]
        found += [(words.DIAL_OVER, student.over_control)] if student.over_control else []
        shown += [element("span", element("b", signed(value[0])), f" {_range(value)} {said}") for said, value in found]
    control = shop.gains.get(CONTROL)
    unseen = [] if control is None else [f"{words.DIAL_ROWS[CONTROL]} {signed(control.difference)} {_range((control.difference, control.low, control.high))}"]  # fmt: skip
    unseen += [f"{said} {signed(shop.gains[name].difference)}" for name, said in words.DIAL_MARKS.items() if name in shop.gains]
    return [*shown, element("span", "; ".join(unseen), cls="rd-unseen")]


def _range(found: Interval) -> str:
    return words.DIAL_VALUE.format(low=signed(found[1]), high=signed(found[2]))
