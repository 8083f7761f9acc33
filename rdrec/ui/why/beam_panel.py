"""How a student generates an ID: a beam search step by step, beside the exact ranking."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import TYPE_CHECKING

from rdrec.explorer.answers import BeamMiss
from rdrec.explorer.store import Store
from rdrec.explorer.why_records import Beam
from rdrec.ui.render import Html, fill
from rdrec.ui.why import strings as texts

if TYPE_CHECKING:  # torch
    from rdrec.ranking.beam_tree import Prefix

DROPPED = 4  # prefixes shown for each step that the beam search dropped


def beams(store: Store, found: Beam, misses: Sequence[BeamMiss], others: bool, live: Html) -> str:
    """The beam at each step beside the exact ranking, with lost products marked."""

    def written(prefix: Prefix) -> str:
        return "".join(texts.END if token == found.end else found.pieces[token].strip() for token in prefix.tokens)

    made = fill(
        "beam", store=store, found=found, tree=found.tree, misses=misses, others=others, live=live, shown_of=_shown, written=written,
        exp=exp, words=texts,
    )  # fmt: skip
    return made.text


def _shown(step: Sequence[Prefix]) -> tuple[list[Prefix], int, float]:
    """All prefixes kept, the first few dropped ones and every dropped one that contains a top product; the number of others; the
    probability of a full bar."""
    kept = [prefix for prefix in step if prefix.kept]
    dropped = [prefix for prefix in step if not prefix.kept]
    shown = [prefix for place, prefix in enumerate(dropped) if place < DROPPED or prefix.best]
    most = max((exp(prefix.log_probability) for prefix in step), default=1.0) or 1.0
    return kept + shown, len(dropped) - len(shown), most
