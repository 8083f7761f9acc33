"""Three leaks, each exploited by a rule that learns nothing, evaluated on the purchases of a set with the leak off and on.

    numbers  items are numbered in order of first appearance; the rule guesses the highest number so far plus 1, 2, ...
    order    purchases of one day are in catalogue order; the rule puts products with a higher original id than the last one first
    reviews  reviews of held-out purchases are training text; the rule puts products first that the shopper reviewed but has not bought

The last two rules reorder the ranking of "often bought together".  All rank the whole catalogue without earlier purchases.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import sparse

from rdrec.core.arrays import Integers
from rdrec.core.vocabulary import HIT, NDCG
from rdrec.data.item_ids import places_of_keys
from rdrec.data.splits import draw_text_split
from rdrec.data.together import shrunk_cosine
from rdrec.evaluation.metrics import Places, per_user, places_in_batch
from rdrec.explorer.store import Store

Flags = npt.NDArray[np.bool_]
METRICS = (HIT, NDCG)
DAY = 86_400
PERIODS = {"day": DAY, "week": 7 * DAY, "month": 30 * DAY, "quarter": 91 * DAY, "year": 365 * DAY}
ENOUGH_TIES = (
    0.3  # share of held-out purchases in the same period as the previous one; .44 in Musical Instruments, with days as periods
)
SCORES_AT_ONCE = 500_000  # float64 in a block of users by items: 4 MB, which fit into the processor's cache
CACHED_SETS = 8


@dataclass(frozen=True, eq=False)
class PurchaseArrays:
    """The purchases of one set, one row each, sorted by user and position.  Users are numbered from 0 and have at least one row.

    times     None if any purchase has no time
    item_ids  (I + 1,) item numbers used by the students
    places    (I + 1,) rank of each item by original id; None if items only have numbers
    """

    user: Integers
    item: Integers
    train: Flags
    test: Flags
    times: Integers | None
    reviewed: Flags
    item_ids: Integers
    places: Integers | None

    @property
    def starts(self) -> Integers:
        """The first row of each user."""
        return np.flatnonzero(np.diff(self.user, prepend=-1))


@dataclass(frozen=True, slots=True)
class RuleScore:
    """The metrics of a rule, and those of "often bought together" (`plain`) on the same purchases."""

    values: Mapping[str, float]
    plain: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class LeakRules:
    """Results by leak, with the leak off and on; a leak that the data set does not allow is in neither.

    period    precision of times with the order leak on: "day", or longer if shoppers seldom buy twice a day
    ties      share of held-out purchases in the same period as the previous one
    same_day  the same for a day
    milliseconds  processor time of the computation
    """

    off: Mapping[str, RuleScore]
    on: Mapping[str, RuleScore]
    users: int
    purchases: int
    period: str | None
    ties: float
    same_day: float
    reviewed: float
    milliseconds: float


def arrays_of(store: Store) -> PurchaseArrays:
    """Read the purchases of a set.  Raises ArtefactError if a table cannot be read."""
    rows, items = store.purchase_rows(), store.items()
    users, bought, splits, times, reviewed = (list(column) for column in zip(*rows, strict=True))
    size = max(item.item for item in items) + 1
    ids = np.zeros(size, dtype=np.int64)
    ids[[item.item for item in items]] = [item.item_id for item in items]
    split = np.array(splits)
    return PurchaseArrays(
        user=np.unique(np.array(users), return_inverse=True)[1].astype(np.int64),
        item=np.array(bought, dtype=np.int64),
        train=split == "train",
        test=split == "test",
        times=None if None in times else np.array(times, dtype=np.int64),
        reviewed=np.array(reviewed, dtype=bool),
        item_ids=ids,
        places=places_of_keys([item.item_key for item in items]) if size == len(items) + 1 else None,
    )


@lru_cache(maxsize=CACHED_SETS)
def leak_rules(store: Store) -> LeakRules | None:
    """All rules of a set, computed once; None if nothing is held out.  Raises ArtefactError if a table cannot be read."""
    data = arrays_of(store)
    return evaluate_rules(data, store.facts.seed) if data.test.any() else None


def evaluate_rules(data: PurchaseArrays, seed: int) -> LeakRules:
    """Evaluate every rule with its leak off and on; `seed` draws the released split of reviews."""
    began = time.thread_time()
    plain, ordered = _rankings(data)
    counted = _measured(plain)
    off = {"numbers": RuleScore(max_id_score(data, data.item_ids), counted)}
    on = {"numbers": RuleScore(max_id_score(data, first_appearance(data)), counted)}
    period, ties, same_day = _period(data)
    if ordered is not None and period is not None:
        off["order"] = RuleScore(_measured(ordered), counted)
        plain_on, ordered_on = _rankings(in_catalogue_order(data, PERIODS[period]))
        assert ordered_on is not None
        on["order"] = RuleScore(_measured(ordered_on), _measured(plain_on))
    leaked = leaked_reviews(data, seed)[data.test]
    if data.reviewed.any():
        off["reviews"] = RuleScore(counted, counted)
        on["reviews"] = RuleScore(_measured(reviewed_first(plain, leaked)), counted)
    taken = 1000 * (time.thread_time() - began)
    share = float(leaked.mean())
    return LeakRules(off, on, int(data.test.sum()), len(data.user), period, ties, same_day, share, taken)


def first_appearance(data: PurchaseArrays) -> Integers:
    """(I + 1,) item numbers by first appearance in the purchases, as in the released files; items never bought come last."""
    count = len(data.item_ids)
    first = np.full(count, len(data.item) + count, dtype=np.int64)
    items, where = np.unique(data.item, return_index=True)
    first[items] = where
    first[0] = -1
    return np.argsort(np.argsort(first, kind="stable"), kind="stable").astype(np.int64)


def max_id_score(data: PurchaseArrays, numbers: Integers) -> dict[str, float]:
    """HR@10 and NDCG@10 of guessing the highest number in the shown history plus 1, 2, ... (method, section 3)."""
    shown = np.where(data.test, 0, numbers[data.item])
    highest = np.maximum.reduceat(shown, data.starts)[data.user[data.test]]
    rank = numbers[data.item[data.test]] - highest
    hit = (rank >= 1) & (rank <= 10)
    return {"HR@10": float(hit.mean()), "NDCG@10": float(np.where(hit, 1 / np.log2(np.maximum(rank, 1) + 1), 0).mean())}


def in_catalogue_order(data: PurchaseArrays, seconds: int) -> PurchaseArrays:
    """The purchases with times rounded to periods, and purchases of one period in the order of original ids.  The split goes by position,
    so a different purchase may be held out."""
    assert data.times is not None and data.places is not None
    order = np.lexsort((data.places[data.item], data.times // seconds, data.user))
    return PurchaseArrays(
        data.user, data.item[order], data.train, data.test, data.times[order], data.reviewed[order], data.item_ids, data.places
    )


def leaked_reviews(data: PurchaseArrays, seed: int) -> Flags:
    """Held-out purchases whose review is training text in the released split (80/10/10 at random over all reviews)."""
    split = np.array(draw_text_split(data.reviewed.tolist(), seed), dtype=object)
    return data.test & (split == "train")


def _period(data: PurchaseArrays) -> tuple[str | None, float, float]:
    """The shortest period in which enough held-out purchases fall together with the previous one, their share, and the share for days."""
    if data.times is None:
        return None, 0.0, 0.0
    tests = np.flatnonzero(data.test)
    shares = {
        name: float((data.times[tests] // seconds == data.times[tests - 1] // seconds).mean())
        for name, seconds in PERIODS.items()
    }
    name = next((name for name, share in shares.items() if share >= ENOUGH_TIES), "year")
    return name, shares[name], shares["day"]


def reviewed_first(plain: Places, leaked: Flags) -> Places:
    """Rank the held-out product first if its review is in training: it is the only product that the shopper reviewed but has not bought."""
    return Places(np.where(leaked, 0, plain.above), np.where(leaked, 1, plain.tied))


def _rankings(data: PurchaseArrays) -> tuple[Places, Places | None]:
    """Ranks of the held-out purchases by "often bought together", and by the same rule with higher original ids than the last purchase's
    first.  Earlier purchases do not compete."""
    tested = np.flatnonzero(data.test)
    truth, last = data.item[tested], data.item[tested - 1]
    lift = (tested - data.starts[data.user[tested]] + 1).astype(np.float64)  # greater than any score
    counts = shrunk_cosine(_matrix(data, data.train))
    counts.setdiag(0)
    shown = _matrix(data, ~data.test)[data.user[tested]]
    found = np.zeros((4, len(truth)), dtype=np.int64)
    size = max(1, SCORES_AT_ONCE // len(data.item_ids))
    for begin in range(0, len(truth), size):
        which = slice(begin, begin + size)
        scores = (shown[which] @ counts).toarray()
        scores[shown[which].nonzero()] = -np.inf
        scores[:, 0] = -np.inf
        plain = places_in_batch(scores, truth[which])
        found[:2, which] = plain.above, plain.tied
        if data.places is not None:
            scores += (data.places > data.places[last[which]][:, None]) * lift[which][:, None]
            ordered = places_in_batch(scores, truth[which])
            found[2:, which] = ordered.above, ordered.tied
    return Places(found[0], found[1]), None if data.places is None else Places(found[2], found[3])


def _measured(places: Places) -> dict[str, float]:
    return {metric: float(per_user(metric, places).mean()) for metric in METRICS}


def _matrix(data: PurchaseArrays, rows: Flags) -> sparse.csr_array:
    """(U, I + 1) float32: 1 if the user bought the item in one of these rows, however often."""
    size = len(data.item_ids)
    users, items = np.divmod(np.unique(data.user[rows] * size + data.item[rows]), size)
    shape = (int(data.user[-1]) + 1, size)
    return sparse.csr_array((np.ones(len(users), dtype=np.float32), (users, items)), shape=shape)
