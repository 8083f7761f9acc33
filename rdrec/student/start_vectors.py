"""Vectors of users, items and words from which a student starts: from who bought what, and from what rationales say.

What measures how often items are bought together, how many axes purchases get, and how much rationales count beside them, is what ranks
the validation items best, for students with and without rationales alike.  Test items are never read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse
from tqdm import tqdm

from rdrec.core.arrays import Floats
from rdrec.core.records import InputError
from rdrec.core.settings import integer
from rdrec.core.vocabulary import MATCH_USED, PURCHASE_AXES, PURCHASE_MEASURE, START_RECIPE
from rdrec.data.cases import every_validation_case, leave_only_competing
from rdrec.data.item_vectors import communal_axes
from rdrec.data.splits import ProtocolView
from rdrec.data.together import bought_by_the_same, check_memory, partial_correlations, purchase_matrix
from rdrec.student.rationale_axes import rationale_axes, unit_rows
from rdrec.student.sampling import TextRows
from rdrec.student.shapes import RESERVED

# Share of the attention heads that read purchases.  With 31 of 123 axes, purchases alone rank instruments a tenth better than with
# all, invented shops a sixth worse (LOG.md, 2026-11-29).
PURCHASE_SHARES = (0.25, 0.5, 0.75)
# Spread of the rationale match over items, relative to that of the co-purchase score.  Where rationales say nothing, 0.6 costs up to a
# seventh of NDCG@10; where they say much, it adds a fifth (LOG.md, 2026-11-28).  Weights are set for
# the largest; prompts reduce it (`Vectors.share`).
MATCHES = (0.6, 0.3, 0.15, 0.03)
# Of EASE, whose partial correlations are tried beside the shrunk cosines.  Instruments rank best with 300 or 1000, a sixth better than
# with cosines; invented shops with 100 or cosines (LOG.md, 2026-11-29).
RIDGES = (100.0, 300.0, 1000.0)
COSINES, _PARTIAL = "cosines", "partial correlations, ridge "
RECIPE = 3  # of the choice; a change of what is tried or how it is measured needs another number (`StudentCard.settings`)
_LIST, _AT_ONCE = 10, 256  # places of a list that count; users ranked together

Pair = tuple[Floats, Floats]  # of users and of items
RationaleAxes = tuple[Floats, Floats, dict[str, Floats]]  # of users, of items, of words


@dataclass(frozen=True)
class Choice:
    """What the validation items choose of a student's start.

    measure    of co-purchase: "cosines" or "partial correlations, ridge 100"
    purchases  how many axes tell who bought what
    match      spread of the rationale match over items, relative to that of the co-purchase score; None without rationales
    """

    measure: str
    purchases: int
    match: float | None = None

    def facts(self) -> dict[str, str | float]:
        """What a student's card says about it."""
        found: dict[str, str | float] = {
            START_RECIPE: RECIPE,
            PURCHASE_MEASURE: self.measure,
            PURCHASE_AXES: self.purchases,
        }
        return found if self.match is None else {**found, MATCH_USED: self.match}

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Choice | None:
        """The choice that a card tells; None if it tells none, or one of another recipe."""
        if facts.get(START_RECIPE) != RECIPE:
            return None
        return cls(facts[PURCHASE_MEASURE], facts[PURCHASE_AXES], facts.get(MATCH_USED))


@dataclass(frozen=True)
class Vectors:
    """items (I + 1, D), users (U + 1, D): without marks, row 0 is zero; signs (D,): of each axis in a product; words: (D,) by word.

    choice      which start this is
    rationales  index of the first rationale axis; D without rationales
    factor      of the rationale axes in a prediction, which gives them the spread `choice.match`; weights have `factor / share`
    """

    items: Floats
    users: Floats
    signs: Floats
    words: dict[str, Floats]
    choice: Choice
    rationales: int
    factor: float = 0.0

    @property
    def share(self) -> float:
        """`choice.match` as a share of the largest of `MATCHES`; 1 without rationales."""
        return 1.0 if self.choice.match is None else self.choice.match / max(MATCHES)


def id_vectors(view: ProtocolView, texts: TextRows | None, width: int, choice: Choice) -> Vectors:
    """Vectors of users, items and words; width: D of the student.  texts, choice: as given to and returned by `best_choice`."""
    together = _together(view, choice.measure)
    if choice.match is None or texts is None:
        return _of_purchases(view, together, choice, width, width)
    end = RESERVED + choice.purchases
    return _with_rationales(
        _of_purchases(view, together, choice, width, end), _said(view, texts, width - end), (choice.match,)
    )[0]


