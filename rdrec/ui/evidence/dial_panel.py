"""The evidence tab's dial: gains of the students on invented shops, beside the line that nobody can pass.

In: shops read by `rdrec.explorer.dials`.  Out: HTML, one line a setting.
"""

from __future__ import annotations

from collections.abc import Sequence

from rdrec.core.records import plural
from rdrec.explorer import dials
from rdrec.explorer.dials import HELD, Shop
from rdrec.explorer.points import signed
from rdrec.ui.evidence import strings as words
from rdrec.ui.parts import small_print
from rdrec.ui.render import Html, element, page

CLASS = {"rdrec": "with", "scrambled": "control", "knows what reviews mention": "mentions", "knows all tastes": "best"}


def panel(shops: tuple[Shop, ...], dial: str) -> str:
    """Every setting of the dial; those that were not trained yet say so."""
    settings = dials.along(shops, dial)
    there = [shop for _, shop in settings if shop is not None]
    if not there:
        return page(element("p", words.DIAL_NONE, cls="small"))
    missing = [_at(dial, value) for value, shop in settings if shop is None]
    ends = [
        end
        for shop in there
        for name, gain in shop.gains.items()
        if name in CLASS
        for end in (gain.low, gain.high, gain.difference)
    ]
    low, high = min(0.0, *ends), max(1e-9, *ends)
    room = 0.03 * (high - low)
    span = (low - room, high + room)
    said = (
        words.DIAL_COUNT.format(found=len(there), all=len(settings), missing=", ".join(missing))
        if missing
        else words.DIAL_ALL.format(all=len(settings))
    )
    other = dials.DRIVE if dial == dials.NAMES else dials.NAMES
    runs = plural(max(shop.seeds for shop in there), "training run")
    users = f"{max(shop.users for shop in there):,}"
    return page(
        element(
            "div",
            element("ol", *(_line(_at(dial, value), shop, span) for value, shop in settings)),
            element("p", said, " ", words.DIAL_HELD.format(value=_at(other, HELD[other]))),
            small_print(words.DIAL_SMALL.format(users=users, seeds=runs)),
            cls="rd-dial",
        )
    )


def _at(dial: str, value: float) -> str:
    return words.DIAL_AT[dial].format(value=100 * value if dial == dials.NAMES else value)


def _line(label: str, shop: Shop | None, span: tuple[float, float]) -> Html:
    if shop is None:
        return element("li", element("b", label), element("span", words.DIAL_MISSING, cls="missing"), cls="absent")
    low, high = span

    def at(value: float) -> float:
        return (value - low) / (high - low)

    drawn = [element("span", cls="zero", shares={"a": at(0.0)})]
    drawn += [
        element("span", cls=f"stroke {CLASS[name]}", shares={"a": at(shop.gains[name].difference)}, title=said)
        for name, said in words.DIAL_MARKS.items()
        if name in shop.gains
    ]
    told = []
    for name, said in words.DIAL_ROWS.items():
        gain = shop.gains.get(name)
        if gain is None:
            continue
        share = {"a": at(gain.low), "b": (gain.high - gain.low) / (high - low)}
        drawn += [
            element("span", cls=f"range {CLASS[name]}", shares=share),
            element("span", cls=f"dot {CLASS[name]}", shares={"a": at(gain.difference)}),
        ]
        value = words.DIAL_VALUE.format(difference=signed(gain.difference), low=signed(gain.low), high=signed(gain.high))
        told.append(element("span", f"{said} {value}", cls=CLASS[name]))
    told += _marks(shop, words.DIAL_MARKS)
    return element(
        "li",
        element("b", label),
        element("span", *drawn, cls="track", aria_hidden="true"),
        element("small", *told, cls="told"),
    )


def _marks(shop: Shop, names: dict[str, str]) -> Sequence[Html]:
    """The lines to look up to, in words."""
    return [
        element("span", f"{said} {signed(shop.gains[name].difference)}", cls=CLASS[name])
        for name, said in names.items()
        if name in shop.gains
    ]
