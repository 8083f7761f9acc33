"""Collect the results of `rdrec evaluate` that the page shows: evidence over several seeds, and trained baselines.

Results of another data set, protocol or seed are rejected.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from rdrec.core.home import Home
from rdrec.core.records import ArtefactError, first_few
from rdrec.core.storage import read_table, verify
from rdrec.evaluation.gather import KIND as EVIDENCE_KIND
from rdrec.evaluation.gather import read_checks
from rdrec.evaluation.multi_seed import TABLES as EVIDENCE_TABLES
from rdrec.evaluation.run import KIND as EVALUATION_KIND
from rdrec.explorer.tables import COLUMNS

_BEYOND = list(EVIDENCE_TABLES["beyond"])
_ROW = list(COLUMNS["evaluation"])


def gathered_evidence(home: Home, data: str, protocol: str, sha256: str) -> dict[str, pd.DataFrame]:
    """The evidence over several seeds; empty tables if it was not gathered.

    Raises ArtefactError for evidence of another data set or protocol, and for evidence of an older version that lacks tables.
    """
    folder = home.evaluation(data, f"{protocol}-evidence")
    if not (folder / "manifest.json").is_file():
        return {name: pd.DataFrame(columns=list(columns)).astype(columns) for name, columns in EVIDENCE_TABLES.items()}
    manifest = verify(folder, EVIDENCE_KIND)
    if (manifest.meta.get("data_sha256"), manifest.meta.get("protocol")) != (sha256, protocol):
        raise ArtefactError(
            "this evidence is for another version of the data set or another protocol",
            where=folder,
            todo="gather it again: evaluate --gather SEEDS",
        )
    if older := [name for name in EVIDENCE_TABLES if f"{name}.parquet" not in manifest.files]:
        raise ArtefactError(
            f"this evidence is from an older version and lacks {first_few(older)}",
            where=folder,
            todo="evaluate the students again, then gather: evaluate --gather SEEDS",
        )
    tables = {
        name: read_table(folder / f"{name}.parquet", list(columns))
        for name, columns in EVIDENCE_TABLES.items()
        if name != "checks"
    }
    return tables | {"checks": read_checks(folder)[list(EVIDENCE_TABLES["checks"])]}


@dataclass(frozen=True)
class RivalTables:
    """Results of the rivals, named by kind: rows of the evaluation, and measures beyond accuracy (column `method`)."""

    rows: pd.DataFrame
    beyond: pd.DataFrame


def rival_tables(home: Home, data: str, protocol: str, seed: int, sha256: str) -> RivalTables:
    """Read the evaluation of this protocol and seed; empty tables if there is none.

    Raises ArtefactError for an evaluation of another data set, protocol or seed, for one of an older version without measures beyond
    accuracy, and for two rivals of one kind.
    """
    folder = home.evaluation(data, f"{protocol}-s{seed}")
    if not (folder / "manifest.json").is_file():
        return RivalTables(pd.DataFrame(columns=_ROW), pd.DataFrame(columns=_BEYOND))
    manifest = verify(folder, EVALUATION_KIND)
    meta, again = manifest.meta, f"run again: python -m rdrec evaluate --data {data} --protocol {protocol} --seed {seed}"
    if (meta.get("data_sha256"), meta.get("protocol"), meta.get("seed")) != (sha256, protocol, seed):
        raise ArtefactError("this evaluation belongs to another data set, protocol or seed", where=folder, todo=again)
    if "beyond.parquet" not in manifest.files:
        raise ArtefactError(
            "this evaluation is from an older version and lacks measures beyond accuracy", where=folder, todo=again
        )
    kinds: dict[str, str] = meta.get("rivals", {})
    if len(set(kinds.values())) < len(kinds):
        raise ArtefactError(
            f"two rivals of one kind were evaluated: {first_few(sorted(kinds))}",
            where=folder,
            todo="evaluate one of each kind: --rivals",
        )
    rows, beyond = read_table(folder / "evaluation.parquet", _ROW), read_table(folder / "beyond.parquet")
    rows, beyond = (table[table["model"].isin(list(kinds))].reset_index(drop=True) for table in (rows, beyond))
    beyond = beyond.assign(method=beyond["model"].map(kinds), seed=seed)
    return RivalTables(rows.assign(model=rows["model"].map(kinds)), beyond[_BEYOND])
