"""Published figures compared with our own on the same data sets, each with its leak."""

from __future__ import annotations

from collections.abc import Sequence

from rdrec.explorer.published import Figure
from rdrec.report.markdown import cell, metric, table
from rdrec.report.names import TASK_COLUMN

_DATA = {"beauty": "Beauty", "sports": "Sports", "toys": "Toys"}


def section(figures: Sequence[Figure]) -> list[str]:
    """One table per data set."""
    lines = [
        "## Comparison with published figures",
        "",
        "From `assets/evidence/published.csv`. *leak* says what revealed answers to the method: item `numbers`, `reviews` of held-out purchases, the `order` of "
        "purchases on one day. Compare only rows with the same leak. *measured* rows are ours, of one seed unless they say otherwise; their "
        "source is the command.",
        "",
    ]
    for data in dict.fromkeys(figure.data for figure in figures):
        lines += [f"### {_DATA.get(data, cell(data))}", ""]
        rows = [figure for figure in figures if figure.data == data]
        rows.sort(key=lambda row: (row.task, -(row.ndcg10 if row.ndcg10 is not None else -1.0)))
        lines += table(["task", "method", "HR@10", "NDCG@10", "leak", "", "source"], [_row(row) for row in rows])
    return lines


def _row(row: Figure) -> list[str]:
    return [TASK_COLUMN[row.task], cell(row.method), metric(row.hr10), metric(row.ndcg10), row.leak, row.kind, cell(row.source)]
