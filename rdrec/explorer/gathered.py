"""Read the evidence of a precomputed set: training runs, differences, slices, checks, measures beyond accuracy."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from rdrec.evaluation.outcomes import COLUMNS as CHECKS
from rdrec.evaluation.outcomes import MEASURED_LATER, check_of
from rdrec.explorer.answers import Difference, Run, RunCheck, SeedResults, Shown, Slice

GATHERED: dict[str, tuple[str, ...]] = {
    "runs": ("method", "task", "metric", "seed", "value"),
    "differences": (
        "one", "other", "task", "metric", "difference", "low", "high", "p", "seeds", "users", "seed_low", "seed_high",
    ),
    "slices": ("slice", "label", "method", "task", "users", "HR@10", "NDCG@10"),
}  # fmt: skip
OPTIONAL_EVIDENCE: dict[str, tuple[str, ...]] = {
    "checks": ("method", "seed", *(column for column in CHECKS if column not in MEASURED_LATER)),
    "beyond": ("method", "seed", "coverage", "popularity", "bought", "novelty", "similarity", "top_share"),
    "beam_misses": ("student", "user", "beams", "lost", "first_rank"),
}  # older sets lack these tables
LATER_EVIDENCE = {"checks": tuple(MEASURED_LATER)}  # older tables lack these columns, which are then null


def seed_results(ask: Callable[[str], list[tuple[Any, ...]]], tables: Collection[str]) -> SeedResults:
    """Read all evidence.  ask: runs an SQL query; tables: those of `OPTIONAL_EVIDENCE` that exist."""

    def rows(table: str) -> list[tuple[Any, ...]]:
        columns = ("method", "seed", *CHECKS) if table == "checks" else (GATHERED | OPTIONAL_EVIDENCE)[table]
        names = ", ".join(f'"{column}"' for column in columns)
        return ask(f"SELECT {names} FROM {table}") if table in GATHERED or table in tables else []

    return SeedResults(
        runs=tuple(Run(*row) for row in rows("runs")),
        differences=tuple(Difference(*row) for row in rows("differences")),
        slices=tuple(Slice(*row) for row in rows("slices")),
        checks=tuple(RunCheck(row[0], row[1], check_of(dict(zip(CHECKS, row[2:], strict=True)))) for row in rows("checks")),
        shown=tuple(Shown.of(dict(zip(OPTIONAL_EVIDENCE["beyond"], row, strict=True))) for row in rows("beyond")),
    )
