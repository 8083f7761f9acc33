"""Results of the students of a precomputed set over all users: the evaluation, measures beyond accuracy, the manipulation check.

Checks and measures of gathered training runs are reused; those of shown students that are missing are computed here.  Stored results of
another data set, protocol or seed are rejected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import pandas as pd

from rdrec.core.home import Home
from rdrec.core.records import ArtefactError, first_few
from rdrec.core.storage import read_table, verify
from rdrec.data.cases import Case
from rdrec.data.splits import ProtocolView
from rdrec.evaluation.beyond_accuracy import item_vectors
from rdrec.evaluation.gather import KIND as EVIDENCE_KIND
from rdrec.evaluation.manipulation_check import FoundReferences, check_student, needs_check
from rdrec.evaluation.methods import method_of_card
from rdrec.evaluation.multi_seed import TABLES as EVIDENCE_TABLES
from rdrec.evaluation.ranking import Listed, Ranked
from rdrec.evaluation.run import ResultTables, view_for
from rdrec.evaluation.stored import KIND as EVALUATION_KIND
from rdrec.evaluation.stored import check_evaluations, read_checks
from rdrec.explorer.tables import COLUMNS
from rdrec.student.checkpoint import LoadedStudent

_BEYOND = list(EVIDENCE_TABLES["beyond"])
_ROW = list(COLUMNS["evaluation"])


@dataclass(frozen=True)
class Shown:
    """The shown students by role; ranked: by role and task; rationales: by teacher, of the teacher they learned from.

    more  further students of the set by run, which are checked but not ranked; they may have learned item IDs
    """

    students: Mapping[str, LoadedStudent]
    ranked: Mapping[tuple[str, str], Ranked]
    rationales: Mapping[str, pd.DataFrame]
    more: Mapping[str, LoadedStudent]


def measured(
    home: Home, view: ProtocolView, seed: int, sha256: str, shown: Shown, gathered: dict[str, pd.DataFrame]
) -> pd.DataFrame:
    """The evaluation of rules, rivals and students.  Completes the tables `beyond` and `checks` of `gathered`."""
    rivals = rival_tables(home, view.dataset.name, view.protocol, seed, sha256)
    tables = ResultTables(view, item_vectors(view, shown.rationales))
    tables.rules()
    evaluation = [*tables.tables, rivals.rows]
    tables.tables.clear()
    for role in shown.students:
        tables.add(role, view.protocol, _ranking(shown, role))
    evaluation += tables.tables
    methods = {role: method_of_card(student.card) for role, student in shown.students.items()}
    own = pd.DataFrame(tables.beyond).rename(columns={"model": "method"}).replace({"method": methods}).assign(seed=seed)
    gathered["beyond"] = _completed(gathered["beyond"], own, rivals.beyond)
    gathered["checks"] = _completed(gathered["checks"], _checks(home, view, shown, _pairs(gathered["checks"])))
    return pd.concat([table for table in evaluation if len(table)], ignore_index=True)


def _ranking(shown: Shown, role: str) -> Callable[[str, Sequence[Case], int], Listed]:
    return lambda task, cases, top: shown.ranked[role, task]


def _checks(home: Home, view: ProtocolView, shown: Shown, known: set[tuple[str, int]]) -> pd.DataFrame:
    """Check the students with rationale tasks whose method and seed are not in `known`."""
    references = FoundReferences(home, view.dataset)
    students: dict[
        str, tuple[str, LoadedStudent]
    ] = {}  # those of the page first, because readers take the first complete student
    for run, student in (*shown.students.items(), *shown.more.items()):
        students.setdefault(method_of_card(student.card), (run, student))
    rows = [
        {"method": method, "seed": view.seed} | asdict(check)
        for method, (run, student) in students.items()
        if (method, view.seed) not in known and needs_check(student)
        for check in check_student(view_for(student, view, run), student, references.of(student.card))
    ]
    return pd.DataFrame(rows, columns=list(EVIDENCE_TABLES["checks"]))


def _completed(gathered: pd.DataFrame, *others: pd.DataFrame) -> pd.DataFrame:
    """The gathered rows, and rows of other tables with methods and seeds that are not among them."""
    known = _pairs(gathered)
    new = [other[[pair not in known for pair in _each(other)]] for other in others]
    parts = [part[list(gathered.columns)] for part in (gathered, *new) if len(part)]
    return pd.concat(parts, ignore_index=True).astype(gathered.dtypes.to_dict()) if parts else gathered


def _pairs(table: pd.DataFrame) -> set[tuple[str, int]]:
    return set(_each(table))


def _each(table: pd.DataFrame) -> list[tuple[str, int]]:
    """(method, seed) of every row."""
    return list(zip(table["method"].tolist(), table["seed"].tolist(), strict=True))


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
    check_evaluations(home, data, manifest.meta, folder)
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
