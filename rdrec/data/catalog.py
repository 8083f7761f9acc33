"""List the data sets of the home from their manifests; broken ones are listed with their error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rdrec.core.home import Home
from rdrec.core.records import ArtefactError
from rdrec.core.storage import read_manifest
from rdrec.data.schema import COUNTS
from rdrec.data.store import KIND
from rdrec.data.ties import ties_in_words


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
    """All data sets of the home, sorted by name."""
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
        {what: counts[what] for what in COUNTS if what in counts},
        ties_in_words(meta),
    )
