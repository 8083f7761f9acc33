"""Holm's correction of p values for several tests of one question (Holm, 1979).  Imports nothing, because the page uses it too."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """Corrected p values in the same order: the smallest of m times m, the next times m - 1, and so on; never decreasing, at most 1."""
    corrected, highest = [0.0] * len(p_values), 0.0
    for done, index in enumerate(sorted(range(len(p_values)), key=lambda at: p_values[at])):
        highest = max(highest, min(1.0, p_values[index] * (len(p_values) - done)))
        corrected[index] = highest
    return corrected
