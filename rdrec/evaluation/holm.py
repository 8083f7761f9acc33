"""Holm's correction of p for several tests of one question.

In: p values.  Out: corrected ones, in the same order.  It imports nothing: the page uses it too.
"""

from __future__ import annotations

from collections.abc import Sequence


def holm(chances: Sequence[float]) -> list[float]:
    """p corrected for several tests (Holm's step-down): the smallest times m, the next times m - 1, ...; never falling, at most 1."""
    corrected, highest = [0.0] * len(chances), 0.0
    for done, place in enumerate(sorted(range(len(chances)), key=lambda at: chances[at])):
        highest = max(highest, min(1.0, chances[place] * (len(chances) - done)))
        corrected[place] = highest
    return corrected
