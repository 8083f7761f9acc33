"""Import a released RDRec, P5 or POD folder; OpenP5 folders are passed to `importers.user_sequence`.

Reads sequential.txt and, if present, negative.txt, datamaps.json, explanation.json, explanation_rationale.json, item_names.csv and our
own extras, and keeps the released numbers.  Released files contain one sentence per review, which stands for the review unless the
extras contain the full text.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rdrec.core.records import CLAIM_KINDS, Dataset, InputError, plural
from rdrec.core.storage import sha256_of
from rdrec.data import extras as extra_file
from rdrec.data import released_files as files
from rdrec.data import schema
from rdrec.data.extras import Extras
from rdrec.data.importers.faulty import FaultRule
from rdrec.data.importers.user_sequence import SEQUENCES, read_user_sequences
from rdrec.data.reading import Faults
from rdrec.data.released_files import Record
from rdrec.data.text import same_text, tidy

EXPLANATIONS = "explanation.json"
# The last two are misspellings in released folders.
RATIONALES = ("explanation_rationale.json", "explanation_rational.json", "explanation2.json")
RULES = {"numbers": "as released", "review": "the released sentence, if the full review is missing"}
NO_RECORD, COPIED, BLANK = "no released rationale", "the review sentence was copied", "the released fields are blank"


@dataclass(frozen=True)
class Release:
    """The contents of a folder: the data set, and the released rationales (columns of `schema.RATIONALES`) or None."""

    dataset: Dataset
    rationales: pd.DataFrame | None


def read_release(folder: Path, name: str, title: str | None = None, rule: FaultRule | None = None) -> Release:
    """Read a folder; warnings go to `meta["notes"]`.

    rule  for faulty lines of an OpenP5 folder; other released folders must have none
    Raises InputError naming file, line and remedy.
    """
    sequential = folder / "sequential.txt"
    if not sequential.is_file():
        if (folder / SEQUENCES).is_file():
            return Release(read_user_sequences(folder, name, title, rule), None)
        raise InputError(
            f"the folder has neither sequential.txt nor {SEQUENCES}",
            where=folder,
            todo="use a released RDRec, P5, POD or OpenP5 folder",
        )
    notes: list[str] = []
    histories = files.read_sequential(sequential)
    maps = folder / "datamaps.json"
    if maps.is_file():
        user_keys, item_keys = files.read_datamaps(maps, histories, notes)
    else:
        user_keys, item_keys = files.number_keys(histories, sequential)
        notes.append("no datamaps.json: users and items have numbers only")
    path = folder / extra_file.FILE
    extras = extra_file.read_extras(path, histories, len(item_keys)) if path.is_file() else None
    rationale_file = _rationale_file(folder, notes)
    matcher = _RecordMatcher(histories, user_keys, item_keys)
    records = matcher.join(folder / EXPLANATIONS) if (folder / EXPLANATIONS).is_file() else {}
    rationales = matcher.join(rationale_file) if rationale_file else {}
    for place, record in rationales.items():
        if records.setdefault(place, record).split != record.split:
            raise InputError(
                f"{record.place} is in split {records[place].split} of {EXPLANATIONS}",
                where=rationale_file,
                todo="use files of one release",
            )
    users = schema.users_table(user_keys)
    items = _items(folder, item_keys, extras)
    interactions = _interactions(histories, records, extras)
    negatives = _negatives(folder, histories, len(item_keys), extras, notes)
    meta: dict[str, Any] = extras.meta if extras is not None else {"title": name, "rules": RULES, "notes": notes}
    meta = {
        **meta,
        "source": _source(folder, sequential, meta),
        "counts": schema.counts(interactions, items, len(users)),
    }
    if title is not None:
        meta["title"] = title
    dataset = Dataset(name, users, items, interactions, negatives, meta)
    return Release(dataset, _rationales(interactions, rationales) if rationale_file else None)


def _source(folder: Path, sequential: Path, exported: dict[str, Any]) -> dict[str, Any]:
    """The folder and, for an exported data set, its original source, licence and citation."""
    source = {"kind": "released folder", "folder": folder.resolve().name, "sha256": sha256_of(sequential)}
    before = exported.get("source")
    first = before.get("exported_from", before) if isinstance(before, dict) else None
    return source if first is None else source | {"exported_from": first}


def read_rationales(dataset: Dataset, path: Path) -> pd.DataFrame:
    """Read a file like explanation_rationale.json for an existing data set, as columns of `schema.RATIONALES`.

    Raises InputError for a record of an interaction that the data set does not have.
    """
    rows = dataset.interactions
    histories = [group.tolist() for _, group in rows.groupby("user", sort=True)["item"]]
    matcher = _RecordMatcher(histories, dataset.users["user_key"].tolist(), dataset.items["item_key"].tolist())
    return _rationales(rows, matcher.join(path))


def count_copies(rationales: pd.DataFrame) -> tuple[int, int]:
    """(released records, number that only copy the review sentence in both fields: answers that failed to parse)."""
    return int((rationales["reason"] != NO_RECORD).sum()), int((rationales["reason"] == COPIED).sum())


class _RecordMatcher:
    """Finds the interaction of a record by the keys of the data maps or by the released numbers."""

    def __init__(self, histories: list[list[int]], user_keys: list[str], item_keys: list[str]) -> None:
        self._users = _number_by_name(user_keys)
        self._items = _number_by_name(item_keys)
        self._places = [{item: position for position, item in enumerate(history)} for history in histories]

    def join(self, path: Path) -> dict[tuple[int, int], Record]:
        """Records by (user, position).  Raises InputError for a record of an unknown pair or a repeated pair."""
        faults = Faults(path, "use files of one release")
        joined: dict[tuple[int, int], Record] = {}
        for record in files.read_records(path):
            user, item = self._users.get(record.user), self._items.get(record.item)
            position = None if user is None or item is None else self._places[user - 1].get(item)
            if user is None or position is None:
                faults.add(
                    None, f"{record.place}: sequential.txt has no purchase of item {record.item!r} by user {record.user!r}"
                )
            elif (user, position) in joined:
                faults.add(None, f"{record.place}: the same user and item as {joined[user, position].place}")
            elif record.explanation is not None:
                joined[user, position] = record
        faults.check()
        return joined


def _number_by_name(keys: list[str]) -> dict[str | int, int]:
    """Numbers by number, number as text, and key; keys take precedence over numbers written the same."""
    numbers = range(1, len(keys) + 1)
    return {**{n: n for n in numbers}, **{str(n): n for n in numbers}, **dict(zip(keys, numbers, strict=True))}


def _rationale_file(folder: Path, notes: list[str]) -> Path | None:
    there = [name for name in RATIONALES if (folder / name).is_file()]
    if there and there[0] != RATIONALES[0]:
        notes.append(f"{there[0]} was read as {RATIONALES[0]}")
    notes.extend(f"{name} was ignored in favour of {there[0]}" for name in there[1:])
    return folder / there[0] if there else None


def _items(folder: Path, keys: list[str], extras: Extras | None) -> pd.DataFrame:
    path = folder / "item_names.csv"
    names = files.read_names(path) if path.is_file() else {}
    described = {} if extras is None else extras.items
    columns: dict[str, list[Any]] = {
        name: [described.get(item, {}).get(name) for item in range(1, len(keys) + 1)] for name in extra_file.ITEM_FIELDS
    }
    columns["title"] = [title or names.get(key) for title, key in zip(columns["title"], keys, strict=True)]
    return schema.items_table(keys, columns)


def _interactions(histories: list[list[int]], records: dict[tuple[int, int], Record], extras: Extras | None) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for user, history in enumerate(histories, 1):
        for position, item in enumerate(history):
            row: dict[str, Any] = {"user": user, "position": position, "item": item}
            if extras is not None and (extra := extras.interactions.get((user, position))):
                row |= {k: tidy(v) if isinstance(v, str) else v for k, v in extra.items()}
            if record := records.get((user, position)):
                row |= {"explanation": record.explanation, "feature": record.feature, "text_split": record.split}
                row.setdefault("review", record.explanation)
            rows.append(row)
    return schema.table({name: [row.get(name) for row in rows] for name in schema.INTERACTIONS}, schema.INTERACTIONS)


def _negatives(
    folder: Path, histories: list[list[int]], n_items: int, extras: Extras | None, notes: list[str]
) -> pd.DataFrame | None:
    path = folder / "negative.txt"
    if not path.is_file():
        return None
    drawn, twice = files.read_negatives(path, histories, n_items)
    if extras is not None and extras.drawn == sha256_of(path):
        return None  # drawn by our export; the data set itself has none
    if twice:
        notes.append(f"negative.txt repeats {plural(twice, 'negative')} within a user; kept as released")
    lists = [np.array(row, dtype=np.int64) for row in drawn]
    return schema.table({"user": range(1, len(drawn) + 1), "negatives": lists}, schema.NEGATIVES)


def _rationales(interactions: pd.DataFrame, records: dict[tuple[int, int], Record]) -> pd.DataFrame:
    """One row per interaction with text.

    A rationale that copies the review sentence in both fields is a failed answer (method, section 4, fault 8) and counts as nothing found.
    """
    rows = interactions[interactions["review"].notna()]
    found = [_outcome(records.get(place)) for place in zip(rows["user"], rows["position"], strict=True)]
    columns: dict[str, Any] = {name: rows[name].to_numpy() for name in ("user", "position", "item")}
    for index, name in enumerate(("status", "reason", *CLAIM_KINDS)):
        columns[name] = [outcome[index] for outcome in found]
    return schema.table({**columns, "claims": ["[]"] * len(rows)}, schema.RATIONALES)


def _outcome(record: Record | None) -> tuple[str, str | None, str | None, str | None]:
    if record is None:
        return "nothing", NO_RECORD, None, None
    texts = [text for text in (record.user_preference, record.item_attribution) if text]
    if not texts:
        return "nothing", BLANK, None, None
    if len(texts) == 2 and all(same_text(text) == same_text(record.explanation or "") for text in texts):
        return "nothing", COPIED, None, None
    return "ok", None, record.user_preference, record.item_attribution
