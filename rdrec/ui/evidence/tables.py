"""Tables of the Evidence tab, and bars and intervals drawn beside numbers; screen readers skip the drawings."""

from __future__ import annotations

from collections.abc import Sequence

from rdrec.ui.render import Child, Html, element


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
    rows = [
        element("tr", element("th", first, scope="row"), *(element("td", cell) for cell in rest), cls=cls)
        for (first, *rest), cls in zip(body, [*classes, *[None] * (len(body) - len(classes))], strict=True)
    ]
    inner = element(
        "table",
        element("thead", element("tr", *(element("th", words, scope="col") if words else element("td") for words in head))),
        element("tbody", *rows),
    )
    return element(
        "div",
        element("h4", caption) if titled else None,
        element("div", inner, cls="scroll", tabindex=0, role="region", aria_label=caption),
    )


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
