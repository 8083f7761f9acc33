"""The complete audit of a data set: leaks through IDs and texts (`rdrec.data.leakage`), and through the order and time of purchases.

    order   purchases at the same time may be in catalogue order; measured by a rule that knows only this, added to "bought together"
    time    leave-one-out holds out each user's last purchase, whenever it was, so training contains later purchases of that item

What cannot be measured on this data is None, and `reasons` says why, by the name of the part ("order.ties").
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rdrec.baselines.rules import Together, higher_first
from rdrec.data.cases import leave_only_competing
from rdrec.data.item_ids import PROTOCOL, catalogue_places
from rdrec.data.leakage import audit_of
from rdrec.data.splits import ProtocolView
from rdrec.data.ties import ties_in_words
from rdrec.data.time_cut import facts_in_words
from rdrec.evaluation.metrics import METRICS, Places, per_user, places_in_batch

MEASURED = tuple(metric for metric in METRICS if metric != "MRR")
_SCORES_AT_ONCE = 500_000  # float64 scores of a block of users: 4 MB, which fit a processor's cache
_NO_TEST = "no user has a held-out purchase"
_NO_IDS = "the data has no original item IDs"


def audit(view: ProtocolView) -> dict[str, Any]:
    """All measurements, as plain values for JSON."""
    head = {"tie_breaking": ties_in_words(view.dataset.meta), "cut": view.cut_facts()}
    return audit_of(view) | head | order_and_time(view)


def order_and_time(view: ProtocolView) -> dict[str, Any]:
    """The parts `order` and `time` and the `reasons`; the same under all protocols that hold out the same purchases."""
    times, no_times = _times(view)
    order, order_reasons = _order(view, times, no_times)
    time, time_reason = _time(view, times, no_times)
    reasons = {f"order.{name}": reason for name, reason in order_reasons.items()}
    if time is None:
        reasons["time"] = time_reason
    return {"order": order, "time": time, "reasons": reasons}


def _times(view: ProtocolView) -> tuple[npt.NDArray[np.int64] | None, str]:
    column = view.dataset.interactions["timestamp"]
    if missing := int(column.isna().sum()):
        few = f"{missing:,} of {len(column):,} purchases have no time"
        return None, "the data has no times" if missing == len(column) else few
    return column.to_numpy(dtype=np.int64), ""


def _order(view: ProtocolView, times: npt.NDArray[np.int64] | None, no_times: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The part `order` and its reasons."""
    reasons: dict[str, str] = {}
    found: dict[str, Any] = dict.fromkeys(
        ("ties", "ascending", "ascending_in_ties", "ascending_elsewhere", "all_pairs", "plain", "with_rule")
    )
    places, tests = catalogue_places(view.dataset), _test_rows(view)
    if not len(tests):
        return found, dict.fromkeys(found, _NO_TEST)
    tied = None if times is None else times[tests] == times[tests - 1]
    if tied is None:
        reasons |= dict.fromkeys(("ties", "ascending_in_ties", "ascending_elsewhere"), no_times)
    else:
        found["ties"] = _share(tied)
    if places is None:
        reasons |= dict.fromkeys(("ascending", "ascending_in_ties", "ascending_elsewhere", "all_pairs", "with_rule"), _NO_IDS)
    else:
        row_places = places[view.dataset.interactions["item"].to_numpy()]
        rising = row_places[tests] > row_places[tests - 1]
        found["ascending"] = _share(rising)
        if tied is not None:
            for name, chosen, which in (
                ("ascending_in_ties", tied, "the same time as"),
                ("ascending_elsewhere", ~tied, "another time than"),
            ):
                found[name] = _share(rising[chosen])
                if found[name] is None:
                    reasons[name] = f"no held-out purchase has {which} the one before"
        found["all_pairs"] = _all_pairs(view, row_places, times)
    found["plain"], found["with_rule"] = _rankings(view, places)
    return found, reasons


def _test_rows(view: ProtocolView) -> npt.NDArray[np.int64]:
    """Rows of the held-out purchases; the row before each is the purchase before it."""
    return np.flatnonzero(view.row_splits == "test")


def _all_pairs(
    view: ProtocolView, row_places: npt.NDArray[np.int64], times: npt.NDArray[np.int64] | None
) -> dict[str, float | None]:
    """The same shares over all consecutive purchases in all histories, held out or not."""
    user = view.dataset.interactions["user"].to_numpy()
    same_user = user[1:] == user[:-1]
    rising = (row_places[1:] > row_places[:-1])[same_user]
    if times is None:
        return {"ascending": _share(rising), "ascending_in_ties": None, "ascending_elsewhere": None}
    tied = (times[1:] == times[:-1])[same_user]
    return {
        "ascending": _share(rising),
        "ascending_in_ties": _share(rising[tied]),
        "ascending_elsewhere": _share(rising[~tied]),
    }


