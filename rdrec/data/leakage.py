"""The audit of method section 3: how much of a test can be answered without learning anything.

In: a `Dataset` and a protocol, or a view.  Out: sizes, the max-id rule's scores, the order in the ids, the share of test texts in training.
It trains nothing and ranks nothing but numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rdrec.data.splits import ProtocolView, protocol_view
from rdrec.records import Dataset

_CUTS = (1, 5, 10)


def audit(dataset: Dataset, protocol: str = "published", seed: int = 0) -> dict[str, Any]:
    """Measure both leaks.  The default protocol is `published`: the data as it came; the others show the leaks vanish."""
    return audit_of(protocol_view(dataset, protocol, seed))


def audit_of(view: ProtocolView) -> dict[str, Any]:
    """Measure both leaks of a view, in the numbers that it has.

    Numbers learned from the training purchases have an order of their own, for example by how much is bought, which the released
    numbers have too: `id_order_correlation` need not vanish then.  What counts is what the max-id rule makes of it.
    """
    dataset = view.dataset
    return {
        "users": dataset.n_users,
        "items": dataset.n_items,
        "interactions": len(dataset.interactions),
        "max_id_rule": max_id_rule(view),
        "id_order_correlation": id_order_correlation(view),
        "test_pairs_in_text_training": test_pairs_in_text_training(view),
        "protocol": view.protocol,
        "ids": view.scheme,
        "seed": view.seed,
    }


def max_id_rule(view: ProtocolView) -> dict[str, float | None]:
    """HR and NDCG of ranking max + 1, max + 2, ... where max is the largest number in the history without the test item.

    Over users with a test item; None where there is none.  These candidates are never in the history, so dropping seen items
    changes nothing.
    """
    ids = view.item_ids
    rank = np.array(
        [ids[one.test] - ids[one.shown].max() for one in view.splits if one.test is not None]
    )  # 1 is the first guess; 0 or less: never guessed
    scores: dict[str, float | None] = {}
    for cut in _CUTS:
        hit = (rank >= 1) & (rank <= cut)
        scores[f"HR@{cut}"] = _mean(hit)
        if cut > 1:  # NDCG@1 is HR@1
            scores[f"NDCG@{cut}"] = _mean(np.where(hit, 1 / np.log2(np.maximum(rank, 1) + 1), 0.0))
    return scores


def id_order_correlation(view: ProtocolView) -> float | None:
    """Spearman's rank correlation between an item's number and the order in which the items first appear over the users' lists.

    1 for the released numbering, about 0 (standard deviation 1 / sqrt(items)) for a shuffled one; None for fewer than 2 items.
    Items that nobody bought are left out.
    """
    items, first = np.unique(np.concatenate(view.histories), return_index=True)
    if len(items) < 2:
        return None
    by_number = np.argsort(np.argsort(view.item_ids[items]))
    by_appearance = np.argsort(np.argsort(first))
    n = len(items)
    return float(1 - 6 * np.sum((by_number - by_appearance).astype(np.float64) ** 2) / (n * (n**2 - 1)))  # no ties


def test_pairs_in_text_training(view: ProtocolView) -> float | None:
    """Share of the users' test interactions whose text is in the text-training split; None where the data set has no text.

    Of users with a test item; a test interaction without text counts as not in training.
    """
    if view.dataset.interactions["review"].isna().all():
        return None
    tests = {(user, one.before) for user, one in enumerate(view.splits, 1) if one.test is not None}
    training = view.text_rows("train")
    inside = tests & set(zip(training["user"], training["position"], strict=True))
    return len(inside) / len(tests) if tests else None


def _mean(values: npt.NDArray[Any]) -> float | None:
    return round(float(values.mean()), 6) if len(values) else None
