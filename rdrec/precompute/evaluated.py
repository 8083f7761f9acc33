"""Collect the results of `rdrec evaluate` that the page shows: evidence over several seeds, and trained baselines.

Results of another data set, protocol or seed are refused.
"""

from __future__ import annotations

import pandas as pd

from rdrec.evaluate.evidence import TABLES as EVIDENCE_TABLES
from rdrec.evaluate.gather import KIND as EVIDENCE_KIND
from rdrec.evaluate.run import KIND as EVALUATION_KIND
from rdrec.home import Home
from rdrec.records import ArtefactError, first_few
from rdrec.storage import read_table, verify

_ROW = ["model", "task", "metric", "value", "low", "high", "users", "protocol", "seed"]


def gathered_evidence(home: Home, data: str, protocol: str, sha256: str) -> dict[str, pd.DataFrame]:
    """The evidence over several seeds; empty tables if it was not gathered.

    Raises ArtefactError for evidence of another data set or protocol.
    """
    folder = home.evaluation(data, f"{protocol}-evidence")
    if not (folder / "manifest.json").is_file():
        return {name: pd.DataFrame(columns=list(columns)).astype(columns) for name, columns in EVIDENCE_TABLES.items()}
    meta = verify(folder, EVIDENCE_KIND).meta
    if (meta.get("data_sha256"), meta.get("protocol")) != (sha256, protocol):
        raise ArtefactError(
            "this evidence is for another version of the data set or another protocol",
            where=folder,
            todo="gather it again: evaluate --gather SEEDS",
        )
    return {name: read_table(folder / f"{name}.parquet", list(columns)) for name, columns in EVIDENCE_TABLES.items()}


def rival_rows(home: Home, data: str, protocol: str, seed: int, sha256: str) -> pd.DataFrame:
    """Results of the trained baselines for this protocol and seed, named by kind; empty if none was evaluated.

    Raises ArtefactError for an evaluation of another data set, protocol or seed, and for two baselines of one kind.
    """
    folder = home.evaluation(data, f"{protocol}-s{seed}")
    if not (folder / "manifest.json").is_file():
        return pd.DataFrame(columns=_ROW)
    meta = verify(folder, EVALUATION_KIND).meta
    if (meta.get("data_sha256"), meta.get("protocol"), meta.get("seed")) != (sha256, protocol, seed):
        raise ArtefactError(
            "this evaluation is for another data set, protocol or seed",
            where=folder,
            todo=f"run again: python -m rdrec evaluate --data {data} --protocol {protocol} --seed {seed}",
        )
    kinds: dict[str, str] = meta.get("rivals", {})
    if len(set(kinds.values())) < len(kinds):
        raise ArtefactError(
            f"two rivals of one kind were evaluated: {first_few(sorted(kinds))}",
            where=folder,
            todo="evaluate one of each kind: --rivals",
        )
    frame = read_table(folder / "evaluation.parquet", _ROW)
    frame = frame[frame["model"].isin(list(kinds))].reset_index(drop=True)
    return frame.assign(model=frame["model"].map(kinds))
