"""What all shown teachers say of every review, each claim held against its review, as one table of the page.

Columns of `schema.RATIONALES`, then `teacher`, `why_not` (a JSON list as long as `claims`: null where the review supports the claim, else
the reason) and `raw` (a language model's own words, of the asked users alone).
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
from rdrec.teachers.run import reviews_with_text


def told_table(
    home: Home, data: str, teachers: Sequence[str], interactions: pd.DataFrame, raw_of: Iterable[int]
) -> pd.DataFrame:
    """Sorted by user and position, the teachers in the order given.  raw_of: the users whose raw answers are kept."""
    users = set(raw_of)
    tables = [_with_raw(home, data, name, users).assign(teacher=name) for name in teachers]
    told = pd.concat(tables).sort_values(["user", "position"], kind="stable", ignore_index=True)
    reviews = {(review.user, review.position): review for review in reviews_with_text(interactions)}
    rows = told[["user", "position", "status", "reason", *CLAIM_KINDS, "claims", "teacher"]]
    told["why_not"] = [_why_not(row, reviews.get((row["user"], row["position"]))) for row in rows.to_dict("records")]
    return told


def about_teachers(home: Home, data: str, told: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Of each teacher of `told`: `kind` (as `--teacher` names it), how many reviews it has read, and of how many it has a rationale."""
    about = {}
    for name, rows in told.groupby("teacher", sort=False):
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
    """The answer key is true of its review by construction: its canonical words need not stand there."""
    answer = answer_of(row)
    if review is None or not isinstance(answer, Rationale):
        return "[]"
    if row["teacher"] == ANSWER_KEY:
        return json.dumps([None] * len(answer.claims))
    return json.dumps([None if check.supported else check.why for check in ground(review, answer).claims])
