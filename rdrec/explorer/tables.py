"""The tables of a precomputed set with their columns, the evidence read from them, and two long queries of `Store`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from rdrec.core.vocabulary import CURVE_MEASURES
from rdrec.evaluation.outcomes import COLUMNS as CHECKS
from rdrec.evaluation.outcomes import MEASURED_LATER, check_of
from rdrec.explorer.answers import Difference, Run, RunCheck, SeedResults, Shown, Slice
from rdrec.explorer.motives import COLUMNS as MOTIVES

KIND = "precomputed"
COLUMNS: dict[str, tuple[str, ...]] = {
    "users": ("user", "user_key", "interactions", "featured"),
    "items": ("item", "item_key", "title", "brand", "categories", "price", "item_id", "purchases"),
    "history": ("user", "position", "item", "split", "timestamp", "rating", "review", "summary"),
    "rationales": (
        "user", "position", "item", "status", "reason", "user_preference", "item_attribution", "claims", "teacher",
    ),
    "predictions": ("user", "student", "task", "rank", "item", "probability"),
    "truths": ("user", "student", "task", "item", "rank", "probability", "among"),
    "texts": ("user", "item", "student", "task", "text", "reference"),
    "candidates": ("user", "candidates"),
    "evaluation": ("model", "task", "metric", "value", "low", "high", "users", "protocol", "seed"),
    "runs": ("method", "task", "metric", "seed", "value"),
    "differences": (
        "one", "other", "task", "metric", "difference", "low", "high", "p", "seeds", "users", "seed_low", "seed_high",
    ),
    "slices": ("slice", "label", "method", "task", "users", "HR@10", "NDCG@10"),
}  # fmt: skip
# Tables that older sets may lack; the page then says that this part is not available.
OPTIONAL_TABLES: dict[str, tuple[str, ...]] = {
    "audit": ("protocol", "measure", "value"),
    "causes": ("user", "cause"),
    "motives": MOTIVES,
    "precisions": ("user", "student", "precision", "rank", "bytes", "top_items"),
    "checks": ("method", "seed", *(column for column in CHECKS if column not in MEASURED_LATER)),
    "beyond": ("method", "seed", "coverage", "popularity", "bought", "novelty", "similarity", "top_share"),
    "curves": ("data", "run", "method", "seed", "protocol", "ids", "shape", "start", "parameters", "epoch", *CURVE_MEASURES),
    "beam_misses": ("student", "user", "beams", "lost", "first_rank"),
}
# Columns that older sets may lack; they are read as null.
OPTIONAL_COLUMNS: dict[str, tuple[str, ...]] = {"rationales": ("why_not", "raw"), "checks": tuple(MEASURED_LATER)}
TITLE_ATTRIBUTES = 2  # attributes shown instead of a missing title: enough to tell a guitar strap from a microphone
# Limit of the files loaded into memory, for all sets of a page; queries on files that are not loaded take five times as long.
IN_MEMORY_BYTES = 64_000_000
ENGINE: dict[str, Any] = {"threads": 1, "autoinstall_known_extensions": False, "temp_directory": ""}
AGAIN = "make it again with: python -m rdrec precompute"

# Ranks attributes by tf-idf, so that "fits a wide neck" comes before "good overall quality".
ATTRIBUTES_SQL = """
    WITH counted AS (
        SELECT r.item, c.text, count(*) AS times
        FROM rationales r
        JOIN history h ON h.user = r.user AND h.position = r.position AND h.split = 'train'
        JOIN items i ON i.item = r.item AND i.title IS NULL,
        LATERAL (SELECT unnest(from_json(r.claims, '[{"kind":"VARCHAR","text":"VARCHAR"}]'), recursive := true)) c
        WHERE r.status = 'ok' AND r.teacher = ? AND c.kind = 'item_attribution' AND length(c.text) <= 60
        GROUP BY r.item, c.text
    ), weighed AS (
        SELECT item, text, times * ln(1.5 * (SELECT count(*) FROM items) / count(*) OVER (PARTITION BY text)) AS telling FROM counted
    )
    SELECT item, text FROM weighed
    QUALIFY row_number() OVER (PARTITION BY item ORDER BY telling DESC, text) <= ?
    ORDER BY item, telling DESC, text
"""

LIKED_SQL = """
    SELECT r.item, lower(c.text)
    FROM rationales r JOIN history h ON h.user = r.user AND h.position = r.position AND h.split = 'train',
    LATERAL (
        SELECT unnest(from_json(r.claims, '[{"kind":"VARCHAR","text":"VARCHAR","polarity":"VARCHAR"}]'), recursive := true)
    ) c
    WHERE r.status = 'ok' AND r.teacher = ? AND c.kind = 'item_attribution' AND c.polarity = 'like'
    GROUP BY r.item, lower(c.text) HAVING count(*) >= ?
"""


def seed_results(ask: Callable[[str], list[tuple[Any, ...]]], tables: Collection[str]) -> SeedResults:
    """Read all evidence.  ask: runs an SQL query; tables: those of `OPTIONAL_TABLES` that exist."""

    def rows(table: str) -> list[tuple[Any, ...]]:
        columns = ("method", "seed", *CHECKS) if table == "checks" else (COLUMNS | OPTIONAL_TABLES)[table]
        names = ", ".join(f'"{column}"' for column in columns)
        return ask(f"SELECT {names} FROM {table}") if table in COLUMNS or table in tables else []

    return SeedResults(
        runs=tuple(Run(*row) for row in rows("runs")),
        differences=tuple(Difference(*row) for row in rows("differences")),
        slices=tuple(Slice(*row) for row in rows("slices")),
        checks=tuple(RunCheck(row[0], row[1], check_of(dict(zip(CHECKS, row[2:], strict=True)))) for row in rows("checks")),
        shown=tuple(Shown.of(dict(zip(OPTIONAL_TABLES["beyond"], row, strict=True))) for row in rows("beyond")),
    )
