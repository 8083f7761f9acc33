"""The difference plot, drawn by Plotly, which is loaded only when the tab is opened.

Backgrounds are transparent and names are above their lines, so that it is readable in both themes and at any width.  `layout.meta` has
the title and the source line of a saved picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rdrec.core.vocabulary import BASELINE
from rdrec.evaluation.methods import family
from rdrec.explorer.comparisons import Against
from rdrec.explorer.points import signed
from rdrec.ui.evidence import multi_seed
from rdrec.ui.evidence import strings as words
from rdrec.ui.render import chart_text

TEXT, GRID, OTHER = "#808080", "rgba(128,128,128,.25)", "#8b8d98"
COLOUR = {"rdrec": "#5b5bd6", BASELINE: "#c2720c"}  # accents of the students; everything else is grey
SIZE, LARGE_SIZE = 13, 19  # pixels, Plotly's only unit
ROW, LARGE_ROW = 23, 46
LABEL_CHARS = 46


def nothing() -> Any:
    """An empty plot with a sentence, if there is nothing to compare with."""
    import plotly.graph_objects as go

    figure = go.Figure()
    figure.add_annotation(text=words.PLOT_NONE, showarrow=False, font={"color": TEXT, "size": SIZE})
    figure.update_layout(paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)", height=120)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return figure


def difference(
    rows: Sequence[Against],
    metric: str,
    *,
    zero: float | None = None,
    about: dict[str, str] | None = None,
    teacher: str = "",
    large: bool = False,
) -> Any:
    """Dots with intervals, best first.

    zero     the score of the student without rationales
    about    title, source line and file name of a saved picture
    teacher  left out of the methods' names
    """
    import plotly.graph_objects as go  # 0.3 s: only when the tab is opened

    figure = go.Figure()
    annotations: list[dict[str, Any]] = []
    size = LARGE_SIZE if large else SIZE
    for place, row in enumerate(rows):
        at, ours = len(rows) - 1 - place, family(row.method) == "rdrec"
        colour = COLOUR["rdrec"] if ours else OTHER
        value = 100 * row.difference
        figure.add_scatter(
            x=[value],
            y=[at],
            mode="markers",
            marker={"color": colour, "size": 11 if ours else 9},
            error_x=_interval(row, colour),
            hovertext=f"{chart_text(multi_seed.method_label(row.method), LABEL_CHARS)}: {_said(row)}",
            hoverinfo="text",
            showlegend=False,
        )
        name = chart_text(multi_seed.method_label(row.method, teacher), LABEL_CHARS)
        for text, x, anchor in ((name, 0, "left"), (signed(row.difference), 1, "right")):
            annotations.append(
                {
                    "text": text,
                    "font": {"weight": 700 if ours else 400},
                    "x": x,
                    "xref": "paper",
                    "xanchor": anchor,
                    "y": at + 0.42,
                    "showarrow": False,
                    "yanchor": "middle",
                }
            )
    said = words.PLOT_ZERO.format(value="" if zero is None else words.PLOT_VALUE.format(value=f"{100 * zero:.1f}"))
    reach = _reach(rows)
    side = {"xanchor": _anchor_inside(-reach[0] / (reach[1] - reach[0])), "yanchor": "top"}
    annotations.append({"text": said, "x": 0, "xref": "x", "y": -0.55, "showarrow": False} | side)
    figure.update_layout(
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": TEXT, "size": size, "family": "IBM Plex Sans, system-ui, sans-serif"},
        height=(LARGE_ROW if large else ROW) * len(rows) + (90 if large else 58),
        margin={"l": 10, "r": 10, "t": 4, "b": 44 if large else 34},
        annotations=annotations,
        shapes=[_zero_line(len(rows))],
        xaxis={"gridcolor": GRID, "zeroline": False, "ticksuffix": "", "range": reach, "fixedrange": True},
        yaxis={"visible": False, "range": [-1.25, len(rows) - 0.25], "fixedrange": True},
        meta=about or {},
    )
    return figure


def _said(row: Against) -> str:
    """The difference and its interval, in points."""
    if row.low is None or row.high is None:
        return signed(row.difference)
    return words.DIAL_VALUE.format(difference=signed(row.difference), low=signed(row.low), high=signed(row.high))


def _zero_line(rows: int) -> dict[str, Any]:
    """From above the first row down to the label at zero, which it must not cross."""
    line = {"color": COLOUR[BASELINE], "width": 2}
    return {"type": "line", "x0": 0, "x1": 0, "y0": -0.5, "y1": rows - 0.25, "layer": "below", "line": line}


def _anchor_inside(share: float) -> str:
    """The anchor with which a label at this share of the width stays inside the chart."""
    return "left" if share < 0.4 else "right" if share > 0.6 else "center"


def _reach(rows: Sequence[Against]) -> list[float]:
    """The range of the axis: all intervals and zero, with room for the label at zero."""
    ends = [100 * end for row in rows for end in (row.low, row.high, row.difference, 0.0) if end is not None]
    low, high = min(ends, default=-1.0), max(ends, default=1.0)
    room = 0.06 * (high - low) or 1.0
    return [low - room, high + room]


def _interval(row: Against, colour: str) -> dict[str, Any] | None:
    if row.low is None or row.high is None:
        return None
    above, below = 100 * (row.high - row.difference), 100 * (row.difference - row.low)
    return {
        "type": "data",
        "symmetric": False,
        "array": [above],
        "arrayminus": [below],
        "color": colour,
        "thickness": 2,
        "width": 0,
    }
