"""The original ids of items (ASINs at Amazon) and their order in the catalogue."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rdrec.core.records import Dataset


def catalogue_places(dataset: Dataset) -> npt.NDArray[np.int64] | None:
    """(I + 1,): rank of each item by original id, from 1, with [0] = 0; None if items only have numbers."""
    return places_of_keys(dataset.items["item_key"].tolist())


def places_of_keys(keys: Sequence[str]) -> npt.NDArray[np.int64] | None:
    """The same from the original ids of items 1, 2, ..., in that order."""
    if list(keys) == [str(number) for number in range(1, len(keys) + 1)]:
        return None
    places = np.zeros(len(keys) + 1, dtype=np.int64)
    places[np.array(sorted(range(1, len(keys) + 1), key=lambda item: keys[item - 1]))] = np.arange(1, len(keys) + 1)
    return places
