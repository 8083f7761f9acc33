"""The live button: runs both students and says whether their ranking equals the precomputed one."""

from __future__ import annotations

from collections.abc import Sequence

from rdrec.core.records import RDRecError
from rdrec.core.vocabulary import ROLES
from rdrec.explorer import sentences
from rdrec.explorer.answers import Prediction, Truth
from rdrec.explorer.live_comparison import compare
from rdrec.explorer.live_runner import LiveAnswer, LiveRunner, LiveStudent
from rdrec.explorer.store import Store
from rdrec.ui import texts
from rdrec.ui.explore import predictions
from rdrec.ui.parts import STUDENT_CLASS, notice
from rdrec.ui.render import Html, element, page, plain


def panel(store: Store, user: int, task: str, runner: LiveRunner, *, hide: bool = False) -> tuple[str, LiveAnswer | None]:
    """The result as HTML, and the answer for the status line (None if the run failed); `hide`: say nothing about the true purchase."""
    try:
        answer = runner.of(store).predict(user, task)
        stored, truths = store.predictions(user, task), {} if hide else store.truth(user, task)
    except RDRecError as error:
        words = sentences.failed(error, texts.LIVE_FAILED)
        return page(notice(words)), None
    except ImportError as error:
        return page(notice(texts.LIVE_ABSENT.format(why=plain(error)))), None
    lines = [
        _student(store, live, stored.get(live.role, ()), truths.get(live.role))
        for live in sorted(answer.result, key=lambda s: ROLES.index(s.role))
    ]
    intro = texts.LIVE_LINE.format(device=answer.device.upper(), precision=answer.precision.upper())
    load = None if answer.load_ms is None else " " + texts.LIVE_LOAD.format(load=f"{answer.load_ms:,.0f}")
    why = " " + texts.LIVE_FELL_BACK.format(why=plain(answer.fell_back)) if answer.fell_back else None
    return page(element("div", element("p", intro, load, why), *lines, cls="rd-live", role="status")), answer


def idle(store: Store, task: str) -> str:
    """Before a run: how to read the lists.  It takes as much space as an answer, so nothing moves."""
    return page(predictions.note(task, texts.BARS_CALIBRATED if store.facts.calibrated else texts.BARS))


def running() -> str:
    """During a run."""
    return page(element("p", texts.LIVE_AWAITED, cls="small", role="status"))


def busy() -> str:
    """After the queue refused the call."""
    return page(notice(texts.BUSY))


def _student(store: Store, live: LiveStudent, stored: Sequence[Prediction], truth: Truth | None) -> Html:
    same = compare(store, live, stored, truth)
    sign = {sentences.LIVE_SAME: "✓ ", sentences.LIVE_NEAR: "≈ "}.get(same, "≠ ")
    words = texts.LIVE_STUDENT.format(student=texts.STUDENT[live.role], ms=f"{live.milliseconds:,.0f}", same=same)
    return element("p", element("b", sign), words, cls=STUDENT_CLASS[live.role])