def _rankings(view: ProtocolView, places: npt.NDArray[np.int64] | None) -> tuple[dict[str, float], dict[str, float] | None]:
    """Metrics of "bought together" over all items not bought before, alone and with higher original IDs ranked first."""
    tested = [(split.shown, split.test) for split in view.splits if split.test is not None]
    together = Together(view)
    block = max(1, _SCORES_AT_ONCE // (view.dataset.n_items + 1))
    plain, ruled = [], []
    for begin in range(0, len(tested), block):
        histories = [shown for shown, _ in tested[begin : begin + block]]
        truths = np.array([truth for _, truth in tested[begin : begin + block]])
        scores = together.scores(histories)
        leave_only_competing(scores, histories)  # no item is bought twice, so the truth competes
        plain.append(places_in_batch(scores, truths))
        if places is not None:
            ruled.append(places_in_batch(higher_first(scores, histories, places), truths))
    return _measured(plain), _measured(ruled) if ruled else None


def _measured(parts: list[Places]) -> dict[str, float]:
    whole = Places(np.concatenate([part.above for part in parts]), np.concatenate([part.tied for part in parts]))
    return {metric: round(float(per_user(metric, whole).mean()), 6) for metric in MEASURED}


def _time(view: ProtocolView, times: npt.NDArray[np.int64] | None, no_times: str) -> tuple[dict[str, float] | None, str]:
    """How much of training lies after the held-out purchases; (None, reason) if that is unknown.

    later_share          of all training purchases of held-out items, the share made after the held-out one
    later_share_by_case  the same share for each held-out purchase, mean over those whose item is in training
    cases_with_later     share of held-out purchases with at least one later training purchase
    """
    if times is None:
        return None, no_times
    tests = _test_rows(view)
    if not len(tests):
        return None, _NO_TEST
    items = view.dataset.interactions["item"].to_numpy()
    trained = np.flatnonzero(view.row_splits == "train")
    trained = trained[np.lexsort((times[trained], items[trained]))]
    count = np.bincount(items[trained], minlength=view.dataset.n_items + 1)
    starts = np.concatenate([[0], np.cumsum(count)])
    later = np.array(
        [
            count[item] - np.searchsorted(times[trained[starts[item] : starts[item] + count[item]]], times[test], side="right")
            for test, item in zip(tests, items[tests], strict=True)
        ]
    )
    of = count[items[tests]]
    if not of.any():
        return None, "no held-out item is in training"
    return {
        "later_share": round(float(later.sum() / of.sum()), 6),
        "later_share_by_case": round(float((later[of > 0] / of[of > 0]).mean()), 6),
        "cases_with_later": round(float((later > 0).mean()), 6),
    }, ""


def _share(values: npt.NDArray[np.bool_]) -> float | None:
    return round(float(values.mean()), 6) if len(values) else None


def audit_in_words(found: dict[str, Any]) -> list[str]:
    """The audit as lines for the terminal."""
    order, time, reasons = found["order"], found["time"], found["reasons"]
    ids = "" if found["ids"] == PROTOCOL else f", {found['ids']} numbers"
    texts = found["test_pairs_in_text_training"]
    lines = [
        f"{found['users']:,} users, {found['items']:,} items, {found['interactions']:,} interactions; protocol {found['protocol']}{ids}",
        f"order of purchases: {found['tie_breaking']}",
        *([facts_in_words(found["cut"])] if found["cut"] else []),
        f"max-id rule: {_scores(found['max_id_rule'])}",
        f"order in the IDs (1: order of first appearance, 0: none): {_decimals(found['id_order_correlation'])}",
        "test texts in training: " + ("no text in this data set" if texts is None else f"{texts:.1%} of test interactions"),
        "held-out purchases at the same time as the one before: " + _percent(order, "ties", reasons),
        "held-out purchases whose original ID is higher than the one before: " + _ascending(order, reasons),
    ]
    for name, label in (("plain", "often bought together"), ("with_rule", "the same, higher original IDs first")):
        scores = order[name]
        lines.append(f"{label}: " + (f"unknown ({reasons[f'order.{name}']})" if scores is None else _scores(scores)))
    if time is None:
        lines.append(f"training purchases from the future: unknown ({reasons['time']})")
    else:
        lines.append(
            f"training purchases from the future: {time['later_share']:.1%} of the training purchases of held-out items come after the "
            f"held-out one; {time['cases_with_later']:.1%} of held-out purchases have at least one"
        )
    return lines


def _ascending(order: dict[str, Any], reasons: dict[str, str]) -> str:
    """For example "52.0% (at the same time 51.8%, otherwise 52.1%)"; without brackets if the data lacks times or IDs."""
    parts = ("ascending_in_ties", "ascending_elsewhere")
    whole = _percent(order, "ascending", reasons)
    if all(order[part] is None for part in parts):
        return whole
    tied, elsewhere = (_percent(order, part, reasons) for part in parts)
    return f"{whole} (at the same time {tied}, otherwise {elsewhere})"


def _scores(scores: dict[str, float | None]) -> str:
    return ", ".join(f"{name} {_decimals(score, 4)}" for name, score in scores.items())


def _decimals(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _percent(part: dict[str, Any], name: str, reasons: dict[str, str]) -> str:
    return f"unknown ({reasons[f'order.{name}']})" if part[name] is None else f"{part[name]:.1%}"
