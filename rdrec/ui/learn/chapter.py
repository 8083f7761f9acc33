"""A chapter of the lecture, and the bars that chapters draw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rdrec.ui.parts import bar
from rdrec.ui.render import Child, Html, element

Questions = tuple[tuple[str, Child], ...]


@dataclass(frozen=True)
class Chapter:
    """One screen: an explanation, one thing to try, and one question with its answer.

    notes   timing, what to say, what students usually answer, what may go wrong
    doors   buttons to the parts of the page that the chapter is about
    more    further questions with answers
    """

    title: str
    minutes: int
    body: tuple[Child, ...]
    todo: str
    question: str
    answer: Child
    notes: tuple[str, str, str, str]
    doors: tuple[Html, ...] = ()
    more: Questions = ()


def two_decimals(value: float) -> str:
    """Points of 100 with two decimals."""
    return f"{100 * value:.2f}"


def bar_row(label: str, value: float, scale: float, shown: Callable[[float], str] = two_decimals, cls: str = "") -> Html:
    """A label, a bar and its figure."""
    return element(
        "div", element("span", label, cls="label"), bar(value / scale), element("b", shown(value)), cls=f"bar-row {cls}".strip()
    )


def flip(label: str, off: float, on: float, scale: float, button: str) -> Html:
    """A bar with two states and a button that switches between them."""
    return element(
        "div",
        element("div", bar_row(label, off, scale), cls="off"),
        element("div", bar_row(label, on, scale), cls="on"),
        element("button", button, type="button", cls="flip", aria_pressed="false"),
        cls="rd-flip",
    )
