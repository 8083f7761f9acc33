"""How much a teacher's words tell about the user or item, measured before any student reads them, for collections of results."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from rdrec.core.home import Home
from rdrec.core.records import InputError
from rdrec.core.storage import MANIFEST, read_manifest
from rdrec.data.rationales import load_rationales
from rdrec.data.store import RATIONALES_KIND
from rdrec.evaluation.how_personal import of_column

BY = {"user_preference": "user", "item_attribution": "item"}
"""Whose words each text task should tell apart."""
COLUMNS = {
    "data": "str", "teacher": "str", "task": "str", "texts": "int64", "gap": "float64", "low": "float64", "high": "float64",
}  # fmt: skip


def teacher_words(home: Home, data: str, distilled: Mapping[str, str]) -> pd.DataFrame:
    """One row per teacher and task: the own-other gap of n-gram counts in nats per token, with its 95 % interval.

    distilled  by teacher, the SHA-256 of the rationales from which students learned; teachers whose rationales are not here any more, or
               are others, have no row, and neither have too few texts
    """
    rows = []
    for teacher, sha256 in distilled.items():
        folder = home.rationales(data, teacher)
        if not (folder / MANIFEST).is_file() or read_manifest(folder, RATIONALES_KIND).sha256 != sha256:
            continue
        table = load_rationales(home, data, teacher)
        for task, by in BY.items():
            try:
                found = of_column(table, task, by)
            except InputError:
                continue
            gap = found.gap
            rows.append((data, teacher, task, found.texts, gap.value, gap.low, gap.high))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)
