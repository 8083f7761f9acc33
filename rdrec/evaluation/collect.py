"""Collect results on several data sets in one small artefact that can be shipped with the program.  Nothing is trained or ranked here.

The artefact `collection` has six tables:

    runs         one row per model, task and metric: data, evaluated_under (protocol of the evaluation), protocol (of the row: `any` if
                 IDs do not matter), seed, ids, model, method, recipe (a student's shape, start and digits), value, low, high, users
    differences  those of the gathered evidence of each protocol, with data and protocol; none if fewer than two seeds were gathered
    curves       one row per student and epoch: data, run, method, seed, protocol, ids, shape, start, parameters, epoch, ndcg (of
                 validation items), loss_* (of validation rows in nats per token, by task), gap_* (own-other gap of a text task)
    checks       one row per text task of a student with rationale tasks: whether it learned them (`rdrec.evaluation.outcomes`)
    beyond       one row per model: coverage, popularity and the like (`rdrec.evaluation.beyond_accuracy`)
    words        one row per teacher and text task: how much its words tell about the user or item (`rdrec.evaluation.how_personal`)

Evaluations of another version of a data set are refused, and so are evaluations of different distillations of one teacher.  Meta and
README of the artefact say how purchases at the same time were ordered, and how an invented shop was made; for data sets that were kept
from an older collection they may not know.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from rdrec.core.home import Home
from rdrec.core.markdown import table_lines
from rdrec.core.records import ArtefactError, InputError, plural
from rdrec.core.storage import Manifest, new_artefact, read_manifest, read_table, sha256_of, verify, write_table
from rdrec.core.vocabulary import COLLECTION_KIND, CURVE_MEASURES, EARLIER, EARLIER_STARTS, START_RECIPE
from rdrec.data.store import KIND as DATASET_KIND
from rdrec.data.store import dataset_sha256
from rdrec.data.ties import ties_in_words
from rdrec.evaluation.beyond_accuracy import COLUMNS as BEYOND_COLUMNS
from rdrec.evaluation.earlier_collection import Earlier, check_target, concatenated, kind_of, merged
from rdrec.evaluation.gather import KIND as EVIDENCE_KIND
from rdrec.evaluation.gather import method_of
from rdrec.evaluation.how_personal import COLUMNS as WORDS_COLUMNS
from rdrec.evaluation.how_personal import teacher_words
from rdrec.evaluation.methods import method_of_card
from rdrec.evaluation.multi_seed import TABLES as EVIDENCE_TABLES
from rdrec.evaluation.outcomes import COLUMNS as CHECK_COLUMNS
from rdrec.evaluation.outcomes import MEASURED_LATER
from rdrec.evaluation.stored import KIND as EVALUATION_KIND
from rdrec.evaluation.stored import check_evaluations, check_measured, check_version, read_checks
from rdrec.student.checkpoint import KIND as STUDENT_KIND
from rdrec.student.checkpoint import StudentCard, read_card_alone
from rdrec.synthetic.spec import world_in_words

NOT_RECORDED = "not recorded"  # in collections of earlier versions
METRICS = ("HR@1", "HR@5", "HR@10", "NDCG@5", "NDCG@10")
TABLES: dict[str, dict[str, str]] = {
    "runs": {
        "data": "str", "evaluated_under": "str", "protocol": "str", "seed": "int64", "ids": "str", "model": "str", "method": "str", "recipe": "str",
        "task": "str", "metric": "str", "value": "float64", "low": "float64", "high": "float64", "users": "int64",
    },
    "differences": {"data": "str", "protocol": "str"} | EVIDENCE_TABLES["differences"] | {"seed_sd": "float64", "p_holm": "float64"},
    "curves": {
        "data": "str", "run": "str", "method": "str", "seed": "int64", "protocol": "str", "ids": "str", "shape": "str", "start": "str",
        "parameters": "int64", "epoch": "int64"} | dict.fromkeys(CURVE_MEASURES, "float64"
    ),
    "checks": {"data": "str", "evaluated_under": "str", "seed": "int64", "model": "str", "method": "str", "recipe": "str"} | CHECK_COLUMNS,
    "beyond": {"data": "str", "evaluated_under": "str", "seed": "int64", "model": "str", "method": "str", "recipe": "str", "ids": "str"}
    | dict.fromkeys(BEYOND_COLUMNS, "float64"),
    "words": WORDS_COLUMNS,
}  # fmt: skip


def collect(home: Home, data: Sequence[str], folder: Path, add: bool = False) -> dict[str, pd.DataFrame]:
    """Write the artefact `folder` with all evaluations of the data sets `data`, and return its tables by name.

    add  keep what `folder` already holds about other data sets
    Raises InputError if a data set has no evaluation, and if `folder` contains something else; ArtefactError if an evaluation does not
    belong to its data set, and with `add` if `folder` is damaged.
    """
    check_target(folder, COLLECTION_KIND, add)
    parts: dict[str, list[pd.DataFrame]] = {label: [] for label in TABLES}
    meta: dict[str, Any] = {"data": {}, "evaluations": {}, "ties": {}, "worlds": {}, "rationales": {}, "ridges": {}}
    for name in dict.fromkeys(data):
        facts = read_manifest(home.data(name), DATASET_KIND).meta
        meta["data"][name] = sha256 = dataset_sha256(home, name)
        meta["ties"][name], meta["worlds"][name] = ties_in_words(facts), world_in_words(facts)
        found = {evaluation: home.evaluation(name, evaluation) for evaluation in home.names("evaluations", name)}
        kinds = {evaluation: kind_of(place) for evaluation, place in found.items()}
        if EVALUATION_KIND not in kinds.values():
            raise InputError(f"there is no evaluation of {name!r}", todo=f"run: python -m rdrec evaluate --data {name}")
        students: set[str] = set()
        distilled: dict[str, str] = meta["rationales"].setdefault(name, {})
        for evaluation, place in found.items():
            if kinds[evaluation] not in (EVALUATION_KIND, EVIDENCE_KIND):
                continue
            manifest = _verified(place, kinds[evaluation], sha256)
            meta["evaluations"][f"{name}/{evaluation}"] = manifest.sha256
            if kinds[evaluation] == EVIDENCE_KIND:
                check_evaluations(home, name, manifest.meta, place)
                table = read_table(place / "differences.parquet")
                parts["differences"].append(table.assign(data=name, protocol=manifest.meta["protocol"]))
                continue
            if manifest.meta.get("ridge") is not None:
                meta["ridges"][f"{name}/{evaluation}"] = manifest.meta["ridge"]
            _check_distillations(distilled, manifest.meta.get("rationales", {}), place)
            tables = _evaluation_tables(home, name, place, manifest)
            students |= set(tables["runs"]["model"]) & set(home.names("students", name))
            for label, table in tables.items():
                parts[label].append(table)
        parts["words"].append(teacher_words(home, name, distilled))
        parts["curves"] += [curve_table(home, name, run) for run in sorted(students)]
    tables = {
        label: concatenated(parts[label], columns).drop_duplicates(ignore_index=True) for label, columns in TABLES.items()
    }
    _check_once(tables["runs"])
    with new_artefact(folder, COLLECTION_KIND, meta) as temporary:
        if add and (earlier := Earlier.read(folder, COLLECTION_KIND)):
            tables = _added(earlier, tables, meta)
        for label, table in tables.items():
            write_table(table, temporary / f"{label}.parquet")
        (temporary / "README.md").write_text(_readme(tables, meta), "utf-8")
    return tables


def _check_once(runs: pd.DataFrame) -> None:
    """Raise ArtefactError if two evaluations have different results for one model, protocol and seed."""
    again = runs[runs.duplicated(["data", "evaluated_under", "seed", "model", "task", "metric"])]
    if len(again):
        row = again.iloc[0]
        raise ArtefactError(
            f"two evaluations of {row['data']!r} under {row['evaluated_under']} with seed {row['seed']} measured {row['model']!r} differently",
            todo="remove one of them from the home's evaluations",
        )


def _added(earlier: Earlier, tables: Mapping[str, pd.DataFrame], meta: dict[str, Any]) -> dict[str, pd.DataFrame]:
    """The tables with what an earlier collection holds about other data sets.  Completes `meta`."""
    held = {
        label: earlier.table(label, columns, MEASURED_LATER if label == "checks" else None) for label, columns in TABLES.items()
    }
    collected = list(meta["data"])
    order = list(dict.fromkeys([*held["runs"]["data"], *earlier.meta("data", ()), *collected]))
    for section, values in meta.items():
        meta[section] = earlier.meta(section, collected) | values
    meta["data"] = {name: meta["data"][name] for name in order if name in meta["data"]}
    return {label: merged(held[label], tables[label], collected, order, columns) for label, columns in TABLES.items()}


def _evaluation_tables(home: Home, data: str, place: Path, manifest: Manifest) -> dict[str, pd.DataFrame]:
    """The tables of one evaluation, with each model's method.  Raises ArtefactError for evaluations of older versions."""
    check_version(manifest, place, "evaluate again, or remove it")
    check_measured(home, data, manifest.meta, place)
    runs, beyond = (read_table(place / f"{name}.parquet") for name in ("evaluation", "beyond"))
    checks = read_checks(place)
    runs = runs[runs["metric"].isin(METRICS)]
    models = runs["model"].unique()
    methods = {model: method_of(home, data, model, manifest.meta.get("rivals", {})) for model in models}
    known = set(home.names("students", data))
    recipes = {model: _recipe(read_card_alone(home.student(data, model))) if model in known else "" for model in models}
    ids = dict(zip(runs["model"], runs["ids"], strict=True))
    found = {"runs": runs, "beyond": beyond.assign(ids=beyond["model"].map(ids)), "checks": checks}
    own = {"data": data, "evaluated_under": manifest.meta["protocol"]}
    return {
        label: table.assign(
            **own, seed=manifest.meta["seed"], method=table["model"].map(methods), recipe=table["model"].map(recipes)
        )
        for label, table in found.items()
    }  # fmt: skip


