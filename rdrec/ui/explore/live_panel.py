"""The live button: runs both students and says whether their ranking equals the precomputed one."""

from __future__ import annotations

from collections.abc import Sequence

from rdrec.core.records import RDRecError
from rdrec.core.vocabulary import ROLES
from rdrec.explorer.answers import Prediction, Truth
from rdrec.explorer.live_records import LiveAnswer, LiveStudent
from rdrec.explorer.live_runner import LiveRunner
from rdrec.explorer.store import Store, name
from rdrec.ui import texts
from rdrec.ui.explore import predictions
from rdrec.ui.parts import STUDENT_CLASS, notice
from rdrec.ui.render import Html, element, page, plain

NEAR = 0.001  # probabilities less than 0.1 % apart, relative to the larger, are a near tie


def panel(store: Store, user: int, task: str, runner: LiveRunner, *, hide: bool = False) -> tuple[str, LiveAnswer | None]:
    """The result in words, and the answer for the status line (None when there was none); `hide`: no word of the true purchase."""
    try:
        answer = runner.predict(store, user, task)
        stored, truths = store.predictions(user, task), {} if hide else store.truth(user, task)
    except RDRecError as error:
        words = texts.LIVE_FAILED.format(what=plain(error.what), todo=plain(error.todo or "").rstrip("."))
        return page(notice(words)), None
    except ImportError as error:
        return page(notice(texts.LIVE_ABSENT.format(why=plain(error)))), None
    lines = [
        _student(store, live, stored.get(live.role, ()), truths.get(live.role))
        for live in sorted(answer.students, key=lambda s: ROLES.index(s.role))
    ]
    intro = texts.LIVE_LINE.format(device=answer.device.upper(), precision=answer.precision.upper())
    load = None if answer.load_ms is None else " " + texts.LIVE_LOAD.format(load=f"{answer.load_ms:,.0f}")
    why = " " + texts.LIVE_FELL_BACK.format(why=plain(answer.fell_back)) if answer.fell_back else None
    return page(element("div", element("p", intro, load, why), *lines, cls="rd-live", role="status")), answer


def resting(task: str) -> str:
    """What stands there before the students are asked: how to read the lists.  The place is as high as an answer, so nothing moves."""
    return page(predictions.note(task))


def awaited() -> str:
    """What stands there while the students are asked."""
    return page(element("p", texts.LIVE_AWAITED, cls="small", role="status"))


def busy() -> str:
    """What stands there when the queue refused the call."""
    return page(notice(texts.BUSY))


def compare(store: Store, live: LiveStudent, stored: Sequence[Prediction], truth: Truth | None) -> str:
    """In words: the same ranking, the same up to near ties, or where it first differs."""
    if not stored:
        return texts.LIVE_NOTHING
    expected = [prediction.item.item for prediction in stored]
    got = list(live.items[: len(expected)])
    odds = {prediction.item.item: prediction.probability for prediction in stored}
    for place, (a, b) in enumerate(zip(got, expected, strict=False), start=1):
        # an item from below the stored places has no stored probability: its live one stands in
        if a != b and not _near(odds.get(a, live.probabilities[place - 1]), odds[b]):
            common = len(set(got) & set(expected))
            names = {"live": plain(name(store.item(a)), 60), "stored": plain(name(store.item(b)), 60)}
            return texts.LIVE_NOT_SAME.format(place=place, common=common, top=len(expected), **names)
    if len(got) < len(expected):
        return texts.LIVE_NOT_SAME.format(
            place=len(got) + 1,
            live="nothing",
            stored=plain(name(store.item(expected[len(got)])), 60),
            common=len(got),
            top=len(expected),
        )
    same = got == expected
    if truth is not None and live.truth_rank is not None and live.truth_rank != truth.rank:
        if live.truth_rank > len(stored) or not _near(stored[live.truth_rank - 1].probability, truth.probability):
            moved = texts.LIVE_TRUTH_MOVED if same else texts.LIVE_NEAR_TRUTH_MOVED
            return moved.format(top=len(expected), live=live.truth_rank, stored=truth.rank)
        same = False
    return texts.LIVE_SAME if same else texts.LIVE_NEAR


def _near(a: float, b: float) -> bool:
    """Another device rounds otherwise: it may swap items whose probabilities are as close as this."""
    return abs(a - b) < NEAR * max(a, b)


def _student(store: Store, live: LiveStudent, stored: Sequence[Prediction], truth: Truth | None) -> Html:
    same = compare(store, live, stored, truth)
    sign = {texts.LIVE_SAME: "✓ ", texts.LIVE_NEAR: "≈ "}.get(same, "≠ ")
    words = texts.LIVE_STUDENT.format(student=texts.STUDENT[live.role], ms=f"{live.milliseconds:,.0f}", same=same)
    return element("p", element("b", sign), words, cls=STUDENT_CLASS[live.role])
