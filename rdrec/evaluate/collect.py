"""Puts what was measured on several data sets into one small artefact that can lie beside the program: every run, what differs, how
training went.

In: a home, names of data sets.  Out: the artefact `collection`, three tables.  It trains and ranks nothing.

    runs         one row a model, task and metric: data, under (the protocol of the evaluation), protocol (of the row: `any` where
                 numbers do not matter), seed, ids, model, way, made (of a student: its shape, start and digits), value, low, high, users
    differences  those of the gathered evidence of each protocol, with data and protocol; none where fewer than two seeds were gathered
    curves       one row a student and epoch: data, run, protocol, ids, shape, start, parameters, epoch, ndcg (of validation items), loss
An evaluation of another version of its data set is refused, not mixed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from rdrec.data.store import KIND as DATASET_KIND
from rdrec.data.store import dataset_sha256
from rdrec.data.ties import ties_in_words
from rdrec.evaluate.evidence import TABLES as EVIDENCE_TABLES
from rdrec.evaluate.gather import KIND as EVIDENCE_KIND
from rdrec.evaluate.gather import way_of
from rdrec.evaluate.run import KIND as EVALUATION_KIND
from rdrec.home import Home
from rdrec.records import ArtefactError, InputError, plural
from rdrec.storage import Manifest, new_artefact, read_manifest, read_table, verify, write_table
from rdrec.student.checkpoint import StudentCard, read_card

KIND = "collection"
METRICS = ("HR@1", "HR@5", "HR@10", "NDCG@5", "NDCG@10")
TABLES: dict[str, dict[str, str]] = {
    "runs": {
        "data": "str", "under": "str", "protocol": "str", "seed": "int64", "ids": "str", "model": "str", "way": "str", "made": "str",
        "task": "str", "metric": "str", "value": "float64", "low": "float64", "high": "float64", "users": "int64",
    },
    "differences": {"data": "str", "protocol": "str"} | EVIDENCE_TABLES["differences"] | {"seed_sd": "float64", "p_holm": "float64"},
    "curves": {
        "data": "str", "run": "str", "protocol": "str", "ids": "str", "shape": "str", "start": "str", "parameters": "int64",
        "epoch": "int64", "ndcg": "float64", "loss": "float64",
    },
}  # fmt: skip


def collect(home: Home, data: Sequence[str], folder: Path) -> dict[str, pd.DataFrame]:
    """Write the artefact `folder`.  Raises InputError where a set has no evaluation and where something else lies in `folder`,
    ArtefactError where an evaluation does not fit its set."""
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and _kind(folder) != KIND)):
        raise InputError("something else lies here", where=folder, todo="name a new folder, or one that collect has made")
    runs, differences, curves = [], [], []
    meta: dict[str, Any] = {"data": {}, "evaluations": {}, "ties": {}}
    for name in dict.fromkeys(data):
        sha256 = dataset_sha256(home, name)
        meta["data"][name] = sha256
        meta["ties"][name] = ties_in_words(read_manifest(home.data(name), DATASET_KIND).meta)
        found = {evaluation: home.evaluation(name, evaluation) for evaluation in home.names("evaluations", name)}
        kinds = {evaluation: _kind(place) for evaluation, place in found.items()}
        measured = [evaluation for evaluation, kind in kinds.items() if kind == EVALUATION_KIND]
        if not measured:
            raise InputError(f"nothing was measured on {name!r}", todo=f"python -m rdrec evaluate --data {name}")
        students: set[str] = set()
        for evaluation, place in found.items():
            if kinds[evaluation] not in (EVALUATION_KIND, EVIDENCE_KIND):
                continue
            manifest = _of(place, kinds[evaluation], sha256)
            meta["evaluations"][f"{name}/{evaluation}"] = manifest.sha256
            if kinds[evaluation] == EVIDENCE_KIND:
                table = read_table(place / "differences.parquet")
                differences.append(table.assign(data=name, protocol=manifest.meta["protocol"]))
                continue
            frame = read_table(place / "evaluation.parquet")
            frame = frame[frame["metric"].isin(METRICS)]
            ways = {model: way_of(home, name, model, manifest.meta.get("rivals", {})) for model in frame["model"].unique()}
            cards = {model: read_card(home.student(name, model))[0] for model in ways if model in home.names("students", name)}
            students |= set(cards)
            made = [_made(cards[model]) if model in cards else "" for model in frame["model"]]
            runs.append(frame.assign(data=name, under=manifest.meta["protocol"], way=frame["model"].map(ways), made=made))
        curves += [_curve(home, name, run) for run in sorted(students)]
    tables = {
        label: _table(parts, columns)
        for (label, columns), parts in zip(TABLES.items(), (runs, differences, curves), strict=True)
    }
    with new_artefact(folder, KIND, meta) as temporary:
        for label, table in tables.items():
            write_table(table, temporary / f"{label}.parquet")
        (temporary / "README.md").write_text(_readme(tables, meta), "utf-8")
    return tables


def _readme(tables: dict[str, pd.DataFrame], meta: dict[str, Any]) -> str:
    """What the folder holds, and from which data."""
    lines = [
        "# Measurements on other data sets", "",
        "Results of `rdrec evaluate` and training curves, put together by `python -m rdrec collect`. No purchase and no review is in here.",
        "manifest.json holds the hash of every data set and evaluation; precomputed/make-evidence.sh the commands with their seeds.", "",
        "| data set | sha256 | protocols | seeds | students | order of purchases |", "|---|---|---|---|---|---|",
    ]  # fmt: skip
    runs, curves = tables["runs"], tables["curves"]
    for name, sha256 in meta["data"].items():
        own = runs[runs["data"] == name]
        protocols, seeds = ", ".join(sorted(own["under"].unique())), ", ".join(map(str, sorted(own["seed"].unique())))
        students = curves.loc[curves["data"] == name, "run"].nunique()
        lines.append(f"| {name} | {sha256[:16]} | {protocols} | {seeds} | {students} | {meta['ties'][name]} |")
    counts = {label: len(table) for label, table in tables.items()}
    return "\n".join([*lines, "", ", ".join(f"`{label}.parquet` {count:,} rows" for label, count in counts.items()), ""])


def _kind(folder: Path) -> str:
    """What a folder says it is; nothing where it says nothing."""
    try:
        kind: str = json.loads((folder / "manifest.json").read_text("utf-8")).get("kind", "")
    except (OSError, ValueError, AttributeError):
        return ""
    return kind


def _of(folder: Path, kind: str, sha256: str) -> Manifest:
    manifest = verify(folder, kind)
    if manifest.meta.get("data_sha256") != sha256:
        raise ArtefactError("this is of another version of the data set", where=folder, todo="evaluate again, or remove it")
    return manifest


def _made(card: StudentCard) -> str:
    """nano, started from purchases, 5 digits a token."""
    digits = int(card.training.get("id_digits", 3))
    start = {"random": "at random", "purchases": "from purchases"}[str(card.training.get("start", "random"))]
    start = f"from {card.init}" if card.init else start
    return f"{card.shape}, started {start}, {plural(digits, 'digit')} a token"


def _curve(home: Home, data: str, run: str) -> pd.DataFrame:
    """The curve of a student; of a quantised one there is none."""
    folder = home.student(data, run)
    card = read_card(folder)[0]
    path = folder / "curve.json"
    records: list[dict[str, Any]] = json.loads(path.read_text("utf-8")) if path.is_file() else []
    rows = [{"epoch": one["epoch"], "ndcg": one.get("ndcg"), "loss": one["validation"].get("sequential")} for one in records]
    told: dict[str, Any] = {
        "data": data,
        "run": run,
        "protocol": card.protocol,
        "ids": card.ids,
        "shape": card.init or card.shape,
    }
    told |= {"start": str(card.training.get("start", "random")), "parameters": card.parameters}
    return pd.DataFrame(rows, columns=["epoch", "ndcg", "loss"]).assign(**told)


def _table(parts: Sequence[pd.DataFrame], columns: dict[str, str]) -> pd.DataFrame:
    full = [part for part in parts if len(part)]
    frame = pd.concat(full, ignore_index=True) if full else pd.DataFrame(columns=list(columns))
    return frame[list(columns)].astype(columns)
