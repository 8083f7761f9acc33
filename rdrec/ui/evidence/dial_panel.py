"""The Evidence tab's dial: the students' gains on invented shops beside the best possible score, one line for each setting."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rdrec.core.records import plural
from rdrec.core.vocabulary import CONTROL, KNOWS_REVIEWS, KNOWS_TASTES, RDREC
from rdrec.evaluation.outcomes import nats
from rdrec.explorer import dials
from rdrec.explorer.dials import HELD, Shop
from rdrec.ui.evidence import strings as words
from rdrec.ui.render import Html, element, fill

CLASS = {RDREC: "with", CONTROL: "control", KNOWS_REVIEWS: "mentions", KNOWS_TASTES: "best"}
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)  # between marks of the scale: the smallest that gives at most MARKS of them
MARKS = 5
ROOM = 0.04  # margin at both ends, as a share of the span


def panel(shops: tuple[Shop, ...], dial: str) -> str:
    """Every setting of the dial, including those not trained yet."""
    return plot(shops, dial).text


def plot(shops: tuple[Shop, ...], dial: str) -> Html:
    """The same as an element, used in the lecture too."""
    settings = dials.along(shops, dial)
    trained = [shop for _, shop in settings if shop is not None]
    if not trained:
        return element("p", words.DIAL_NONE, cls="small")
    low, high = _span(trained)
    lines = [(_at(dial, value), shop) for value, shop in settings]
    return fill(
        "dial", lines=lines, missing=[label for label, shop in lines if shop is None], marks=_marks(low, high), low=low, high=high,
        place=lambda value: (value - low) / (high - low), held=", ".join(_at(other, value) for other, value in HELD.items() if other != dial), users=f"{max(shop.users for shop in trained):,}",
        seeds=plural(max(shop.seeds for shop in trained), "training run"), older=any(shop.older for shop in trained), words=words, nats=nats, isnan=math.isnan, CLASS=CLASS,
        RDREC=RDREC, CONTROL=CONTROL, BEST=KNOWS_TASTES,
    )  # fmt: skip


def _span(shops: Sequence[Shop]) -> tuple[float, float]:
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


def _marks(low: float, high: float) -> list[float]:
    """The marks of the axis at zero and round numbers of points."""
    step = next((step for step in STEPS if (high - low) / step <= MARKS), STEPS[-1])
    return [place * step for place in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _at(dial: str, value: float) -> str:
    return words.DIAL_AT[dial].format(value=100 * value if dial == dials.NAMES else value)
