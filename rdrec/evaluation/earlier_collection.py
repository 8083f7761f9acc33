"""What a folder of `rdrec collect` already holds: `--add` keeps its rows about other data sets."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from rdrec.core.records import ArtefactError, InputError, first_few
from rdrec.core.storage import MANIFEST, Manifest, read_table, verify

_AGAIN = "restore its files; or remove the folder and collect everything again, without --add"


def kind_of(folder: Path) -> str:
    """The kind of artefact in a folder; "" if there is none, or its manifest cannot be read."""
    try:
        kind: str = json.loads((folder / MANIFEST).read_text("utf-8")).get("kind", "")
    except (OSError, ValueError, AttributeError):
        return ""
    return kind


def check_target(folder: Path, kind: str, add: bool) -> None:
    """Raises InputError if `folder` contains something else than an artefact of this kind.

    With `add`, an artefact with a broken manifest is left to `Earlier.read`, whose error says what to do.
    """
    if not folder.exists() or (folder.is_dir() and (not any(folder.iterdir()) or kind_of(folder) == kind)):
        return
    if not (add and (folder / MANIFEST).is_file() and not kind_of(folder)):
        raise InputError(
            "there is something else in this place", where=folder, todo="name a new folder, or one that `collect` has made"
        )


@dataclass(frozen=True)
class Earlier:
    """A collection that is about to be replaced, verified."""

    folder: Path
    manifest: Manifest

    @classmethod
    def read(cls, folder: Path, kind: str) -> Earlier | None:
        """What `folder` holds; None if there is no such folder.  Raises ArtefactError if it is damaged."""
        if not folder.exists() or not any(folder.iterdir()):
            return None
        try:
            return cls(folder, verify(folder, kind))
        except ArtefactError as error:
            raise ArtefactError(f"what it holds cannot be kept: {error.what}", where=folder, todo=_AGAIN) from error

    def table(self, label: str, columns: Mapping[str, str], lacking: Mapping[str, float | str] | None = None) -> pd.DataFrame:
        """A table with these columns; empty if this older collection has none.

        lacking  columns that older collections lack, with the value that stands for them
        Raises ArtefactError if another column is missing.
        """
        name, values = f"{label}.parquet", dict(lacking or {})
        if name not in self.manifest.files:
            return pd.DataFrame(columns=list(columns)).astype(dict(columns))
        frame = read_table(self.folder / name)
        if missing := [column for column in columns if column not in frame and column not in values]:
            raise ArtefactError(
                f"{name} is from another version and lacks {first_few(missing)}", where=self.folder, todo=_AGAIN
            )
        frame = frame.assign(**{column: value for column, value in values.items() if column not in frame})
        return frame[list(columns)].astype(dict(columns))

    def meta(self, section: str, replaced: Collection[str]) -> dict[str, Any]:
        """A part of the meta by data set, or by data set and evaluation (NAME/EVALUATION), without the data sets `replaced`."""
        found: dict[str, Any] = self.manifest.meta.get(section, {})
        return {key: value for key, value in found.items() if key.partition("/")[0] not in replaced}


def concatenated(parts: Iterable[pd.DataFrame], columns: Mapping[str, str]) -> pd.DataFrame:
    """All rows, with exactly these columns and types."""
    filled = [part for part in parts if len(part)]
    frame = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(columns))
    return frame[list(columns)].astype(dict(columns))


def merged(
    earlier: pd.DataFrame, new: pd.DataFrame, replaced: Collection[str], order: Sequence[str], columns: Mapping[str, str]
) -> pd.DataFrame:
    """The rows of `earlier` about other data sets than `replaced`, and the new ones; data sets in this order."""
    kept = earlier[~earlier["data"].isin(list(replaced))]
    places = {name: place for place, name in enumerate(order)}
    rows = concatenated([kept, new], columns)
    return rows.sort_values("data", key=lambda names: names.map(places), kind="stable", ignore_index=True)
