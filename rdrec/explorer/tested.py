"""Differences between methods with p-values corrected for all tests of a pair.  Imports no heavy libraries, because the page uses it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rdrec.evaluation.outcomes import holm
from rdrec.explorer.answers import Difference

LUCK = 0.05


@dataclass(frozen=True, slots=True)
class Tested:
    """A difference with its p corrected for all tests of the same pair, over tasks and metrics."""

    row: Difference
    corrected: float

    @property
    def clear(self) -> bool:
        """Whether the corrected p is below .05 and all seeds agree on the sign."""
        return self.corrected < LUCK and self.row.seed_low * self.row.seed_high > 0


def tested(differences: Sequence[Difference]) -> list[Tested]:
    """Every difference with its corrected p, in the given order."""
    families: dict[tuple[str, str], list[Difference]] = {}
    for row in differences:
        families.setdefault((row.one, row.other), []).append(row)
    corrected = {id(row): p for family in families.values() for row, p in zip(family, holm([r.p for r in family]), strict=True)}
    return [Tested(row, corrected[id(row)]) for row in differences]
