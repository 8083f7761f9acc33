"""Rank every test case with the students in fp32, bf16, int8 and NF4, for the table `precisions`.  Imports torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from rdrec.core.records import InputError
from rdrec.core.vocabulary import PRECISIONS
from rdrec.data.cases import Case
from rdrec.data.splits import ProtocolView
from rdrec.evaluation.metrics import shown_rank
from rdrec.evaluation.precision import student_forms
from rdrec.evaluation.ranking import rank_cases
from rdrec.explorer.precisions import TOP
from rdrec.ranking.recommender import Recommender
from rdrec.student.checkpoint import read_card

TASK = "sequential"


def precision_table(
    view: ProtocolView,
    folders: Mapping[str, Path],
    test_cases: Sequence[Case],
    sha256: str,
    batch_users: int,
    *,
    progress: bool = True,
) -> pd.DataFrame:
    """One row per student, precision and user, sorted by user.

    folders: the shown students by role.  Raises InputError if the fp32 original of one is not in the same parent folder.
    """
    parts = []
    for role, folder in folders.items():
        source = _fp32_folder(folder)
        with student_forms(source, PRECISIONS, "cpu", sha256) as forms:
            for form in forms:
                found = rank_cases(
                    Recommender(form.loaded, view.item_ids),
                    test_cases,
                    TASK,
                    top=TOP,
                    batch_users=batch_users,
                    progress=progress,
                )
                parts.append(
                    pd.DataFrame(
                        {
                            "user": [case.user for case in test_cases],
                            "student": role,
                            "precision": form.precision,
                            "rank": shown_rank(found.above, found.tied),
                            "bytes": form.disk_bytes,
                            "top_items": [[int(item) for item in row if item > 0] for row in found.top_items],
                        }
                    )
                )
    return pd.concat(parts).sort_values(["user", "student", "precision"], ignore_index=True)


def _fp32_folder(folder: Path) -> Path:
    """The fp32 student from which a student was quantised."""
    precision = read_card(folder)[0].precision
    source = folder.with_name(folder.name.removesuffix(f"-{precision}"))
    if precision != "fp32" and (source == folder or not (source / "manifest.json").is_file()):
        raise InputError(
            "the fp32 student from which it was quantised is not in the same parent folder",
            where=folder,
            todo="leave out --precisions, or train it again",
        )
    return source
