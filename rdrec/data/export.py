"""Export a data set in the released format, readable by the RDRec, P5 and POD programs, plus a file with our extras.

The folder is written completely or not at all; importing it restores the same data set.  Records identify users and items by number,
as the released programs put them into prompts.  Negatives that the data set lacks are drawn by the seed, which the extras record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from rdrec.core.records import CLAIM_KINDS, Dataset, InputError, plural
from rdrec.core.storage import new_artefact, write_json
from rdrec.core.vocabulary import SPLITS
from rdrec.data.extras import FILE, in_explanations, write_extras
from rdrec.data.release import EXPLANATIONS, RATIONALES
from rdrec.data.splits import histories_of, negatives, users_without_negatives


def export(
    dataset: Dataset, folder: Path, *, seed: int = 0, rationales: pd.DataFrame | None = None
) -> tuple[list[str], list[str]]:
    """Write the folder; return its file names and the warnings.  Raises InputError if the folder is not empty."""
    folder = folder.expanduser().resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError("the folder is not empty", where=folder, todo="choose a new or empty folder")
    warnings: list[str] = []
    with new_artefact(folder, "released folder", {"data": dataset.name, "negatives_seed": seed}) as temporary:
        _write_numbers(temporary / "sequential.txt", histories_of(dataset))
        drawn = _write_negatives(dataset, temporary / "negative.txt", seed, warnings)
        write_json(_datamaps(dataset), temporary / "datamaps.json")
        records = dataset.interactions[in_explanations(dataset.interactions)]
        if len(records):
            write_json(_by_split(records), temporary / EXPLANATIONS)
        if rationales is not None:
            explained = records.merge(rationales.drop(columns="item"), on=["user", "position"])
            write_json(_by_split(explained), temporary / RATIONALES[0])
            left_out = int((rationales["status"] == "ok").sum() - (explained["status"] == "ok").sum())
            if left_out:
                warnings.append(
                    f"{plural(left_out, 'rationale')} left out: the released format can only store them with an explanation"
                )
        write_extras(dataset, temporary / FILE, drawn)
    return sorted(path.name for path in folder.iterdir()), warnings


def _write_numbers(path: Path, rows: Iterable[Iterable[int]]) -> None:
    lines = (" ".join(map(str, [user, *row])) for user, row in enumerate(rows, 1))
    path.write_text("\n".join(lines) + "\n", "ascii", newline="\n")


def _write_negatives(dataset: Dataset, path: Path, seed: int, warnings: list[str]) -> str | None:
    """Write negative.txt; return its sha256 if the negatives were drawn here, or None if they came with the data set."""
    if dataset.negatives is None and (short := users_without_negatives(dataset)):
        warnings.append(
            f"negative.txt is left out: {plural(len(short), 'user')} bought too many of the {dataset.n_items:,} items"
        )
        return None
    _write_numbers(path, negatives(dataset, seed).tolist())
    return hashlib.sha256(path.read_bytes()).hexdigest() if dataset.negatives is None else None


def _datamaps(dataset: Dataset) -> dict[str, dict[str, str]]:
    maps: dict[str, dict[str, str]] = {}
    for what, frame in (("user", dataset.users), ("item", dataset.items)):
        keys = dict(zip(frame[what].astype(str), frame[f"{what}_key"], strict=True))
        maps[f"id2{what}"], maps[f"{what}2id"] = keys, {key: number for number, key in keys.items()}
    return maps


def _by_split(rows: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Records by split, in the order of the data set; their fields are blank where the teacher found no rationale."""
    names = ["explanation", "feature", *(name for name in CLAIM_KINDS if name in rows.columns)]
    parts: dict[str, list[dict[str, Any]]] = {split: [] for split in SPLITS}
    for row in rows.to_dict("records"):
        texts = {name: row[name] if row[name] is not None else "" for name in names}
        parts[row["text_split"]].append({"user": int(row["user"]), "item": int(row["item"]), **texts})
    return parts
