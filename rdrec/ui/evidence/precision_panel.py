"""The Evidence tab's part on precisions: how one shopper's ranking changes from fp32 to NF4, and the effect over all shoppers."""

from __future__ import annotations

from collections.abc import Sequence

from rdrec.core.vocabulary import PRECISIONS
from rdrec.explorer import precisions
from rdrec.explorer.points import of_100, signed
from rdrec.explorer.precisions import PrecisionSummary
from rdrec.explorer.store import Store
from rdrec.ui.evidence import strings as words
from rdrec.ui.evidence.tables import table
from rdrec.ui.render import Html, element, fill, page

STUDENT = "rdrec"
FULL = PRECISIONS[0]


def panel(store: Store, user: int, precision: str) -> str:
    """One shopper's top 10 in this precision, with changes from fp32, and all precisions over all shoppers."""
    over_all = precisions.over_all(store, STUDENT)
    if not over_all:
        return page(element("p", words.PRECISION_NONE, cls="small"))
    found = precisions.of_user(store, user, STUDENT)
    truth = store.truth(user, "sequential").get(STUDENT)
    made = fill(
        "precision", store=store, user=user, now=found.get(precision) if FULL in found else None, full=found.get(FULL),
        truth=truth and truth.item.item, brief=_in_brief(over_all, precision), table=_over_all(over_all, precision),
        name_of=words.PRECISION_NAME,
    )  # fmt: skip
    return made.text


def _in_brief(rows: Sequence[PrecisionSummary], precision: str) -> str | None:
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
    if precision != FULL:
        said += words.PRECISION_CHANGE.format(change=_fine(row.change), low=_fine(row.low), high=_fine(row.high))
    return f"{said}."


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
