"""The Evidence tab's part on precisions: how one shopper's ranking changes from fp32 to NF4, and the effect over all shoppers."""

from __future__ import annotations

from collections.abc import Sequence

from rdrec.core.vocabulary import PRECISIONS
from rdrec.explorer import precisions
from rdrec.explorer.points import of_100, signed
from rdrec.explorer.precisions import PrecisionRanking, PrecisionSummary
from rdrec.explorer.store import Store
from rdrec.ui.evidence import strings as words
from rdrec.ui.evidence.tables import table
from rdrec.ui.parts import item_name
from rdrec.ui.render import Html, element, page

STUDENT = "rdrec"
FULL = PRECISIONS[0]


def panel(store: Store, user: int, precision: str) -> str:
    """One shopper's top 10 in this precision, with changes from fp32, and all precisions over all shoppers."""
    over_all = precisions.over_all(store, STUDENT)
    if not over_all:
        return page(element("p", words.PRECISION_NONE, cls="small"))
    found = precisions.of_user(store, user, STUDENT)
    truth = store.truth(user, "sequential").get(STUDENT)
    one = (
        _shopper(store, user, found[precision], found[FULL], truth.item.item if truth else None)
        if precision in found and FULL in found
        else element("p", words.PRECISION_NO_TRUTH, cls="small")
    )
    more = element("details", element("summary", words.PRECISION_ALL), _over_all(over_all, precision))
    return page(element("div", one, _in_brief(over_all, precision), more, cls="rd-precision"))


def _shopper(store: Store, user: int, now: PrecisionRanking, full: PrecisionRanking, truth: int | None) -> Html:
    was = "" if now.rank == full.rank else words.PRECISION_WAS.format(rank=f"{full.rank:,}")
    name = words.PRECISION_NAME[now.precision]
    rows = [
        element(
            "li",
            element("span", str(place), cls="place"),
            element("span", item_name(store.item(item)), cls="what", title=words.PRECISION_TRUE if item == truth else None),
            _moved(item, place, full.items),
            cls="true" if item == truth else None,
        )
        for place, item in enumerate(now.items, 1)
    ]  # fmt: skip
    said = words.PRECISION_SHOPPER.format(user=user, precision=name, rank=f"{now.rank:,}", was=was)
    return element("div", element("p", said), element("ol", *rows))


def _moved(item: int, place: int, before: Sequence[int]) -> Html:
    """How the rank differs from fp32, as an arrow with a label."""
    if item not in before:
        return element("span", "\u25c6", cls="moved new", title=words.PRECISION_NEW, role="img", aria_label=words.PRECISION_NEW)
    by = before.index(item) + 1 - place
    if not by:
        return element("span", "=", cls="moved", title=words.PRECISION_SAME, role="img", aria_label=words.PRECISION_SAME)
    said = (words.PRECISION_UP if by > 0 else words.PRECISION_DOWN).format(by=abs(by))
    return element("span", f"{'▲' if by > 0 else '▼'}{abs(by)}", cls="moved some", title=said, role="img", aria_label=said)


def _in_brief(rows: Sequence[PrecisionSummary], precision: str) -> Html | None:
    """The effect of this precision over all shoppers, in one sentence."""
    row = next((summary for summary in rows if summary.precision == precision), None)
    if row is None:
        return None
    said = words.PRECISION_BRIEF.format(
        users=f"{row.users:,}",
        share=f"{100 * row.bytes / rows[0].bytes:.0f}",
        overlap=f"{100 * row.overlap:.0f}",
        ndcg=of_100(row.ndcg),
    )
    change = (
        ""
        if precision == FULL
        else words.PRECISION_CHANGE.format(change=_fine(row.change), low=_fine(row.low), high=_fine(row.high))
    )
    return element("p", said, change, ".", cls="brief")


def _over_all(rows: Sequence[PrecisionSummary], precision: str) -> Html:
    full = rows[0].bytes
    return table(
        words.PRECISION_TABLE.format(users=f"{rows[0].users:,}"),
        words.PRECISION_COLUMNS,
        [
            [
                words.PRECISION_NAME[row.precision],
                words.PRECISION_SIZE.format(mb=f"{row.bytes / 1e6:.1f}", share=f"{100 * row.bytes / full:.0f}"),
                f"{100 * row.overlap:.0f} %",
                f"{100 * row.agreement:.0f} %",
                f"{100 * row.moved:.0f} %",
                of_100(row.ndcg),
                "–" if row.precision == FULL else f"{_fine(row.change)} ({_fine(row.low)} to {_fine(row.high)})",
            ]
            for row in rows
        ],
        ["chosen" if row.precision == precision else None for row in rows],
    )


def _fine(value: float) -> str:
    """Points with two decimals, since quantising changes little."""
    said = f"{100 * value:+.2f}"
    return signed(0.0) if float(said) == 0 else said.replace("-", "−")
