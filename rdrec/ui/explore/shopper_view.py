"""All panels that depend on the shopper, with the held-out purchase shown or, while a class is guessing, left out.

Everything raises RDRecError if a table of the data set cannot be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from rdrec.explorer import url
from rdrec.explorer.answers import Prediction
from rdrec.explorer.comparisons import best_baselines
from rdrec.explorer.example_review import example
from rdrec.explorer.profile import profile
from rdrec.explorer.seed_verdict import against_best, agreeing_runs
from rdrec.explorer.store import Store
from rdrec.ui import classroom
from rdrec.ui.evidence import learned
from rdrec.ui.explore import guess_panel, history, predictions, profile_panel, says, strip, verdict
from rdrec.ui.explore import guess_strings as guess_texts


def panels(store: Store, view: url.View, game: Sequence[Any] = ()) -> tuple[Any, ...]:
    """Whether the held-out purchase is secret, then the guessing game, strip, profile, sayings, rankings, verdict and history.

    game: the values of `Classroom.inputs`.  While the purchase is secret, none of the panels gives it away.
    """
    look = classroom.look(store, view, *game)
    shopper, bought = store.user(view.user), store.history(view.user)
    everything = store.all_rationales(view.user)
    said = store.shown(everything)
    visible, above = bought, ""
    if look.secret:
        shopper = replace(shopper, featured=None)  # the reason reveals how the students did
        visible = [purchase for purchase in bought if purchase.split != "test"]
        above = guess_panel.withheld(guess_texts.WITHHELD)
    ranked = store.predictions(view.user, view.task)
    learned_from = everything[store.facts.teacher]
    return (
        look.secret,
        look.panel,
        strip.panel(view.user, visible, example(visible, said, learned_from), store.facts.teacher, ranked, secret=look.secret),
        profile_panel.panel(shopper, bought, said, learned=learned_from),
        says.panel([] if look.secret else store.texts(view.user), store.motives(view.user), secret=look.secret),
        *_ranked(store, view, ranked, profile(bought, learned_from).likes, look.secret),
        above + history.panel(view.user, visible, said, list(everything.values()), store.facts.about_teachers),
    )


def task(store: Store, view: url.View, secret: bool = False) -> tuple[str, str]:
    """The rankings and the verdict over all shoppers, after a change of the task."""
    likes = profile(store.history(view.user), store.all_rationales(view.user)[store.facts.teacher]).likes
    return _ranked(store, view, store.predictions(view.user, view.task), likes, secret)


def _ranked(
    store: Store, view: url.View, ranked: dict[str, list[Prediction]], likes: Sequence[tuple[str, int]], secret: bool
) -> tuple[str, str]:
    shown = [prediction for rows in ranked.values() for prediction in rows]
    tastes = predictions.tastes([text for text, _ in likes], store.liked_attributes, shown)
    if secret:
        return guess_panel.folded_lists(predictions.lists_without_truth(ranked, store.facts.top, tastes)), ""
    truth = store.truth(view.user, view.task)
    return predictions.panel(ranked, truth, store.facts.top, tastes), _real(store, view.task, counted=bool(truth))


@lru_cache(maxsize=32)
def _real(store: Store, task: str, *, counted: bool) -> str:
    """The verdict over all shoppers."""
    several, rows = store.seed_results(), store.evaluation()
    paired, best = store.paired_hits(task, predictions.FIRST), best_baselines(several, rows, task)
    judged, runs = learned.judged(several, store.facts), agreeing_runs(several, store.facts.teacher, task)
    teacher = store.facts.teacher
    beside = against_best(several, teacher, task)
    return verdict.panel(rows, best, paired, task, judged, counted=counted, teacher=teacher, runs=runs, beside=beside)
