"""Data sets in the home: the one form on disk, Parquet tables and a manifest.

In: a `Dataset`, or a name.  Out: an artefact `data/NAME`, or the same `Dataset` again (equal frame for frame).
It knows nothing of where the data came from.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rdrec.data import schema
from rdrec.home import Home
from rdrec.records import Dataset
from rdrec.storage import Manifest, TableWriter, new_artefact, read_manifest, read_table, verify, write_table

KIND = "dataset"
RATIONALES_KIND = "rationales"
_COMMAND = "python -m rdrec data import FILE_OR_FOLDER --name {name}"


def save_dataset(home: Home, dataset: Dataset) -> Manifest:
    """Write `data/NAME` whole, replacing what was there."""
    schema.check(dataset)
    folder = home.data(dataset.name)
    with new_artefact(folder, KIND, {**dataset.meta, "name": dataset.name}) as temporary:
        write_table(schema.for_disk(dataset.users, schema.USERS), temporary / "users.parquet")
        write_table(schema.for_disk(dataset.items, schema.ITEMS), temporary / "items.parquet")
        write_table(schema.for_disk(dataset.interactions, schema.INTERACTIONS), temporary / "interactions.parquet")
        if dataset.negatives is not None:
            write_table(dataset.negatives, temporary / "negatives.parquet")
    return read_manifest(folder, KIND)


def save_batches(
    home: Home, name: str, users: pd.DataFrame, items: pd.DataFrame, batches: Iterable[pd.DataFrame], meta: dict[str, Any]
) -> Manifest:
    """`save_dataset` for interactions that come in batches, in order; `meta` may be completed while they come.

    The bytes are those of `save_dataset` if each batch but the last has a multiple of `ROW_GROUP_ROWS` rows.
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
    return read_manifest(folder, KIND)


def load_dataset(home: Home, name: str) -> Dataset:
    """Read `data/NAME`.  Raises UnknownNameError naming what there is, ArtefactError when a file is missing or altered."""
    folder = _folder(home, name)
    manifest = verify(folder, KIND)

    def load(table: str, columns: dict[str, str]) -> pd.DataFrame:
        return schema.cast(read_table(folder / f"{table}.parquet", list(columns)), columns)

    return Dataset(
        name=name,
        users=load("users", schema.USERS),
        items=load("items", schema.ITEMS),
        interactions=load("interactions", schema.INTERACTIONS),
        negatives=load("negatives", schema.NEGATIVES) if "negatives.parquet" in manifest.files else None,
        meta={key: value for key, value in manifest.meta.items() if key != "name"},
    )


def dataset_sha256(home: Home, name: str) -> str:
    """One hash for the data set as it lies there; what is made from it keeps this beside its results."""
    return read_manifest(_folder(home, name), KIND).sha256


def save_released_rationales(home: Home, name: str, rationales: pd.DataFrame, teacher: str = "released") -> Manifest:
    """Write `rationales/NAME/TEACHER` for a data set that is saved already."""
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


def _folder(home: Home, name: str) -> Path:
    return home.require(home.data(name), "data set", _COMMAND.format(name=name))
