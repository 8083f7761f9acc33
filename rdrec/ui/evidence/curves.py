"""The Evidence tab's training curves: losses, own-other gaps and ranking of students after each epoch."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from rdrec.core.records import grouped, plural
from rdrec.core.vocabulary import CURVE_MEASURES, STRICT_FIRST
from rdrec.evaluation.outcomes import nats
from rdrec.explorer.answers import Curve
from rdrec.explorer.points import of_100
from rdrec.ui.evidence import multi_seed
from rdrec.ui.evidence import strings as words
from rdrec.ui.evidence.tables import table
from rdrec.ui.parts import small_print
from rdrec.ui.render import Child, Html, curve, element

Values = tuple[float | None, ...]  # by epoch


def panel(curves: Sequence[Curve]) -> Html:
    """One table for each method under each protocol, closed at first."""
    runs = grouped(
        ((one.protocol, one.method, one.ids, one.start, one.shape, one.parameters), one)
        for one in sorted(curves, key=lambda one: (STRICT_FIRST.index(one.protocol), one.method))
        if any(_known(values) for values in one.measures.values())
    )
    return element(
        "details",
        element("summary", words.CURVES),
        *(made for found in runs.values() if (made := _method(found))),
        small_print(words.CURVES_SMALL),
        cls="rd-curves",
    )


def _known(values: Values) -> bool:
    """Whether any of the values was measured."""
    return any(value is not None for value in values)


def _method(runs: Sequence[Curve]) -> Html | None:
    """The table of one method; None if its runs have no measure in common."""
    first = runs[0]
    name = words.CURVES_NAME.format(
        method=multi_seed.method_label(first.method), shape=first.shape, parameters=f"{first.parameters / 1e6:.1f} M", start=words.CURVES_START.get(first.start, first.start),
        protocol=first.protocol, runs=plural(len(runs), "training run"),
    )  # fmt: skip
    means = {name: values for name in CURVE_MEASURES if _known(values := _mean(runs, name))}
    if not means:
        return None
    last = max(len(values) for values in means.values())
    head: list[Child] = [words.CURVES_EPOCH, "", *map(str, range(1, last + 1))]
    rows: list[list[Child]] = [
        [words.CURVES_OF[measure], _drawn(values, last), *(_cell(measure, value) for value in values), *[""] * (last - len(values))]
        for measure, values in means.items()
    ]  # fmt: skip
    return element("details", element("summary", name), table(name, head, rows, titled=False))


def _mean(runs: Sequence[Curve], measure: str) -> Values:
    """The mean over the runs by epoch; None after the shortest run and where a run was not measured."""
    by_run = [run.measures.get(measure, ()) for run in runs]
    found: list[float | None] = []
    for values in zip(*by_run, strict=False):
        known = [value for value in values if value is not None]
        found.append(fmean(known) if len(known) == len(runs) else None)
    return tuple(found)


def _drawn(values: Values, last: int) -> Child:
    """A line through the values, from the lowest to the highest."""
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    low, high = min(value for _, value in known), max(value for _, value in known)
    span = (high - low) or 1.0
    points = [(place / max(last - 1, 1), (value - low) / span) for place, value in known]
    return element("span", curve(points, "line"), cls="rd-spark") if len(points) > 1 else ""


def _cell(measure: str, value: float | None) -> str:
    if value is None:
        return ""
    if measure == "ndcg":
        return of_100(value)
    if measure.startswith("gap_"):
        return nats(value)
    return f"{value:.2f}"
