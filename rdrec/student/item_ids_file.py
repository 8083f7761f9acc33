"""Store learned item IDs beside a student's weights, because it must read and write the same IDs wherever it is loaded.

They are stored rather than learned again: linear algebra on another machine may round and therefore cluster differently, and the
student's output would then name other items.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from rdrec.core.arrays import Integers
from rdrec.core.records import ArtefactError, InputError
from rdrec.core.storage import read_table, write_table
from rdrec.data.item_ids import check_ids

FILE = "item_ids.parquet"


def write_item_ids(ids: Integers, folder: Path) -> None:
    """ids  (I + 1,) as in `rdrec.data.item_ids`.  Writes one row per item, with the columns `item` and `item_id`."""
    write_table(pd.DataFrame({"item": np.arange(1, len(ids)), "item_id": ids[1:]}), folder / FILE)


def read_item_ids(folder: Path, n_items: int) -> Integers:
    """(n_items + 1,) int64.  Raises ArtefactError if the IDs are missing, or are not valid IDs for exactly `n_items` items."""
    frame = read_table(folder / FILE)
    try:
        return check_ids(np.concatenate([[0], frame["item_id"].to_numpy(dtype=np.int64)]), n_items)
    except (KeyError, ValueError, InputError) as error:
        raise ArtefactError(
            f"these are not the IDs of {n_items:,} items ({error})", where=folder / FILE, todo="train the student again"
        ) from error
