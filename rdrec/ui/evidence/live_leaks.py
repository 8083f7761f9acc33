"""The Evidence tab's three leaks, one line each: the score of the leak's rule on an axis with the students and EASE.

`rdrec.explorer.leak_rules` computes the scores from the purchases of the data set.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rdrec.core.vocabulary import EASE, HIT, LEAKS, NDCG, ORDER, ROLES, TASKS, TOGETHER
from rdrec.explorer.answers import Measured
from rdrec.explorer.collected import Collected
from rdrec.explorer.labels import MODEL
from rdrec.explorer.points import of_100
from rdrec.explorer.published import Figure
from rdrec.ui.evidence import strings as words
from rdrec.ui.parts import STUDENT_CLASS, small_print
from rdrec.ui.render import Child, element, page

if TYPE_CHECKING:  # scipy: only when the tab is opened
    from rdrec.explorer.leak_rules import LeakRules

PLAIN, RULE = TOGETHER, ORDER


def switch(leak: str, found: LeakRules | None) -> str:
    """The label of a switch; the order leak names the period used for this data set."""
    return words.LIVE_SWITCH[leak].format(period=(found and found.period) or "day")


def heading() -> str:
    """Above the switches."""
    return page(element("h3", words.LIVE_TITLE, id="rd-live-leaks"), element("p", words.LIVE_INTRO, cls="small"))


def row(leak: str, found: LeakRules | None, rows: Sequence[Measured], *, on: bool) -> str:
    """The rule of one leak and its score with the leak on or off; a hollow dot shows the other state."""
    if found is None or leak not in found.on:
        said = words.LIVE_NONE if found is None else words.LIVE_NOT[leak]
        return page(element("p", said, cls="small")) if said and (found is not None or leak == LEAKS[0]) else ""
    scores = (found.off[leak], found.on[leak])
    now, other = scores[on], scores[not on]
    marks = references(rows)
    reach = 1.03 * max(
        *(score.values[NDCG] for state in (found.off, found.on) for score in state.values()),
        *(value for _, value in marks),
        1e-9,
    )
    value = words.LIVE_VALUE.format(
        value=of_100(now.values[NDCG]),
        other=words.LIVE_OFF if on else words.LIVE_ON,
        was=of_100(other.values[NDCG]),
        hit=of_100(now.values[HIT]),
    )
    return page(
        element(
            "div",
            element("p", words.LIVE_RULE[leak], cls="rule"),
            element(
                "span",
                *(
                    element("span", cls=f"mark {STUDENT_CLASS.get(method, method)}", shares={"a": at / reach})
                    for method, at in marks
                ),
                element("span", cls="ghost", shares={"a": other.values[NDCG] / reach}),
                element("span", cls="dot", shares={"a": now.values[NDCG] / reach}),
                cls="track",
                aria_hidden="true",
            ),
            element("p", value, cls="value"),
            cls=f"rd-leak {words.LIVE_ON if on else words.LIVE_OFF}",
            data_label=leak,
        )
    )


def references(rows: Sequence[Measured]) -> list[tuple[str, float]]:
    """NDCG@10 of both students and EASE, if they were measured."""
    values = {row.model: row.value for row in rows if (row.task, row.metric) == (TASKS[0], NDCG)}
    return [(method, values[method]) for method in (*ROLES, EASE) if method in values]


def legend(found: LeakRules | None, rows: Sequence[Measured], figures: Sequence[Figure], elsewhere: Collected) -> str:
    """What the strokes mean, how the leaks were made here, and results on real data."""
    if found is None:
        return ""
    marks = references(rows)
    shown: list[Child] = []
    for method, value in marks:
        said = words.LIVE_MARK.format(name=MODEL[method], value=of_100(value))
        shown += [element("span", said, cls=f"ref-key {STUDENT_CLASS.get(method, method)}"), " "]
    more = []
    if found.period not in (None, "day"):
        more.append(
            words.LIVE_PERIOD.format(same_day=of_100(found.same_day), period=found.period, ties=f"{100 * found.ties:.0f}")
        )
    if "reviews" in found.on:
        more.append(words.LIVE_REVIEWED.format(share=f"{100 * found.reviewed:.0f}"))
    more += [said for said in (_published(figures), _real(elsewhere)) if said]
    taken = words.LIVE_MS.format(purchases=f"{found.purchases:,}", ms=f"{found.milliseconds:.0f}")
    return page(
        element(
            "div",
            element("p", *shown, cls="keys") if shown else None,
            element("details", element("summary", taken), *(small_print(said) for said in more)),
            cls="rd-leak-legend",
        )
    )


def _published(figures: Sequence[Figure]) -> str | None:
    found = {figure.method: figure.ndcg10 for figure in figures if (figure.data, figure.task) == ("beauty", TASKS[0])}
    rule, paper = found.get(words.RULE_LEAKY), found.get(words.RULE_PUBLISHED)
    if rule is None or paper is None:
        return None
    return words.LIVE_REAL_NUMBERS.format(rule=f"{100 * rule:.1f}", paper=f"{100 * paper:.1f}")


def _real(elsewhere: Collected) -> str | None:
    """The order rule against plain counting on real data."""
    values = {(row.data, row.method): row.mean for row in elsewhere.measurements if (row.task, row.metric) == (TASKS[0], NDCG)}
    rows = [
        words.LIVE_REAL_ROW.format(data=words.REAL_SHORT.get(data, data), plain=of_100(values[data, PLAIN]), rule=of_100(values[data, RULE]))
        for data in elsewhere.real
        if (data, PLAIN) in values and (data, RULE) in values
    ]  # fmt: skip
    return words.LIVE_REAL_ORDER.format(rows="; ".join(rows)) if rows else None
