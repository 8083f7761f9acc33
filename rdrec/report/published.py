"""Published figures beside our own on the same data sets, each with its leak."""

from __future__ import annotations

from collections.abc import Sequence

from rdrec.explorer.published import Figure
from rdrec.report.markdown import cell, metric, table
from rdrec.report.names import TASK_COLUMN

_DATA = {"beauty": "Beauty", "sports": "Sports", "toys": "Toys"}


def section(figures: Sequence[Figure]) -> list[str]:
    """One table a data set."""
    lines = [
        "## Beside published figures",
        "",
        "From `assets/evidence/published.csv`. *leak* says what revealed answers to the method: item `numbers`, `reviews` of hidden purchases, the `order` of "
        "purchases on one day. Compare only rows with the same leak. *measured* rows are ours, of one seed unless they say otherwise; their "
        "source is the command.",
        "",
    ]
    for data in dict.fromkeys(one.data for one in figures):
        lines += [f"### {_DATA.get(data, cell(data))}", ""]
        rows = [one for one in figures if one.data == data]
        rows.sort(key=lambda one: (one.task, -(one.ndcg10 if one.ndcg10 is not None else -1.0)))
        lines += table(["task", "method", "HR@10", "NDCG@10", "leak", "", "source"], [_row(one) for one in rows])
    return lines


def _row(one: Figure) -> list[str]:
    return [TASK_COLUMN[one.task], cell(one.method), metric(one.hr10), metric(one.ndcg10), one.leak, one.kind, cell(one.source)]
