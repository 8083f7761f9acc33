"""The catalogue of `rdrec data get`: addresses, licences, citations and defaults of public data sets (assets/public_sets.toml)."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rdrec.core import settings
from rdrec.core.home import PROJECT, check_name
from rdrec.core.records import InputError, UnknownNameError, first_few
from rdrec.core.untrusted import read_toml

CATALOGUE = PROJECT / "assets" / "public_sets.toml"
HUB = "https://huggingface.co"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_HUB_REPO = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_COLLECTION = {"title": str, "homepage": str, "licence": str, "citation": list, "reviews": str, "items": str, "core": int}
_CATEGORY = {"reviews": int, "megabytes": (int, float), "core": int, "sha256": str}


@dataclass(frozen=True)
class SourceFile:
    """A downloadable file: its `url`, plus `repo` and `path` if it is in a data set on the hub.  Raises InputError if invalid."""

    url: str
    repo: str | None = None
    path: str | None = None
    sha256: str | None = None

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise InputError("not an https address", where=self.url, todo="correct the catalogue")
        if not re.fullmatch(r"\w[\w.-]*", self.name):
            raise InputError("the address does not end in a file name", where=self.url, todo="correct the catalogue")
        if self.sha256 is not None and not _SHA256.fullmatch(self.sha256):
            raise InputError("sha256 needs 64 digits of 0-9 and a-f", where=self.url, todo="correct the catalogue")

    @property
    def name(self) -> str:
        """The name of the file, the last part of its address."""
        return urlsplit(self.url).path.rpartition("/")[2]


@dataclass(frozen=True)
class PublicSet:
    """One data set; reviews: number according to its authors; megabytes: size of the reviews file, None if unknown."""

    name: str
    title: str
    collection: str
    homepage: str
    licence: str
    citation: tuple[str, ...]
    core: int
    reviews: int
    megabytes: float | None
    review_file: SourceFile
    item_file: SourceFile


def public_sets(path: Path | None = None) -> dict[str, PublicSet]:
    """All data sets of the catalogue by name.  Raises InputError naming the mistake in the file."""
    path = path or CATALOGUE
    try:
        raw = read_toml(path)
    except (OSError, ValueError) as error:
        raise InputError(f"the catalogue cannot be read ({error})", where=path, todo="restore the file") from error
    found: dict[str, PublicSet] = {}
    for collection, table in raw.items():
        where = f"{path}: {collection}"
        categories = table.pop("categories", {})
        hub = table.pop("hub", None)
        _check(table, _COLLECTION, set(_COLLECTION), where)
        if hub is not None and not _HUB_REPO.fullmatch(hub):
            raise InputError(f"hub is {hub!r}: expected OWNER/NAME", where=where, todo="correct the catalogue")
        for category, facts in categories.items():
            _check(facts, _CATEGORY, {"reviews"}, f"{where}.categories.{category}")
            entry = _public_set(collection, table, hub, category, facts)
            if entry.name in found:
                raise InputError(f"{entry.name} appears twice", where=where, todo="correct the catalogue")
            found[entry.name] = entry
    return found


def find_public_set(name: str) -> PublicSet:
    """The data set of that name.  Raises UnknownNameError suggesting similar names."""
    sets = public_sets()
    if name in sets:
        return sets[name]
    similar = difflib.get_close_matches(name, sets, cutoff=0.5) or [other for other in sets if name and name in other]
    suggestion = f"; did you mean {first_few(similar)}?" if similar else ""
    raise UnknownNameError(
        f"no public data set is named {name[:80]!r}{suggestion}", todo="see: python -m rdrec data get --list"
    )


def _public_set(collection: str, table: dict[str, Any], hub: str | None, category: str, facts: dict[str, Any]) -> PublicSet:
    def source(pattern: str, sha256: str | None = None) -> SourceFile:
        place = pattern.replace("{category}", category)
        url = place if hub is None else f"{HUB}/datasets/{hub}/resolve/main/{place}"
        return SourceFile(url, hub, None if hub is None else place, sha256)

    return PublicSet(
        name=check_name(f"{collection}-{category.lower().replace('_', '-')}", "data set name"),
        title=f"{category.replace('_', ' ')} ({table['title']})",
        collection=collection,
        homepage=table["homepage"],
        licence=table["licence"],
        citation=tuple(table["citation"]),
        core=int(settings.check("data.core", facts.get("core", table["core"]))),
        reviews=facts["reviews"],
        megabytes=facts.get("megabytes"),
        review_file=source(table["reviews"], facts.get("sha256")),
        item_file=source(table["items"]),
    )


def _check(table: dict[str, Any], kinds: dict[str, Any], required: set[str], where: str) -> None:
    wrong = [f"{name} is missing" for name in sorted(required - set(table))]
    for name, value in table.items():
        if name not in kinds:
            wrong.append(f"{name} is unknown")
        elif not isinstance(value, kinds[name]) or isinstance(value, bool) or value in ("", []):
            wrong.append(f"{name} is {value!r}")
        elif isinstance(value, list) and not all(isinstance(entry, str) for entry in value):
            wrong.append(f"{name} is {value!r}: expected texts")
        elif isinstance(value, (int, float)) and value <= 0:
            wrong.append(f"{name} is {value}: expected more than 0")
    if wrong:
        raise InputError(first_few(wrong), where=where, todo="correct the catalogue")
