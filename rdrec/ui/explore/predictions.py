"""Both students' ranked lists side by side, and where the true next purchase ranks in each.  Bars of both lists share one scale."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache

from rdrec.core.vocabulary import ROLES
from rdrec.explorer.answers import Prediction, Truth
from rdrec.explorer.store import name
from rdrec.ui import texts
from rdrec.ui.parts import TITLE_CHARS, door, heading, item_name
from rdrec.ui.render import Html, element, fill, page, plain
from rdrec.ui.why import strings as why_texts

FIRST = 10  # what HR@10 counts
AT_ONCE = 7  # ranks shown at first, so that the page fits one screen
Tastes = Mapping[int, Sequence[str]]  # product -> what this shopper likes about it, according to training reviews
NO_TASTES: Tastes = {}
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
    """The heading of the predictions."""
    return page(heading(texts.NEXT))


def panel(
    predictions: Mapping[str, Sequence[Prediction]],
    truths: Mapping[str, Truth],
    top: int,
    tastes: Tastes = NO_TASTES,
) -> str:
    """The verdict and both lists."""
    if not predictions:
        return page(element("div", element("p", texts.NO_PREDICTIONS), verdict(truths), cls="rd-panel"))
    return page(_lists(predictions, truths, top, tastes, element("div", verdict(truths), _doors(), cls="outcome")))


def lists_without_truth(predictions: Mapping[str, Sequence[Prediction]], top: int, tastes: Tastes = NO_TASTES) -> Html:
    """The lists alone, if the purchase is still to be guessed or there is none."""
    if not predictions:
        return element("div", element("p", texts.NO_PREDICTIONS), cls="rd-panel")
    return _lists(predictions, {}, top, tastes, None)


def _lists(
    predictions: Mapping[str, Sequence[Prediction]], truths: Mapping[str, Truth], top: int, tastes: Tastes, outcome: Html | None
) -> Html:
    places = {student: {p.item.item: p.rank for p in rows} for student, rows in predictions.items()}

    def hint(p: Prediction | Truth, role: str) -> str:
        """The whole name of a product, and its rank in the other list."""
        other = "baseline" if role == "rdrec" else "rdrec"
        rank, student = places.get(other, {}).get(p.item.item), texts.STUDENT[other]
        shift = (texts.OTHER_NOT if rank is None else texts.OTHER_AT).format(student=student, top=top, rank=rank)
        return f"{plain(name(p.item), TITLE_CHARS)} · {shift}"

    return fill(
        "predictions", outcome=outcome, lists={role: predictions.get(role, ()) for role in ROLES}, truths=truths, tastes=tastes,
        longest=max(p.probability for rows in predictions.values() for p in rows), icon=icon, hint=hint, texts=texts,
        FIRST=FIRST, AT_ONCE=AT_ONCE,
    )  # fmt: skip


def note(task: str, bars: str) -> Html:
    """How to read the lists; bars: what the bars show."""
    return element(
        "p", texts.BAR_NOTE.format(bars=bars), " ", element("span", texts.TASK_SMALL[task], cls="term"), cls="small note"
    )


def _doors() -> Html:
    """Buttons to the two questions that the lists raise."""
    return element(
        "p",
        door(texts.WHY_DOOR, why_texts.TAB, "#rd-why .intro"),
        door(texts.WHAT_IF_DOOR, why_texts.TAB, "#rd-why-edit"),
        cls="doors",
    )


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