def _check_distillations(known: dict[str, str], distilled: dict[str, str], place: Path) -> None:
    """Add this evaluation's hashes of rationales by teacher to `known`.  Raises ArtefactError if another evaluation has another hash."""
    for teacher, sha256 in distilled.items():
        if known.setdefault(teacher, sha256) != sha256:
            raise ArtefactError(
                f"these students learned from another distillation of the teacher {teacher!r} than those of other evaluations",
                where=place,
                todo="train and evaluate all students on one distillation, or remove this evaluation",
            )


def _readme(tables: dict[str, pd.DataFrame], meta: dict[str, Any]) -> str:
    """The README of the artefact: its tables and the data sets they come from."""
    lines = [
        "# Measurements on other data sets", "",
        "Results of `rdrec evaluate` and training curves, collected by `python -m rdrec collect`. This folder contains no purchases and no reviews.",
        "manifest.json has the hash of every data set and evaluation; precomputed/make-evidence.sh has the commands with their seeds.", "",
    ]  # fmt: skip
    runs, curves, body = tables["runs"], tables["curves"], []
    for name, sha256 in meta["data"].items():
        own = runs[runs["data"] == name]
        protocols, seeds = ", ".join(sorted(own["evaluated_under"].unique())), ", ".join(map(str, sorted(own["seed"].unique())))
        students = curves.loc[curves["data"] == name, "run"].nunique()
        teachers = ", ".join(sorted(meta["rationales"][name])) if name in meta["rationales"] else NOT_RECORDED
        ties, world = meta["ties"].get(name, NOT_RECORDED), meta["worlds"].get(name, NOT_RECORDED) or "real purchases"
        body.append([name, sha256[:16], protocols, seeds, students, teachers, ties, world])
    lines += table_lines(
        ["data set", "sha256", "protocols", "seeds", "students", "teachers", "order of purchases", "made from"], body
    )
    counts = {label: len(table) for label, table in tables.items()}
    return "\n".join([*lines, "", ", ".join(f"`{label}.parquet` {count:,} rows" for label, count in counts.items()), ""])


