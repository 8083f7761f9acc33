"""Learned item numbers beside the weights of a student: what it reads and writes must be the same wherever it is loaded.

In: a folder that is being made, or a finished one.  Out: `ids` as of `rdrec.data.item_ids`.  They are kept and not learned again:
another machine's linear algebra may round otherwise and cluster otherwise, and the student would speak of other items.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from rdrec.core.records import ArtefactError, InputError
from rdrec.core.storage import read_table, write_table
from rdrec.data.item_ids import Integers, check_ids

FILE = "item_ids.parquet"


def write_item_ids(ids: Integers, folder: Path) -> None:
    """One row an item: `item`, `item_id`."""
    write_table(pd.DataFrame({"item": np.arange(1, len(ids)), "item_id": ids[1:]}), folder / FILE)


def read_item_ids(folder: Path, n_items: int) -> Integers:
    """(n_items + 1,) int64.  Raises ArtefactError where they are missing or no numbering of so many items."""
    frame = read_table(folder / FILE)
    try:
        return check_ids(np.concatenate([[0], frame["item_id"].to_numpy(dtype=np.int64)]), n_items)
    except (KeyError, ValueError, InputError) as error:
        raise ArtefactError(
            f"not the numbers of {n_items:,} items ({error})", where=folder / FILE, todo="train it again"
        ) from error
