"""Differences between ways of training with p corrected for the tests of the same pair.  Light: the page uses it too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rdrec.evaluation.holm import holm
from rdrec.explorer.answers import Difference

LUCK = 0.05


@dataclass(frozen=True, slots=True)
class Tested:
    """A difference with its p corrected for the tests of the same pair: all its tasks and metrics."""

    row: Difference
    corrected: float

    @property
    def clear(self) -> bool:
        """Whether the corrected p is below .05 and all seeds agree on the sign."""
        return self.corrected < LUCK and self.row.seed_low * self.row.seed_high > 0


def tested(differences: Sequence[Difference]) -> list[Tested]:
    """Every difference, in its order, with its corrected p."""
    families: dict[tuple[str, str], list[Difference]] = {}
    for row in differences:
        families.setdefault((row.one, row.other), []).append(row)
    corrected = {id(row): p for family in families.values() for row, p in zip(family, holm([r.p for r in family]), strict=True)}
    return [Tested(row, corrected[id(row)]) for row in differences]
