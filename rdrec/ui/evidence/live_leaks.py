"""The Evidence tab's three leaks, one line each: the score of the leak's rule on an axis with the students and EASE.

`rdrec.explorer.leak_rules` computes the scores from the purchases of the data set.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rdrec.core.vocabulary import EASE, LEAKS, NDCG, ORDER, ROLES, TASKS, TOGETHER
from rdrec.explorer.answers import Measured
from rdrec.explorer.collected import Collected
from rdrec.explorer.labels import MODEL
from rdrec.explorer.points import of_100
from rdrec.explorer.published import Figure
from rdrec.ui.evidence import strings as words
from rdrec.ui.render import element, fill, page

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
    off, turned_on = found.off[leak].values, found.on[leak].values
    marks = references(rows)
    reach = 1.03 * max(
        *(score.values[NDCG] for state in (found.off, found.on) for score in state.values()),
        *(value for _, value in marks),
        1e-9,
    )
    now, other = (turned_on, off) if on else (off, turned_on)
    return fill("leak", leak=leak, on=on, now=now, other=other, marks=marks, reach=reach, words=words).text


def references(rows: Sequence[Measured]) -> list[tuple[str, float]]:
    """NDCG@10 of both students and EASE, if they were measured."""
    values = {row.model: row.value for row in rows if (row.task, row.metric) == (TASKS[0], NDCG)}
    return [(method, values[method]) for method in (*ROLES, EASE) if method in values]


def legend(found: LeakRules | None, rows: Sequence[Measured], figures: Sequence[Figure], elsewhere: Collected) -> str:
    """What the strokes mean, how the leaks were made here, and results on real data."""
    if found is None:
        return ""
    outside = (_published(figures), _real(elsewhere))
    return fill("leak_legend", found=found, marks=references(rows), elsewhere=outside, MODEL=MODEL).text


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
