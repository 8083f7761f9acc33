"""The leak audit of a data set as a small table, worked out when the page's tables are.

In: the shown view.  Out: one row a protocol and measure, for all three protocols, so that the page
can show side by side that a leak is there and that permuting the numbers takes it away.  It knows no student.
"""

from __future__ import annotations

import pandas as pd

from rdrec.data.leakage import audit_of
from rdrec.data.splits import PROTOCOLS, ProtocolView, protocol_view
from rdrec.precompute.answers import LEAK_ORDER, LEAK_RULE, LEAK_TEXT

COLUMNS = {"protocol": "str", "measure": "str", "value": "float64"}


def audit_table(view: ProtocolView) -> pd.DataFrame:
    """Columns as `COLUMNS`.  `published` is the data as it came (its seed draws nothing); NaN where a measure has nothing to measure.

    Of the shown protocol the numbers that the students really read are measured, learned ones too.
    """
    rows: list[tuple[str, str, float | None]] = []
    for protocol in PROTOCOLS:
        found = audit_of(view if protocol == view.protocol else protocol_view(view.dataset, protocol, view.seed))
        rows += [(protocol, LEAK_RULE + metric, value) for metric, value in found["max_id_rule"].items()]
        rows.append((protocol, LEAK_ORDER, found["id_order_correlation"]))
        rows.append((protocol, LEAK_TEXT, found["test_pairs_in_text_training"]))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)
