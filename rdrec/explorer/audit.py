"""The leak audit as a table with one row per protocol and measure, for all protocols that the data set allows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from rdrec.core.records import InputError
from rdrec.core.vocabulary import PROTOCOLS, TEMPORAL
from rdrec.data.leakage import audit_of
from rdrec.data.splits import ProtocolView, protocol_view
from rdrec.data.time_cut import TimeCut
from rdrec.evaluation.audit import order_and_time
from rdrec.explorer.answers import (
    LEAK_LATER,
    LEAK_LATER_CASES,
    LEAK_ORDER,
    LEAK_ORDER_RULE,
    LEAK_PLAIN,
    LEAK_RISING,
    LEAK_RULE,
    LEAK_TEXT,
    LEAK_TIES,
)

COLUMNS = {"protocol": "str", "measure": "str", "value": "float64"}


def audit_table(view: ProtocolView) -> pd.DataFrame:
    """Audit every protocol; columns as `COLUMNS`, NaN for measures that do not apply.

    The protocol of `view` uses the students' item numbers, even learned ones.  `temporal` is left out if the data set cannot be cut.
    """
    rows: list[tuple[str, str, float | None]] = []
    by_cut: dict[TimeCut | None, dict[str, Any]] = {}
    for protocol in PROTOCOLS:
        try:
            audited = view if protocol == view.protocol else protocol_view(view.dataset, protocol, view.seed)
        except InputError:
            if protocol != TEMPORAL:
                raise
            continue  # no times, or too few different ones
        if audited.cut not in by_cut:  # these measures depend on what is held out, not on item numbers
            by_cut[audited.cut] = order_and_time(audited)
        rows += [(protocol, measure, value) for measure, value in _measures(audit_of(audited) | by_cut[audited.cut])]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _measures(found: dict[str, Any]) -> Iterator[tuple[str, float | None]]:
    for metric, value in found["max_id_rule"].items():
        yield LEAK_RULE + metric, value
    yield LEAK_ORDER, found["id_order_correlation"]
    yield LEAK_TEXT, found["test_pairs_in_text_training"]
    order, time = found["order"], found["time"] or {}
    yield LEAK_TIES, order["ties"]
    yield LEAK_RISING, order["ascending"]
    for prefix, part in ((LEAK_PLAIN, order["plain"]), (LEAK_ORDER_RULE, order["with_rule"])):
        for metric in ("HR@10", "NDCG@10"):
            yield prefix + metric, (part or {}).get(metric)
    yield LEAK_LATER, time.get("later_share")
    yield LEAK_LATER_CASES, time.get("cases_with_later")
