"""How much is left to gain on an invented shop: every method on a line from 0 to the best possible score."""

from __future__ import annotations

from rdrec.core.vocabulary import (
    BASELINE,
    EASE,
    KNOWS_OTHERS,
    KNOWS_REVIEWS,
    KNOWS_TASTES,
    POPULARITY,
    RDREC,
    START_ONLY,
    TASKS_ONLY,
)
from rdrec.evaluation.methods import family
from rdrec.explorer.answers import SeedResults
from rdrec.explorer.labels import MODEL
from rdrec.explorer.points import of_100
from rdrec.ui import texts
from rdrec.ui.evidence import strings as words
from rdrec.ui.evidence.tables import along, table
from rdrec.ui.parts import small_print
from rdrec.ui.render import Html, element

BEST, TEXTS, RIVAL = KNOWS_TASTES, KNOWS_REVIEWS, EASE
_SHOWN = (POPULARITY, RIVAL, KNOWS_OTHERS, BASELINE, RDREC, START_ONLY, TASKS_ONLY, TEXTS, BEST)


def panel(several: SeedResults, task: str, teacher: str) -> Html | None:
    """The part as HTML; None if the best possible score is unknown or no rival was measured."""
    means = several.means(task)
    rdrec = f"rdrec:{teacher}"
    rows = [f"{method}:{teacher}" if method in (RDREC, START_ONLY, TASKS_ONLY) else method for method in _SHOWN]
    found = {method: means[method] for method in rows if method in means}
    if BEST not in found or RIVAL not in found:
        return None
    left = found[BEST] - found[RIVAL]
    why_tasks = words.HEADROOM_TASKS if any(family(method) == TASKS_ONLY for method in found) else ""
    return element(
        "div",
        element("h3", words.HEADROOM, id="rd-headroom"),
        element("p", _lead(found, rdrec, left), cls="intro") if left > 0 else None,
        table(
            words.HEADROOM_TABLE.format(task=texts.TASK_NAME[task]),
            words.HEADROOM_COLUMNS,
            [
                [
                    _name(method),
                    along(found[method] / found[BEST], found[RIVAL] / found[BEST]),
                    element("b", of_100(found[method])),
                ]
                for method in sorted(found, key=lambda method: found[method])
            ],
        ),
        small_print(words.HEADROOM_SMALL + why_tasks),
        cls="rd-headroom",
    )


def _lead(found: dict[str, float], rdrec: str, left: float) -> str:
    def share(method: str) -> str:
        return f"{100 * (found[method] - found[RIVAL]) / left:.0f}"

    said = words.HEADROOM_LEAD.format(rival=of_100(found[RIVAL]), best=of_100(found[BEST]))
    said += words.HEADROOM_TEXTS.format(share=share(TEXTS)) if TEXTS in found else ""
    return said + (words.HEADROOM_STUDENT.format(share=share(rdrec).replace("-", "−")) if rdrec in found else "")


def _name(method: str) -> str:
    return MODEL[family(method)]