def best_choice(
    view: ProtocolView, texts: TextRows | None, width: int, heads: int, match: float | None = None, progress: bool = False
) -> Choice:
    """The start with which the validation items rank best; the first of equals.

    texts  the rationales of the training part; None: purchases alone, as also where one kind is missing and nothing can match
    width  D of the student
    heads  of the student's attention; each copies an equal share of the axes, either of purchases or of rationales
    match  how much rationales count; None: the best of `MATCHES`
    Raises InputError if `match` is not above 0 and at most the largest of `MATCHES`, and if there is too little memory.
    """
    if match is not None and not 0 < match <= max(MATCHES):
        raise InputError(f"rationales cannot count {match:g} times as much as purchases", todo=f"choose one of {MATCHES}")
    shares = [round(heads * share) for share in PURCHASE_SHARES if 0 < round(heads * share) < heads]
    ends = [RESERVED - 1 + share * width // heads for share in shares]  # - 1: one reserved axis passes through the same heads
    said: dict[int, RationaleAxes] = {}  # by the first axis that rationales may have
    if texts is not None and texts.user_preference and texts.item_attribution:
        said = {end: _said(view, texts, width - end) for end in ends}
    else:
        ends = [width, *reversed(ends)]
    measures = _measures(view)
    best, most = Choice(COSINES, 0), -1.0
    with tqdm(
        total=len(measures) * len(ends),
        desc="choosing the start",
        unit="start",
        leave=False,
        disable=None if progress else True,
    ) as bar:
        for measure in measures:
            together = _together(view, measure)
            for end in ends:
                base = _of_purchases(view, together, Choice(measure, end - RESERVED), width, end if said else width)
                tried = [base]
                if said:
                    tried = _with_rationales(base, said[end], MATCHES if match is None else (match,))
                for vectors, ndcg in zip(tried, _ndcg(view, base, [one.factor for one in tried]), strict=True):
                    if ndcg > most:
                        best, most = vectors.choice, ndcg
                bar.update()
            del together  # the next one needs its memory
    return best


def _measures(view: ProtocolView) -> tuple[str, ...]:
    """Names of the measures of co-purchase that are tried; for a large catalogue cosines alone."""
    partial = view.dataset.n_items <= integer("train.partial_items")
    return (COSINES, *(_PARTIAL + f"{ridge:g}" for ridge in RIDGES)) if partial else (COSINES,)


def _together(view: ProtocolView, measure: str) -> sparse.csr_array | np.ndarray:
    """(I, I): co-purchase of all pairs of items."""
    parts, n_items = view.training_parts, view.dataset.n_items
    if measure == COSINES:
        return bought_by_the_same(parts, n_items)[1:, 1:]
    check_memory(n_items, "lower train.partial_items, so that students start from cosines")
    return partial_correlations(parts, n_items, float(measure.removeprefix(_PARTIAL)))


def _of_purchases(view: ProtocolView, together: sparse.csr_array | np.ndarray, choice: Choice, width: int, end: int) -> Vectors:
    """Vectors with the axes of co-purchase; rationales may have those from `end` on."""
    n_users, n_items = view.dataset.n_users, view.dataset.n_items
    scale = width**0.5 if end == width else (width / 2) ** 0.5
    items, users, signs = np.zeros((n_items + 1, width)), np.zeros((n_users + 1, width)), np.ones(width)
    axes = slice(RESERVED, RESERVED + choice.purchases)
    items[:, axes], signs[axes] = communal_axes(together, choice.purchases)
    items *= scale / (np.sqrt((items[1:] ** 2).sum(1).mean()) or 1.0)
    users[1:] = scale * unit_rows(purchase_matrix(view.training_parts, n_items) @ unit_rows(items))
    return Vectors(items, users, signs, {}, choice, end)


def _said(view: ProtocolView, texts: TextRows, axes: int) -> RationaleAxes:
    """Vectors of users, items and words from what the rationales of the training part say."""
    preferences = [(user, text) for user, _, text in texts.user_preference]
    attributes = [(item, text) for _, item, text in texts.item_attribution]
    return rationale_axes(preferences, attributes, view.dataset.n_users, view.dataset.n_items, axes)


def _with_rationales(base: Vectors, said: RationaleAxes, matches: Sequence[float]) -> list[Vectors]:
    """`base` with rationales that count as much as each of `matches`.  The results share the arrays of `base`, which is changed."""
    width, split = base.items.shape[1], base.rationales
    scale = (width / 2) ** 0.5
    base.users[:, split:], base.items[:, split:] = scale * said[0], scale * said[1]
    words = {word: scale * direction for word, direction in said[2].items()}
    purchases, rationales = _scored(base)
    spreads = _spread(*purchases), _spread(*rationales)
    factors = [match * spreads[0] / spreads[1] if spreads[1] else 0.0 for match in matches]
    return [
        replace(base, words=words, choice=replace(base.choice, match=match), factor=factor)
        for match, factor in zip(matches, factors, strict=True)
    ]


def _scored(vectors: Vectors) -> tuple[Pair, Pair]:
    """Vectors of users and of items whose products are the scores by purchases and by rationales."""
    split, users, items = vectors.rationales, vectors.users, vectors.items
    return (users[:, :split] * vectors.signs[:split], items[:, :split]), (users[:, split:], items[:, split:])


def _ndcg(view: ProtocolView, vectors: Vectors, factors: Sequence[float]) -> list[float]:
    """NDCG@10 of the validation items by purchases plus each of `factors` times rationales."""
    gained, cases = np.zeros(len(factors)), every_validation_case(view)
    for first in range(0, len(cases), _AT_ONCE):
        some = cases[first : first + _AT_ONCE]
        users, truths = [case.user for case in some], np.array([case.truth for case in some])
        together, said = (of_users[users] @ of_items.T for of_users, of_items in _scored(vectors))
        leave_only_competing(together, [case.history[case.history != case.truth] for case in some])
        rows = np.arange(len(some))
        for place, factor in enumerate(factors):
            scores = together + factor * said
            own = scores[rows, truths][:, None]
            ranks = 1 + (scores > own).sum(axis=1) + ((scores == own).sum(axis=1) - 1) / 2
            gained[place] += (1 / np.log2(1 + ranks))[ranks <= _LIST].sum()
    return list(gained / max(len(cases), 1))


def _spread(users: Floats, items: Floats) -> float:
    """Standard deviation over items of their product with a user; mean over at most 1,000 users."""
    chosen = users[1:][:: max(1, (len(users) - 1) // 1000)]
    return float((chosen @ items[1:].T).std(axis=1).mean())
