"""The panels of one shopper, as all of them are made when the shopper changes; with the hidden purchase told or left out.

In: a store, a view, what a class was taught so far.  Out: HTML.  Raises RDRecError when a table of the set cannot be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rdrec.explorer.store import Store
from rdrec.ui import classroom, url
from rdrec.ui.evidence import learned
from rdrec.ui.evidence import panel as evidence
from rdrec.ui.explore import guess_panel, history, predictions, who
from rdrec.ui.explore import guess_strings as guess_texts
from rdrec.ui.explore.predictions import title

__all__ = ["panels", "task", "title"]


def panels(store: Store, view: url.View, taught: Sequence[Any] = ()) -> tuple[Any, ...]:
    """Whether the hidden purchase is secret, the guessing game, who, next, real, history.

    taught: as `Classroom.taught`.  While the purchase is secret, nothing in any of them tells it.
    """
    look = classroom.look(store, view, *taught)
    shopper, bought = store.user(view.user), store.history(view.user)
    everything = store.all_rationales(view.user)
    said = store.shown(everything)
    told, above = bought, ""
    if look.secret:
        shopper = replace(shopper, featured=None)  # the reason tells how the students did
        told = [purchase for purchase in bought if purchase.split != "test"]
        above = guess_panel.withheld(guess_texts.WITHHELD)
    return (
        look.secret,
        look.panel,
        who.panel(shopper, bought, said),
        *task(store, view, look.secret),
        above + history.panel(view.user, told, said, list(everything.values()), store.facts.about_teachers),
    )


def task(store: Store, view: url.View, secret: bool = False) -> tuple[str, str]:
    """What the students say next, and whether it is real."""
    ranked = store.predictions(view.user, view.task)
    if secret:
        return guess_panel.lists(predictions.unjudged(ranked, view.task, store.facts.top)), ""
    truth, paired = store.truth(view.user, view.task), store.paired_hits(view.task, predictions.FIRST)
    judged = learned.judged(store.over_seeds(), store.facts)
    real = evidence.strip(store.evaluation(), paired, view.task, judged, counted=bool(truth))
    return predictions.panel(ranked, truth, view.task, store.facts.top), real
