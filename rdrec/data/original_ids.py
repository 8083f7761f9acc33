"""The ids that items had where the data came from (ASINs at Amazon), and their order in the catalogue."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rdrec.records import Dataset


def catalogue_places(dataset: Dataset) -> npt.NDArray[np.int64] | None:
    """(I + 1,) place of each item in the order of the original ids, from 1, [0] is 0; None where items are known by their numbers only."""
    keys = dataset.items["item_key"].tolist()
    if keys == [str(number) for number in range(1, len(keys) + 1)]:
        return None
    places = np.zeros(len(keys) + 1, dtype=np.int64)
    places[np.array(sorted(range(1, len(keys) + 1), key=lambda item: keys[item - 1]))] = np.arange(1, len(keys) + 1)
    return places
