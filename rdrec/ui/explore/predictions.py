"""Both students' ranked lists side by side, and where the true next purchase ranks in each.  Bars of both lists share one scale."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache

from rdrec.core.vocabulary import ROLES
from rdrec.explorer.answers import Prediction, Truth
from rdrec.explorer.store import name
from rdrec.ui import texts
from rdrec.ui.parts import STUDENT_CLASS, TITLE_CHARS, door, heading, item_name, percent
from rdrec.ui.render import Child, Html, element, page, plain
from rdrec.ui.why import strings as why_texts

FIRST = 10  # what HR@10 counts
AT_ONCE = 7  # ranks shown at first, so that the page fits one screen
Tastes = Mapping[int, Sequence[str]]  # product -> what this shopper likes about it, according to training reviews
NO_TASTES: Tastes = {}
CATEGORY_CHARS = 40
ICONS = {  # part of a category's name -> icon in assets/explorer.css
    "science": "flask", "craft": "scissors", "vehicle": "car", "track": "car", "doll": "figure", "figure": "figure",
    "card": "cards", "board": "dice", "pretend": "mask", "outdoor": "ball", "sport": "ball", "building": "blocks",
    "jigsaw": "puzzle", "puzzle": "puzzle", "brain": "bulb", "soft": "bear", "beaut": "drop", "skin": "drop", "hair": "drop",
    "music": "note", "guitar": "note", "string": "note", "book": "book",
}  # fmt: skip


def verdict(truths: Mapping[str, Truth]) -> Html:
    """'The true next purchase, X: rank 12 of 389 with rationales, rank 40 without.'"""
    if not truths:
        return element("p", texts.NO_TRUTH, cls="verdict")
    any_truth = next(iter(truths.values()))
    title = element("b", item_name(any_truth.item))
    if len(truths) == len(ROLES):
        a, b = truths["rdrec"], truths["baseline"]
        ranks = texts.VERDICT_RANKS.format(a=a.rank, among=f"{a.among:,}", b=b.rank)
    else:
        student = texts.STUDENT[any_truth.student].lower()
        ranks = texts.VERDICT_ONE.format(rank=any_truth.rank, among=f"{any_truth.among:,}", student=student)
    return element(
        "p", element("span", "★", cls="star", aria_hidden="true"), " ", texts.VERDICT_START, title, ranks, cls="verdict"
    )


def title() -> str:
    return page(heading(None, texts.NEXT))


def panel(
    predictions: Mapping[str, Sequence[Prediction]],
    truths: Mapping[str, Truth],
    top: int,
    tastes: Tastes = NO_TASTES,
) -> str:
    """The verdict and both lists."""
    if not predictions:
        return page(element("div", element("p", texts.NO_PREDICTIONS), verdict(truths), cls="rd-panel"))
    return page(_panel(element("div", verdict(truths), _doors(), cls="outcome"), _lists(predictions, truths, top, tastes)))


def lists_without_truth(predictions: Mapping[str, Sequence[Prediction]], top: int, tastes: Tastes = NO_TASTES) -> Html:
    """The lists alone, if the purchase is still to be guessed or there is none."""
    if not predictions:
        return element("div", element("p", texts.NO_PREDICTIONS), cls="rd-panel")
    return _panel(_lists(predictions, {}, top, tastes))


def _panel(*parts: Child) -> Html:
    return element("div", *parts, cls="rd-predictions")


def _lists(predictions: Mapping[str, Sequence[Prediction]], truths: Mapping[str, Truth], top: int, tastes: Tastes) -> Html:
    longest = max(p.probability for rows in predictions.values() for p in rows)
    places = {student: {p.item.item: p.rank for p in rows} for student, rows in predictions.items()}
    columns = [
        _column(role, predictions.get(role, ()), truths.get(role), places.get(_other(role), {}), longest, top, tastes)
        for role in ROLES
    ]
    return element("div", *columns, cls="columns")


def note(task: str) -> Html:
    """How to read the lists."""
    return element("p", texts.BAR_NOTE, " ", element("span", texts.TASK_SMALL[task], cls="term"), cls="small note")


def _doors() -> Html:
    """Buttons to the two questions that the lists raise."""
    return element(
        "p",
        door(texts.WHY_DOOR, why_texts.TAB, "#rd-why .intro"),
        door(texts.WHAT_IF_DOOR, why_texts.TAB, "#rd-why-edit"),
        cls="doors",
    )


def _other(role: str) -> str:
    return "baseline" if role == "rdrec" else "rdrec"


def _column(
    role: str,
    rows: Sequence[Prediction],
    truth: Truth | None,
    elsewhere: Mapping[int, int],
    longest: float,
    top: int,
    tastes: Tastes,
) -> Html:
    lines = [_line(p, truth, elsewhere.get(p.item.item), longest, role, top, tastes) for p in rows]
    more = (
        element(
            "details",
            element("summary", texts.MORE.format(first=AT_ONCE + 1, last=len(rows))),
            element("ol", *lines[AT_ONCE:], start=AT_ONCE + 1),
        )
        if len(rows) > AT_ONCE
        else None
    )
    beyond = None
    if truth is not None and truth.rank > AT_ONCE:
        below = Prediction(role, truth.rank, truth.item, truth.probability)
        beyond = element("ol", _line(below, truth, elsewhere.get(truth.item.item), longest, role, top, tastes), cls="beyond")
    return element(
        "section",
        element("h3", element("span", texts.STUDENT[role], title=texts.STUDENT_SMALL[role]), _hit(truth)),
        element("ol", *lines[:AT_ONCE]),
        beyond,
        more,
        cls=f"student {STUDENT_CLASS[role]}",
    )


def _hit(truth: Truth | None) -> Html | None:
    if truth is None:
        return None
    hit = truth.rank <= FIRST
    words = f"{'✓' if hit else '✗'} {texts.TOP_HIT if hit else texts.TOP_MISS}"
    return element("span", words, cls="hit" if hit else "miss")


def _line(p: Prediction, truth: Truth | None, other: int | None, longest: float, role: str, top: int, tastes: Tastes) -> Html:
    true = truth is not None and truth.item.item == p.item.item
    student = texts.STUDENT[_other(role)]
    shift = (
        texts.OTHER_NOT.format(student=student, top=top)
        if other is None
        else texts.OTHER_AT.format(student=student, rank=other)
    )
    return element(
        "li",
        element("span", str(p.rank), cls="place"),
        element("span", cls=f"icon {icon(p.item.categories)}", aria_hidden="true"),
        element(
            "span",
            item_name(p.item),
            cls="what", title=f"{plain(name(p.item), TITLE_CHARS)} · {shift}",
        ),
        _known(p.item.categories, tastes.get(p.item.item, ()), true=true),
        element("span", percent(p.probability), cls="percent"),
        element("span", element("span", cls="fill", shares={"w": p.probability / longest if longest else 0.0}), cls="bar", aria_hidden="true"),
        cls="true" if true else None, data_rank=p.rank,
    )  # fmt: skip


def _known(category: str | None, matched: Sequence[str], *, true: bool) -> Html:
    """The category, and which of the shopper's tastes the product matches."""
    more = f" +{len(matched) - 1}" if len(matched) > 1 else ""
    met = (
        element("span", f"♥ {matched[0]}{more}", cls="met", title=f"{texts.MATCHED}: {', '.join(matched)}") if matched else None
    )
    last = (
        element("span", "★", element("span", f" {texts.TRUE_PURCHASE}", cls="long"), cls="badge")
        if true
        else element("span", plain(category or "", CATEGORY_CHARS), cls="kind")
    )
    return element("small", *((last, " ", met) if true else (met, " " if met else None, last)), cls="known")


@lru_cache(maxsize=1_000)
def icon(category: str | None) -> str:
    """The CSS class of a category's icon; a plain box if no word of the category is known."""
    words = (category or "").casefold()
    return next((f"i-{picture}" for word, picture in ICONS.items() if word in words), "i-box")


def tastes(
    liked: Sequence[str], attributes: Callable[[int], Collection[str]], ranked: Sequence[Prediction]
) -> dict[int, list[str]]:
    """For each ranked product, which of the shopper's likes (the most frequent first) training reviews attribute to it.

    attributes: returns those of a product number, in lower case
    """
    found = {}
    for number in {prediction.item.item for prediction in ranked}:
        known = attributes(number)
        if matched := [text for text in liked if text.casefold() in known]:
            found[number] = matched
    return found
