"""The audit of method, section 3: how much of a test can be answered without learning anything."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from rdrec.data.splits import ProtocolView

_CUTS = (1, 5, 10)


def audit_of(view: ProtocolView) -> dict[str, Any]:
    """Measure the leaks of a view, with its own item numbers.

    Learned numbers have an order of their own, for example by popularity, which correlates with the released numbers, so
    `id_order_correlation` need not vanish.  What counts is the score of the max-id rule.
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
    """HR and NDCG of ranking max + 1, max + 2, ... where max is the largest number in the history before the test item.

    Averages over users with a test item; None without any.  These candidates are never in the history, so excluding seen items changes
    nothing.
    """
    ids = view.item_ids
    # Rank 1 is the first guess; 0 or less means that it is never guessed.
    rank = np.array([ids[one.test] - ids[one.shown].max() for one in view.splits if one.test is not None])
    scores: dict[str, float | None] = {}
    for cut in _CUTS:
        hit = (rank >= 1) & (rank <= cut)
        scores[f"HR@{cut}"] = _mean(hit)
        if cut > 1:  # NDCG@1 is HR@1
            scores[f"NDCG@{cut}"] = _mean(np.where(hit, 1 / np.log2(np.maximum(rank, 1) + 1), 0.0))
    return scores


def id_order_correlation(view: ProtocolView) -> float | None:
    """Spearman correlation between item numbers and the order in which items first appear in the users' histories.

    1 for the released numbering and about 0 (standard deviation 1 / sqrt(items)) for a shuffled one; None for fewer than 2 items.  Items
    that nobody bought are ignored.
    """
    items, first = np.unique(np.concatenate(view.histories), return_index=True)
    if len(items) < 2:
        return None
    return float(stats.spearmanr(view.item_ids[items], first).statistic)


def test_pairs_in_text_training(view: ProtocolView) -> float | None:
    """Share of test interactions whose text is in the text training split; None if the data set has no text.

    Covers users with a test item; a test interaction without text counts as not in training.
    """
    if view.dataset.interactions["review"].isna().all():
        return None
    tests = {(user, one.before) for user, one in enumerate(view.splits, 1) if one.test is not None}
    training = view.text_rows("train")
    inside = tests & set(zip(training["user"], training["position"], strict=True))
    return len(inside) / len(tests) if tests else None


def _mean(values: npt.NDArray[Any]) -> float | None:
    return round(float(values.mean()), 6) if len(values) else None
