"""Stored evaluations: reading one, whether its students are still those of the home, and adding results to it (`evaluate --add`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd

from rdrec.baselines.run import KIND as RIVAL_KIND
from rdrec.core import settings
from rdrec.core.home import Home
from rdrec.core.records import ArtefactError, InputError, first_few
from rdrec.core.storage import MANIFEST, Manifest, read_manifest, read_table, verify
from rdrec.core.vocabulary import EASE, MAX_ID
from rdrec.data.store import RATIONALES_KIND
from rdrec.evaluation.methods import NEIGHBOURS
from rdrec.evaluation.outcomes import MEASURED_LATER
from rdrec.student.checkpoint import KIND as STUDENT_KIND

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

    def check_extends(self, meta: Mapping[str, Any], models: Collection[str]) -> None:
        """Raise InputError if results of `models`, of an evaluation with this `meta`, may not stand beside those of the other models."""
        differ = [words for name, words in _SAME.items() if self.meta.get(name) != meta.get(name)]
        if self.meta.get("changed_settings", {}) != settings.changed():
            differ.append("with other settings")
        known, new = self._rationales(models), meta["rationales"]
        differ += [
            f"of another distillation of the teacher {name!r}" for name in known if new.get(name, known[name]) != known[name]
        ]
        if (kept := self._on_ease(models)) and meta["ridge"] not in (None, self.meta.get("ridge")):
            differ.append(
                f"with {ridge_in_words(self.meta)}, not {meta['ridge']:g}, for {first_few(kept)} (name them too, or use that --ridge)"
            )
        if differ:
            raise InputError(
                f"the stored results are {', '.join(differ)}",
                where=self.folder,
                todo="choose another --name, or evaluate all models again without --add",
            )

    def with_results(self, tables: Tables, meta: Mapping[str, Any]) -> tuple[Tables, dict[str, Any]]:
        """The stored results and new ones, which replace those of the same models, and the meta of both."""
        models = set(tables.rows["model"])
        gone = models | {f"{MAX_ID} on {model}" for model in models}
        order = {model: at for at, model in enumerate(dict.fromkeys([*self.tables.rows["model"], *tables.rows["model"]]))}
        names = [field.name for field in fields(Tables)]
        both = Tables(*(_merged(getattr(self.tables, name), getattr(tables, name), gone, order) for name in names))
        joined: dict[str, Any] = {
            name: {model: value for model, value in self.meta.get(name, {}).items() if model not in models} | meta[name]
            for name in ("rivals", "weights", "measured")
        }
        joined["rationales"] = self._rationales(models) | meta["rationales"]
        joined["ridge"] = self.meta.get("ridge") if meta["ridge"] is None else meta["ridge"]
        return both, dict(meta) | joined

    def _rationales(self, without: Collection[str]) -> dict[str, str]:
        """The hash of each teacher's rationales from which the other students learned."""
        rows, known = self.tables.rows, self.meta.get("rationales", {})
        kept = set(rows.loc[~rows["model"].isin(list(without)), "teacher"])
        return {teacher: sha256 for teacher, sha256 in known.items() if teacher in kept}

    def _on_ease(self, without: Collection[str]) -> list[str]:
        """The other stored rivals that depend on EASE's ridge."""
        rivals = self.meta.get("rivals", {})
        return [name for name, kind in rivals.items() if name not in without and (kind == EASE or kind.startswith(NEIGHBOURS))]


def _merged(stored: pd.DataFrame, new: pd.DataFrame, gone: Collection[str], order: Mapping[str, int]) -> pd.DataFrame:
    kept = stored[~stored["model"].isin(list(gone))]
    if missing := [column for column in new.columns if column not in kept]:
        raise ArtefactError(
            f"the stored results are of an older version and lack {first_few(missing)}",
            todo="evaluate all models again without --add",
        )
    parts = [part for part in (kept[list(new.columns)], new) if len(part)]
    table = pd.concat(parts, ignore_index=True).astype(new.dtypes.to_dict()) if parts else new
    return table.sort_values("model", key=lambda models: models.map(order), kind="stable", ignore_index=True)


def ridge_in_words(meta: Mapping[str, Any]) -> str:
    """The ridge of EASE in an evaluation with this `meta`."""
    return "an unrecorded ridge" if meta.get("ridge") is None else f"the ridge {meta['ridge']:g}"


def check_measured(home: Home, data: str, meta: Mapping[str, Any], folder: Path, replaced: Collection[str] = ()) -> None:
    """Raise ArtefactError if a model was made again after this evaluation; those in `replaced` may have been.

    meta  of the evaluation; evaluations of older versions do not say which weights they measured
    """
    for name, sha256 in meta.get("measured", {}).items():
        teacher = name.partition(":")[2]
        if teacher:
            place, kind = home.rationales(data, teacher), RATIONALES_KIND
        elif name in meta.get("rivals", {}):
            place, kind = home.rival(data, name), RIVAL_KIND
        else:
            place, kind = home.student(data, name), STUDENT_KIND
        if name not in replaced and is_stored(place) and read_manifest(place, kind).sha256 != sha256:
            what = f"the rationales of the teacher {teacher!r} were distilled" if teacher else f"{name!r} was trained"
            raise ArtefactError(f"{what} again after this evaluation", where=folder, todo="evaluate it again")


def check_evaluations(home: Home, data: str, meta: Mapping[str, Any], folder: Path) -> None:
    """Raise ArtefactError if an evaluation was made again after this evidence was gathered from it.  meta: of the evidence."""
    for seed, sha256 in meta.get("evaluations", {}).items():
        place = home.evaluation(data, f"{meta['protocol']}-s{seed}")
        if is_stored(place) and read_manifest(place, KIND).sha256 != sha256:
            raise ArtefactError(
                f"seed {seed} was evaluated again after this evidence was gathered",
                where=folder,
                todo=f"gather it again: python -m rdrec evaluate --data {data} --protocol {meta['protocol']} --gather SEEDS",
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
