"""Results of the students of a precomputed set over all users: the evaluation, measures beyond accuracy, the manipulation check.

Checks and measures of gathered training runs are reused; those of shown students that are missing are computed here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import pandas as pd

from rdrec.core.home import Home
from rdrec.data.cases import Case
from rdrec.data.splits import ProtocolView
from rdrec.evaluation.beyond_accuracy import item_vectors
from rdrec.evaluation.manipulation_check import FoundReferences, check_student, needs_check
from rdrec.evaluation.methods import method_of_card
from rdrec.evaluation.multi_seed import TABLES as EVIDENCE_TABLES
from rdrec.evaluation.ranking import Listed, Ranked
from rdrec.evaluation.run import ResultTables
from rdrec.explorer.evaluated import rival_tables
from rdrec.student.checkpoint import LoadedStudent


@dataclass(frozen=True)
class Shown:
    """The shown students by role; ranked: by role and task; rationales: by teacher, of the teacher they learned from."""

    students: Mapping[str, LoadedStudent]
    ranked: Mapping[tuple[str, str], Ranked]
    rationales: Mapping[str, pd.DataFrame]


def measured(
    home: Home, view: ProtocolView, seed: int, sha256: str, shown: Shown, gathered: dict[str, pd.DataFrame]
) -> pd.DataFrame:
    """The evaluation of rules, rivals and students.  Completes the tables `beyond` and `checks` of `gathered`."""
    rivals = rival_tables(home, view.dataset.name, view.protocol, seed, sha256)
    tables = ResultTables(view, item_vectors(view, shown.rationales))
    tables.rules()
    evaluation = [*(table.assign(protocol=view.protocol) for table in tables.tables), rivals.rows]
    tables.tables.clear()
    for role in shown.students:
        tables.add(role, view.protocol, _ranking(shown, role))
    evaluation += tables.tables
    methods = {role: method_of_card(student.card) for role, student in shown.students.items()}
    own = pd.DataFrame(tables.beyond).rename(columns={"model": "method"}).replace({"method": methods}).assign(seed=seed)
    gathered["beyond"] = _completed(gathered["beyond"], own, rivals.beyond)
    gathered["checks"] = _completed(gathered["checks"], _checks(home, view, shown, methods, _pairs(gathered["checks"])))
    return pd.concat([table for table in evaluation if len(table)], ignore_index=True)


def _ranking(shown: Shown, role: str) -> Callable[[str, Sequence[Case], int], Listed]:
    return lambda task, cases, top: shown.ranked[role, task]


def _checks(
    home: Home, view: ProtocolView, shown: Shown, methods: Mapping[str, str], known: set[tuple[str, int]]
) -> pd.DataFrame:
    """Check the students with rationale tasks whose method and seed are not in `known`."""
    references = FoundReferences(home, view.dataset)
    rows = [
        {"method": method, "seed": view.seed} | asdict(check)
        for role, method in methods.items()
        if (method, view.seed) not in known and needs_check(shown.students[role])
        for check in check_student(view, shown.students[role], references.of(shown.students[role].card))
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
