"""Tables of the Evidence tab, and bars and intervals drawn beside numbers; screen readers skip the drawings."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from rdrec.ui.render import Child, Html, element, fill


def table(
    caption: str,
    head: Sequence[Child],
    body: Sequence[Sequence[Child]],
    classes: Sequence[str | None] = (),
    *,
    titled: bool = True,
) -> Html:
    """A table that scrolls if it is too wide; `classes`: CSS classes of the rows.

    titled: whether to show the caption; if a summary already does, it is for screen readers only
    """
    rows = zip_longest(body, classes)
    return fill("table", caption=caption, head=head, rows=rows, titled=titled)


def around_zero(value: float, low: float, high: float, reach: float) -> Html:
    """An interval on an axis from -reach to reach, zero in the middle."""

    def at(x: float) -> float:
        return (x + reach) / (2 * reach)

    return element(
        "span",
        element("span", cls="zero"),
        element("span", cls="range", shares={"a": at(low), "b": (high - low) / (2 * reach)}),
        element("span", cls="dot", shares={"a": at(value)}),
        cls="interval", aria_hidden="true",
    )  # fmt: skip


def along(share: float, mark: float) -> Html:
    """A line from 0 to 1 with a dot at `share`, a stroke at `mark`, and a thick line between them."""
    return element(
        "span",
        element("span", cls="mark", shares={"a": mark}),
        element("span", cls="range", shares={"a": min(share, mark), "b": abs(share - mark)}),
        element("span", cls="dot", shares={"a": share}),
        cls="interval", aria_hidden="true",
    )  # fmt: skip
