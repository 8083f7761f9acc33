"""Markdown tables and number formats."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import mean, stdev

from rdrec.core.markdown import table_lines

NOT_MEASURED = "–"


def cell(text: object) -> str:
    """Escape text so that it cannot end its cell, start a tag or break the line."""
    words = " ".join(str(text).split())
    for special in ("\\", "|", "<", "`", "*", "["):
        words = words.replace(special, f"\\{special}")
    return words


def code(text: object) -> str:
    """Inline code in a cell."""
    return "`" + " ".join(str(text).split()).replace("`", "'").replace("|", "\\|") + "`"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table and a blank one; cells must already be Markdown."""
    return [*table_lines(head, rows), ""]


def titled(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A sentence and the table below it."""
    return [title, "", *table(head, rows)]


def metric(value: float | None) -> str:
    """Four decimals, as in the literature."""
    return NOT_MEASURED if value is None or math.isnan(value) else f"{value:.4f}"


def metric_over_runs(values: Sequence[float]) -> str:
    """Mean ± standard deviation over training runs; the plain value of a single run."""
    if not values:
        return NOT_MEASURED
    return metric(values[0]) if len(values) == 1 else f"{mean(values):.4f} ± {stdev(values):.4f}"


def difference(value: float) -> str:
    """A difference with its sign, except for zero."""
    shown = f"{value:+.4f}"
    return shown[1:] if float(shown) == 0 else shown.replace("-", "−")


def change(value: float, low: float, high: float) -> str:
    """A difference and its interval."""
    return f"{difference(value)} ({difference(low)} to {difference(high)})"


def interval(low: float, high: float) -> str:
    """An interval of metrics."""
    return f"{metric(low)} to {metric(high)}"


def chance(p: float) -> str:
    """A p-value."""
    return f"{p:.3f}" if p >= 0.001 else "< 0.001"
