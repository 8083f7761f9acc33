"""The tables of a precomputed set and their columns, and the two longer questions that `Store` asks them."""

from __future__ import annotations

from typing import Any

from rdrec.explorer.gathered import GATHERED, MEASURED_LATER
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
} | GATHERED  # fmt: skip
# Tables that folders made before them lack: the set opens, and the page says that this part is not there.
LATER: dict[str, tuple[str, ...]] = {
    "audit": ("protocol", "measure", "value"),
    "causes": ("user", "cause"),
    "motives": MOTIVES,
    "precisions": ("user", "student", "precision", "rank", "bytes", "top_items"),
} | MEASURED_LATER
# Columns of a table that folders made before them lack: they are read as null.
LATER_COLUMNS: dict[str, tuple[str, ...]] = {"rationales": ("why_not", "raw")}
SAID = 2  # attributes that stand in for a missing title: enough to tell a guitar strap from a microphone
# Of files that are read into memory, all sets of a page together: they answer five times as fast; what goes beyond is asked from its files.
IN_MEMORY_BYTES = 64_000_000
ENGINE: dict[str, Any] = {"threads": 1, "autoinstall_known_extensions": False, "temp_directory": ""}
AGAIN = "make it again with: python -m rdrec precompute"

# tf-idf of attributes: "fits a wide neck" comes before "good overall quality".
SAID_SQL = """
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
