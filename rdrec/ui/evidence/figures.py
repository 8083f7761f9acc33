"""Charts, drawn by plotly in later tabs only (the first view loads no chart library).

In: evaluation rows.  Out: a figure with transparent backgrounds, readable in both themes; a table stands beside each.
Colours are those of `assets/explorer.css`: one accent a student.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rdrec.core.vocabulary import TASKS
from rdrec.evaluation.ways import kind
from rdrec.explorer.answers import Measured
from rdrec.ui.evidence import over_seeds
from rdrec.ui.evidence import strings as evidence_texts
from rdrec.ui.render import chart_text

TEXT, GRID = "#808080", "rgba(128,128,128,.25)"
COLOUR = {"rdrec": "#5b5bd6", "baseline": "#c2720c"}
OTHER = {
    "scrambled": "#7d8094",
    "start-only": "#8f8fe3",
    "tasks-only": "#b48fe0",
    "popularity": "#a3a6b4",
    "bought together": "#90939f",
    "max-id rule": "#c6c8d2",
    "order rule": "#d6d8e0",
}
OTHER |= {"sasrec": "#2f8f7f", "ease": "#6fb3a3", "rationale neighbours": "#3f7fb3"}  # rivals
UNKNOWN = "#8b8d98"
SIZE, LARGE_SIZE = 14, 20  # pixels: plotly knows no other unit


def evaluation(rows: Sequence[Measured], metric: str = "HR@10", *, large: bool = False) -> Any:
    """Bars with 95 % intervals: one group a task, one bar a model; `large`: type for the last row of a lecture room."""
    import plotly.graph_objects as go  # 0.3 s: only when the tab is opened

    figure = go.Figure()
    for model in dict.fromkeys(row.model for row in rows):
        found = {row.task: row for row in rows if row.model == model and row.metric == metric}
        shown = [found[task] for task in TASKS if task in found]
        figure.add_bar(
            name=chart_text(over_seeds.way(model), 40),
            x=[evidence_texts.CHART_TASK[row.task] for row in shown],
            y=[100 * row.value for row in shown],
            marker_color=COLOUR.get(model) or OTHER.get(kind(model), UNKNOWN),
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [100 * (row.high - row.value) for row in shown],
                "arrayminus": [100 * (row.value - row.low) for row in shown],
                "color": TEXT,
                "thickness": 1.5,
                "width": 4,
            },
        )
    figure.update_layout(
        barmode="group",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": TEXT, "size": LARGE_SIZE if large else SIZE, "family": "IBM Plex Sans, system-ui, sans-serif"},
        height=560 if large else 400,
        margin={"l": 40, "r": 8, "t": 8, "b": 48},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        xaxis={"tickangle": 0},
        yaxis={"gridcolor": GRID, "zerolinecolor": GRID, "rangemode": "tozero"},
    )
    return figure
