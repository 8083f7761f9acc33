"""Stored evaluations: reading one, whether its students are still those of the home, and adding results to it (`evaluate --add`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd

from rdrec.core import settings
from rdrec.core.home import Home
from rdrec.core.records import ArtefactError, InputError, first_few
from rdrec.core.storage import MANIFEST, Manifest, read_manifest, read_table, verify
from rdrec.evaluation.outcomes import MEASURED_LATER

KIND = "evaluation"
_SAME = {
    "data_sha256": "of another version of the data set", "protocol": "of another protocol", "seed": "of another seed",
    "ties": "of another order of purchases", "cut": "of another cut in time", "world": "of another invented world",
    "attributes": "with other item attributes, on which the similarity within lists depends",
}  # fmt: skip


@dataclass(frozen=True)
class Tables:
    """The tables of an evaluation, each with a column `model`: metrics, ranks of each user's true item, measures beyond accuracy, checks."""

    rows: pd.DataFrame
    ranks: pd.DataFrame
    beyond: pd.DataFrame
    checks: pd.DataFrame


@dataclass(frozen=True)
class Stored:
    """An evaluation on disk, verified."""

    folder: Path
    meta: dict[str, Any]
    tables: Tables

    @classmethod
    def read(cls, folder: Path, todo: str) -> Stored:
        """Raises ArtefactError if it is damaged, or of an older version that lacks tables."""
        manifest = verify(folder, KIND)
        check_version(manifest, folder, todo)
        rows, ranks, beyond = (read_table(folder / f"{name}.parquet") for name in ("evaluation", "ranks", "beyond"))
        return cls(folder, manifest.meta, Tables(rows, ranks, beyond, read_checks(folder)))

    def check_extends(self, meta: Mapping[str, Any]) -> None:
        """Raise InputError if results of an evaluation with this `meta` may not stand beside the stored ones."""
        differ = [words for name, words in _SAME.items() if self.meta.get(name) != meta.get(name)]
        if self.meta.get("changed_settings", {}) != settings.changed():
            differ.append("with other settings")
        known, new = self.meta.get("rationales", {}), meta.get("rationales", {})
        differ += [
            f"of another distillation of the teacher {name!r}" for name in known if new.get(name, known[name]) != known[name]
        ]
        if differ:
            raise InputError(
                f"the stored results are {', '.join(differ)}",
                where=self.folder,
                todo="choose another --name, or evaluate all models again without --add",
            )

    def with_results(self, tables: Tables, meta: Mapping[str, Any]) -> tuple[Tables, dict[str, Any]]:
        """The stored results and new ones, which replace those of the same models, and the meta of both."""
        names = [field.name for field in fields(Tables)]
        order = {model: at for at, model in enumerate(dict.fromkeys([*self.tables.rows["model"], *tables.rows["model"]]))}
        both = Tables(*(_merged(getattr(self.tables, name), getattr(tables, name), order) for name in names))
        joined = {name: self.meta.get(name, {}) | meta[name] for name in ("rivals", "rationales", "students")}
        return both, dict(meta) | joined


def _merged(stored: pd.DataFrame, new: pd.DataFrame, order: Mapping[str, int]) -> pd.DataFrame:
    kept = stored[~stored["model"].isin(new["model"].unique())]
    if missing := [column for column in new.columns if column not in kept]:
        raise ArtefactError(
            f"the stored results are of an older version and lack {first_few(missing)}",
            todo="evaluate all models again without --add",
        )
    parts = [part for part in (kept[list(new.columns)], new) if len(part)]
    table = pd.concat(parts, ignore_index=True).astype(new.dtypes.to_dict()) if parts else new
    return table.sort_values("model", key=lambda models: models.map(order), kind="stable", ignore_index=True)


def check_students(
    home: Home, data: str, manifest_meta: Mapping[str, Any], folder: Path, replaced: Collection[str] = ()
) -> None:
    """Raise ArtefactError if a student was trained again after it was evaluated; those in `replaced` may have been.

    Evaluations of older versions do not say which weights they measured.
    """
    known = set(home.names("students", data)) - set(replaced)
    for run, sha256 in manifest_meta.get("students", {}).items():
        if run in known and read_manifest(home.student(data, run), "student").sha256 != sha256:
            raise ArtefactError(
                f"the student {run!r} was trained again after this evaluation", where=folder, todo="evaluate it again"
            )


def check_version(manifest: Manifest, folder: Path, todo: str) -> None:
    """Raise ArtefactError for an evaluation of an older version, which lacks tables."""
    if older := [name for name in ("beyond", "checks") if f"{name}.parquet" not in manifest.files]:
        raise ArtefactError(
            f"this evaluation is from an older version and has no {' and no '.join(older)} table", where=folder, todo=todo
        )


def read_checks(folder: Path) -> pd.DataFrame:
    """`checks.parquet` of an artefact, with the columns that older tables lack.  Raises ArtefactError if it cannot be read."""
    table = read_table(folder / "checks.parquet")
    return table.assign(**{column: value for column, value in MEASURED_LATER.items() if column not in table})


def is_stored(folder: Path) -> bool:
    """Whether there is an artefact in `folder`."""
    return (folder / MANIFEST).is_file()
