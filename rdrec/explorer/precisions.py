"""Compare a student's rankings in fp32, bf16, int8 and NF4 (table `precisions`), for one shopper and over all shoppers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from rdrec.core.records import grouped
from rdrec.core.vocabulary import PRECISIONS
from rdrec.explorer.store import Store

TOP = 10


@dataclass(frozen=True, slots=True)
class PrecisionRanking:
    """One shopper's ten best items in one precision, and the rank of the true purchase."""

    precision: str
    rank: int
    items: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PrecisionSummary:
    """One precision compared with fp32, over all shoppers.

    overlap    share of the ten best items in fp32 that are among the ten best in this precision
    agreement  share of shoppers with the same best item
    moved      share of shoppers whose true purchase changes rank
    """

    precision: str
    bytes: int
    users: int
    overlap: float
    agreement: float
    moved: float
    ndcg: float
    change: float
    low: float
    high: float


def of_user(store: Store, user: int, student: str) -> dict[str, PrecisionRanking]:
    """One shopper's rankings by precision; empty if the set lacks this table or no purchase of the shopper is held out."""
    rows = store.precision_rows(user, student)
    return {row[0]: PrecisionRanking(row[0], row[1], tuple(row[2])) for row in rows}


@lru_cache(maxsize=16)
def over_all(store: Store, student: str) -> tuple[PrecisionSummary, ...]:
    """A summary per precision, in the order of `PRECISIONS`; computed once per set."""
    rows = store.all_precision_rows(student)
    found = grouped((precision, (user, rank, size, items)) for user, precision, rank, size, items in rows)
    if PRECISIONS[0] not in found:
        return ()
    return tuple(summary(name, found[name], found[PRECISIONS[0]]) for name in PRECISIONS if name in found)


def summary(
    precision: str, rows: Sequence[tuple[int, int, int, Sequence[int]]], full: Sequence[tuple[int, int, int, Sequence[int]]]
) -> PrecisionSummary:
    """Compare `rows` in one precision with `full` in fp32: (user, rank, bytes, ten best) of the same users in the same order."""
    from rdrec.evaluation.metrics import mean_interval  # imports scipy.stats, which takes 0.3 s

    assert [row[0] for row in rows] == [row[0] for row in full]
    best = [(list(row[3][:TOP]), list(exact[3][:TOP])) for row, exact in zip(rows, full, strict=True)]
    common, all_best = sum(len({*one} & {*other}) for one, other in best), sum(len(other) for _, other in best)
    ranks, full_ranks = (np.array([row[1] for row in table]) for table in (rows, full))
    gains, full_gains = _ndcg(ranks), _ndcg(full_ranks)
    change, low, high = mean_interval(gains - full_gains)
    return PrecisionSummary(
        precision, rows[0][2], len(rows), common / max(1, all_best), sum(one[:1] == other[:1] for one, other in best) / len(rows),
        float((ranks != full_ranks).mean()), float(gains.mean()), change, low, high,
    )  # fmt: skip


def _ndcg(ranks: np.ndarray) -> np.ndarray:
    return np.where(ranks <= TOP, 1 / np.log2(1.0 + ranks), 0.0)