def _verified(folder: Path, kind: str, sha256: str) -> Manifest:
    """The manifest of an artefact.  Raises ArtefactError if it is damaged or belongs to another version of the data set."""
    manifest = verify(folder, kind)
    if manifest.meta.get("data_sha256") != sha256:
        raise ArtefactError(
            "this belongs to another version of the data set", where=folder, todo="evaluate again, or remove it"
        )
    return manifest


def _recipe(card: StudentCard) -> str:
    """How a student was made, in words: "nano, started from data, 5 digits a token".  An earlier recipe is named."""
    digits = card.training.get("id_digits")
    chosen = str(card.training.get("start", "random")).replace("-", " ")
    start = "at random" if chosen == "random" else f"from {chosen}"
    start = f"from {card.init}" if card.init else start
    if earlier := EARLIER_STARTS.get(int(card.settings.get(START_RECIPE, 0))):
        start += f", {EARLIER} with {earlier}"
    recipe = f"{card.shape}, started {start}"
    return f"{recipe}, {plural(int(digits), 'digit')} a token" if digits else recipe


def curve_table(home: Home, data: str, run: str) -> pd.DataFrame:
    """The training curve of a student; empty for a quantised one.  The weights need not be there.

    Raises ArtefactError if the file of the curve is not the one that the manifest names.
    """
    folder = home.student(data, run)
    card = read_card_alone(folder)
    path = folder / "curve.json"
    stated = read_manifest(folder, STUDENT_KIND).files.get(path.name)
    if stated is not None and not (path.is_file() and sha256_of(path) == stated["sha256"]):
        raise ArtefactError(
            "the training curve is missing or damaged", where=path, todo="restore it, or train the student again"
        )
    records: list[dict[str, Any]] = json.loads(path.read_text("utf-8")) if stated is not None else []
    rows = [
        {"epoch": one["epoch"], "ndcg": one.get("ndcg")}
        | {f"loss_{task}": value for task, value in one["validation"].items()}
        | {f"gap_{task}": value for task, value in one.get("gaps", {}).items()}
        for one in records
    ]
    constant: dict[str, Any] = {
        "data": data,
        "run": run,
        "method": method_of_card(card),
        "seed": card.seed,
        "protocol": card.protocol,
        "ids": card.ids,
        "shape": card.init or card.shape,
        "start": str(card.training.get("start", "random")),
        "parameters": card.parameters,
    }
    return pd.DataFrame(rows, columns=["epoch", *CURVE_MEASURES]).assign(**constant)
