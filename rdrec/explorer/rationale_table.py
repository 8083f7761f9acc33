"""Build the table of all shown teachers' rationales, with each claim checked against its review.

Columns of `schema.RATIONALES`, then `teacher`, `why_not` (a JSON list with an entry per claim: null if the review supports it, otherwise the
reason) and `raw` (a language model's raw answer, only for requested users).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from rdrec.core.home import Home
from rdrec.core.records import CLAIM_KINDS, Rationale, Review
from rdrec.core.storage import read_manifest, read_table
from rdrec.data.rationales import ANSWER_KEY, RAW_TABLE, answer_of, load_rationales
from rdrec.data.store import RATIONALES_KIND
from rdrec.teachers.grounding import ground
from rdrec.teachers.run import reviews_by_key


def rationale_table(
    home: Home, data: str, teachers: Sequence[str], interactions: pd.DataFrame, raw_of: Iterable[int]
) -> pd.DataFrame:
    """Rows sorted by user and position, with teachers in the given order.  raw_of: users whose raw answers are included."""
    users = set(raw_of)
    tables = [_with_raw(home, data, name, users).assign(teacher=name) for name in teachers]
    table = pd.concat(tables).sort_values(["user", "position"], kind="stable", ignore_index=True)
    reviews = reviews_by_key(interactions)
    rows = table[["user", "position", "status", "reason", *CLAIM_KINDS, "claims", "teacher"]]
    table["why_not"] = [_why_not(row, reviews.get((row["user"], row["position"]))) for row in rows.to_dict("records")]
    return table


def about_teachers(home: Home, data: str, table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """For each teacher of the table: its `kind` (as named by `--teacher`), number of reviews `read`, and number of `rationales`."""
    about = {}
    for name, rows in table.groupby("teacher", sort=False):
        meta = read_manifest(home.rationales(data, str(name)), RATIONALES_KIND).meta
        kind = (meta.get("teacher_config") or {}).get("teacher", name)
        about[str(name)] = {"kind": kind, "read": len(rows), "rationales": int((rows["status"] == "ok").sum())}
    return about


def _with_raw(home: Home, data: str, teacher: str, users: set[int]) -> pd.DataFrame:
    table = load_rationales(home, data, teacher)
    path = home.rationales(data, teacher) / RAW_TABLE
    if not users or not path.is_file():
        return table.assign(raw=None)
    raw = read_table(path)
    raw = raw.loc[raw["user"].isin(users), ["user", "position", "raw"]]
    return table.merge(raw, on=["user", "position"], how="left")


def _why_not(row: dict[Any, Any], review: Review | None) -> str:
    """The JSON of `why_not`.  The answer key is true by construction, although its fixed wording may not occur in the review."""
    answer = answer_of(row)
    if review is None or not isinstance(answer, Rationale):
        return "[]"
    if row["teacher"] == ANSWER_KEY:
        return json.dumps([None] * len(answer.claims))
    return json.dumps([None if check.supported else check.why for check in ground(review, answer).claims])
