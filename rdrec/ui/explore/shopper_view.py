"""The panels of one shopper, as all of them are made when the shopper changes; with the hidden purchase told or left out.

In: a store, a view, what a class was taught so far.  Out: HTML.  Raises RDRecError when a table of the set cannot be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

from rdrec.explorer import url
from rdrec.explorer.answers import Prediction
from rdrec.explorer.comparisons import best_baselines
from rdrec.explorer.profile import profile
from rdrec.explorer.store import Store
from rdrec.ui import classroom
from rdrec.ui.evidence import learned
from rdrec.ui.explore import guess_panel, history, predictions, profile_panel, says, strip, verdict
from rdrec.ui.explore import guess_strings as guess_texts
from rdrec.ui.explore.predictions import title

__all__ = ["panels", "task", "title"]
_MADE: WeakKeyDictionary[Store, dict[tuple[str, bool], str]] = WeakKeyDictionary()  # a set that is closed is not held


def panels(store: Store, view: url.View, taught: Sequence[Any] = ()) -> tuple[Any, ...]:
    """Whether the held-out purchase is secret, the guessing game, strip, who, says, next, verdict, history.

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
    ranked = store.predictions(view.user, view.task)
    learned_from = everything[store.facts.teacher]
    return (
        look.secret,
        look.panel,
        strip.panel(view.user, told, said, ranked, secret=look.secret),
        profile_panel.panel(shopper, bought, said, liked_by=learned_from),
        says.panel([] if look.secret else store.texts(view.user), store.motives(view.user), secret=look.secret),
        *_ranked(store, view, ranked, profile(bought, learned_from).likes, look.secret),
        above + history.panel(view.user, told, said, list(everything.values()), store.facts.about_teachers),
    )


def task(store: Store, view: url.View, secret: bool = False) -> tuple[str, str]:
    """What the students say next, and whether it is real."""
    likes = profile(store.history(view.user), store.all_rationales(view.user)[store.facts.teacher]).likes
    return _ranked(store, view, store.predictions(view.user, view.task), likes, secret)


def _ranked(
    store: Store, view: url.View, ranked: dict[str, list[Prediction]], likes: Sequence[tuple[str, int]], secret: bool
) -> tuple[str, str]:
    shown = [one for rows in ranked.values() for one in rows]
    tastes = predictions.tastes([text for text, _ in likes], store.liked_attributes, shown)
    if secret:
        return guess_panel.lists(predictions.unjudged(ranked, store.facts.top, tastes)), ""
    truth = store.truth(view.user, view.task)
    return predictions.panel(ranked, truth, store.facts.top, tastes), _real(store, view.task, counted=bool(truth))


def _real(store: Store, task: str, *, counted: bool) -> str:
    """Over all shoppers, so the same for each: made once for a set."""
    made = _MADE.setdefault(store, {})
    if (task, counted) not in made:
        several, rows = store.over_seeds(), store.evaluation()
        paired, best = store.paired_hits(task, predictions.FIRST), best_baselines(several, rows, task)
        made[task, counted] = verdict.panel(rows, best, paired, task, learned.judged(several, store.facts), counted=counted)
    return made[task, counted]
