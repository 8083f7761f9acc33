"""Vectors of users, items and words from which a student starts: from who bought what, and from what rationales say.

What measures how often items are bought together, how many axes purchases get, and how much rationales count beside them, is what ranks
the validation items best, for students with and without rationales alike.  Test items are never read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from tqdm import tqdm

from rdrec.core.arrays import Floats
from rdrec.core.records import InputError
from rdrec.core.settings import integer
from rdrec.data.cases import every_validation_case, leave_only_competing
from rdrec.data.item_vectors import communal_axes
from rdrec.data.splits import ProtocolView
from rdrec.data.together import bought_by_the_same, partial_correlations, purchase_matrix
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
COSINES = "cosines"
_LIST, _AT_ONCE = 10, 256  # places of a list that count; users ranked together

Pair = tuple[Floats, Floats]  # of users and of items
RationaleAxes = tuple[Floats, Floats, dict[str, Floats]]  # of users, of items, of words


@dataclass(frozen=True)
class Vectors:
    """items (I + 1, D), users (U + 1, D): without marks, row 0 is zero; signs (D,): of each axis in a product; words: (D,) by word.

    purchases   how many axes tell who bought what
    measure     of how often items are bought together: "cosines" or "partial correlations, ridge 100"
    rationales  index of the first rationale axis; D without rationales
    match       spread of the rationale match over items, relative to that of the co-purchase score; None without rationales
    factor      of the rationale axes in a prediction, which gives them this spread; weights have `factor / share`
    """

    items: Floats
    users: Floats
    signs: Floats
    words: dict[str, Floats]
    purchases: int
    measure: str
    rationales: int
    match: float | None = None
    factor: float = 0.0

    @property
    def share(self) -> float:
        """`match` as a share of the largest of `MATCHES`; 1 without rationales."""
        return 1.0 if self.match is None else self.match / max(MATCHES)


def id_vectors(
    view: ProtocolView, texts: TextRows | None, width: int, heads: int, match: float | None = None, progress: bool = False
) -> Vectors:
    """Vectors of users, items and words with which the validation items rank best; the first of equals.

    texts  the rationales of the training part; None: purchases alone, as also where one kind is missing and nothing can match
    width  D of the student
    heads  of the student's attention; each copies an equal share of the axes, either of purchases or of rationales
    match  how much rationales count; None: the best of `MATCHES`
    Raises InputError if `match` is not above 0 and at most the largest of `MATCHES`.
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
    found: list[tuple[float, Vectors]] = []
    with tqdm(
        total=len(_ridges(view)) * len(ends),
        desc="choosing the start",
        unit="start",
        leave=False,
        disable=None if progress else True,
    ) as bar:
        for ridge in _ridges(view):
            measure, together = _together(view, ridge)
            for end in ends:
                base = _of_purchases(view, measure, together, width, end if said else width, end - RESERVED)
                if said:
                    found += _with_rationales(view, base, said[end], MATCHES if match is None else (match,))
                else:
                    found.append((_ndcg(view, base, [0.0])[0], base))
                bar.update()
    return max(found, key=lambda pair: pair[0])[1]


def _ridges(view: ProtocolView) -> tuple[float | None, ...]:
    """The measures to try: None for cosines, the only one for a large catalogue, and ridges of partial correlations."""
    return (None, *RIDGES) if view.dataset.n_items <= integer("train.partial_items") else (None,)


def _together(view: ProtocolView, ridge: float | None) -> tuple[str, sparse.csr_array | np.ndarray]:
    """The name of a measure, and how often items are bought together by it: (I, I)."""
    parts, n_items = view.training_parts, view.dataset.n_items
    if ridge is None:
        return COSINES, bought_by_the_same(parts, n_items)[1:, 1:]
    return f"partial correlations, ridge {ridge:g}", partial_correlations(parts, n_items, ridge)


def _of_purchases(
    view: ProtocolView, measure: str, together: sparse.csr_array | np.ndarray, width: int, end: int, count: int
) -> Vectors:
    """Vectors with `count` axes of co-purchase; rationales may have those from `end` on."""
    n_users, n_items = view.dataset.n_users, view.dataset.n_items
    scale = width**0.5 if end == width else (width / 2) ** 0.5
    items, users, signs = np.zeros((n_items + 1, width)), np.zeros((n_users + 1, width)), np.ones(width)
    axes = slice(RESERVED, RESERVED + count)
    items[:, axes], signs[axes] = communal_axes(together, count)
    items *= scale / (np.sqrt((items[1:] ** 2).sum(1).mean()) or 1.0)
    users[1:] = scale * unit_rows(purchase_matrix(view.training_parts, n_items) @ unit_rows(items))
    return Vectors(items, users, signs, {}, count, measure, end)


def _said(view: ProtocolView, texts: TextRows, axes: int) -> RationaleAxes:
    """Vectors of users, items and words from what the rationales of the training part say."""
    preferences = [(user, text) for user, _, text in texts.user_preference]
    attributes = [(item, text) for _, item, text in texts.item_attribution]
    return rationale_axes(preferences, attributes, view.dataset.n_users, view.dataset.n_items, axes)


def _with_rationales(
    view: ProtocolView, base: Vectors, said: RationaleAxes, matches: Sequence[float]
) -> list[tuple[float, Vectors]]:
    """`base` with rationales that count as much as each of `matches`, and the NDCG@10 of the validation items."""
    width, split = base.items.shape[1], base.rationales
    scale = (width / 2) ** 0.5
    base.users[:, split:], base.items[:, split:] = scale * said[0], scale * said[1]
    words = {word: scale * direction for word, direction in said[2].items()}
    purchases, rationales = _scored(base)
    spreads = _spread(*purchases), _spread(*rationales)
    factors = [match * spreads[0] / spreads[1] if spreads[1] else 0.0 for match in matches]
    return [
        (gain, replace(base, words=words, match=match, factor=factor))
        for gain, match, factor in zip(_ndcg(view, base, factors), matches, factors, strict=True)
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
