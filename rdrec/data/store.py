"""Save, load and list the data sets of the home: Parquet tables and a manifest in `data/NAME`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rdrec.core.home import Home
from rdrec.core.records import ArtefactError, Dataset
from rdrec.core.storage import Manifest, TableWriter, new_artefact, read_manifest, read_table, verify, write_table
from rdrec.data import schema
from rdrec.data.ties import ties_in_words

KIND = "dataset"
RATIONALES_KIND = "rationales"
_TABLES = {"users": schema.USERS, "items": schema.ITEMS, "interactions": schema.INTERACTIONS}
_COMMAND = "python -m rdrec data import FILE_OR_FOLDER --name {name}"


def save_dataset(home: Home, dataset: Dataset) -> Manifest:
    """Write `data/NAME` atomically, replacing an existing one."""
    schema.check(dataset)
    batches, meta = [dataset.interactions], {**dataset.meta}
    return save_batches(home, dataset.name, dataset.users, dataset.items, batches, meta, dataset.negatives)


def save_batches(
    home: Home,
    name: str,
    users: pd.DataFrame,
    items: pd.DataFrame,
    batches: Iterable[pd.DataFrame],
    meta: dict[str, Any],
    negatives: pd.DataFrame | None = None,
) -> Manifest:
    """`save_dataset` for interactions in batches, in order; `meta` may still be completed while they arrive.

    Writes the same bytes as `save_dataset` if every batch but the last has a multiple of `ROW_GROUP_ROWS` rows.
    """
    schema.check_keys(users, items)
    folder, places = home.data(name), []
    meta["name"] = name
    with new_artefact(folder, KIND, meta) as temporary:
        write_table(schema.for_disk(users, schema.USERS), temporary / "users.parquet")
        write_table(schema.for_disk(items, schema.ITEMS), temporary / "items.parquet")
        with TableWriter(temporary / "interactions.parquet") as writer:
            for batch in batches:
                schema.check_rows(batch)
                places.append(batch[["user", "position", "item"]].to_numpy(np.int32))
                writer.write(schema.for_disk(batch, schema.INTERACTIONS))
        user, position, item = np.concatenate(places).T
        schema.check_order(user.astype(np.int64), position, item, len(users), len(items))
        if negatives is not None:
            write_table(negatives, temporary / "negatives.parquet")
    return read_manifest(folder, KIND)


def load_dataset(home: Home, name: str) -> Dataset:
    """Read `data/NAME`.  Raises UnknownNameError listing existing names, and ArtefactError if a file is missing or altered."""
    folder = _folder(home, name)
    manifest = verify(folder, KIND)

    def load(table: str, columns: dict[str, str]) -> pd.DataFrame:
        return schema.cast(read_table(folder / f"{table}.parquet", list(columns)), columns)

    return Dataset(
        name=name,
        **{table: load(table, columns) for table, columns in _TABLES.items()},
        negatives=load("negatives", schema.NEGATIVES) if "negatives.parquet" in manifest.files else None,
        meta={key: value for key, value in manifest.meta.items() if key != "name"},
    )


def dataset_sha256(home: Home, name: str) -> str:
    """Hash of the saved data set, which derived results record."""
    return read_manifest(_folder(home, name), KIND).sha256


def save_released_rationales(home: Home, name: str, rationales: pd.DataFrame, teacher: str = "released") -> Manifest:
    """Write `rationales/NAME/TEACHER` for an existing data set."""
    nothing = rationales.loc[rationales["status"] == "nothing", "reason"].value_counts()
    meta = {
        "data": name,
        "data_sha256": dataset_sha256(home, name),
        "teacher": teacher,
        "teacher_config": {"source": "the released explanation_rationale.json"},
        "counts": {
            "reviews": len(rationales),
            "ok": int((rationales["status"] == "ok").sum()),
            "nothing": {str(reason): int(count) for reason, count in sorted(nothing.items())},
        },
    }
    folder = home.rationales(name, teacher)
    with new_artefact(folder, RATIONALES_KIND, meta) as temporary:
        write_table(schema.for_disk(rationales, schema.RATIONALES), temporary / "rationales.parquet")
    return read_manifest(folder, RATIONALES_KIND)


@dataclass(frozen=True)
class Entry:
    """A data set in the home; ties: how simultaneous interactions are ordered; fault: why it cannot be used, or None."""

    name: str
    title: str
    source: str
    counts: dict[str, int]
    ties: str
    fault: str | None = None


def entries(home: Home) -> list[Entry]:
    """All data sets of the home, sorted by name; broken ones with their error."""
    return [_entry(home, name) for name in home.names("data")]


def _entry(home: Home, name: str) -> Entry:
    try:
        meta: dict[str, Any] = read_manifest(home.data(name), KIND).meta
    except ArtefactError as error:
        return Entry(name, name, "", {}, "", str(error))
    source, counts = meta.get("source"), meta.get("counts", {})
    return Entry(
        name,
        str(meta.get("title", name)),
        str(source.get("kind", "")) if isinstance(source, dict) else "",
        {what: counts[what] for what in schema.COUNTS if what in counts},
        ties_in_words(meta),
    )


def _folder(home: Home, name: str) -> Path:
    return home.require(home.data(name), "data set", _COMMAND.format(name=name))
