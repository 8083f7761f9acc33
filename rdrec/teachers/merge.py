"""Merge the shards of a divided run into the artefact that a single run would have written, byte for byte."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from rdrec.core.home import Home
from rdrec.core.records import ArtefactError, InputError, UnknownNameError, first_few
from rdrec.core.storage import Manifest, read_manifest, verify
from rdrec.data.store import RATIONALES_KIND, dataset_sha256, load_dataset
from rdrec.teachers.run import SHARD_KIND, read_rows, reviews_with_text, write_rationales

_NAME = re.compile(r"([0-9]+)-of-([0-9]+)")


def merge(home: Home, data: str, teacher: str) -> Manifest:
    """Merge the shards of a teacher on a data set, and return the manifest of the result.

    Raises UnknownNameError if there are no shards, InputError if some are missing or unfinished, ArtefactError if they do not belong
    together.
    """
    folder = home.shard(data, teacher, 1, 1).parent
    found = _shards(folder)
    manifests = {which: verify(path, SHARD_KIND) for which, path in found.items()}
    meta = _common(folder, manifests)
    if meta["data_sha256"] != dataset_sha256(home, data):
        raise ArtefactError("the shards were made from another version of the data set", where=folder, todo="distil them again")
    unread = [which for which, manifest in manifests.items() if manifest.meta["counts"]["unread"]]
    if unread:
        raise InputError(
            f"not finished: shard {first_few(unread)}",
            where=folder,
            todo="run these shards again without --limit or --users",
        )
    rows = sorted((row for path in found.values() for row in read_rows(path)), key=lambda row: (row["user"], row["position"]))
    reviews = [review.key for review in reviews_with_text(load_dataset(home, data).interactions)]
    assert [(row["user"], row["position"]) for row in rows] == reviews, "each review is in exactly one shard"
    target = home.rationales(data, teacher)
    write_rationales(target, RATIONALES_KIND, meta, rows, len(reviews))
    return read_manifest(target, RATIONALES_KIND)


def _shards(folder: Path) -> dict[int, Path]:
    """The finished shards by number.  Raises UnknownNameError or InputError unless there is one complete division."""
    there = {path: _NAME.fullmatch(path.name) for path in sorted(folder.iterdir())} if folder.is_dir() else {}
    named = {path: (int(m[1]), int(m[2])) for path, m in there.items() if m and (path / "manifest.json").is_file()}
    if not named:
        raise UnknownNameError("there is no finished shard", where=folder, todo="make shards with --shard 1/N, 2/N ...")
    divisions = sorted({of for _, of in named.values()})
    if len(divisions) > 1:
        raise InputError(
            f"shards of different splits: {first_few(divisions)}", where=folder, todo="remove the shards of the old split"
        )
    missing = sorted(set(range(1, divisions[0] + 1)) - {which for which, _ in named.values()})
    if missing:
        raise InputError(f"missing: shard {first_few(missing)} of {divisions[0]}", where=folder, todo="run them first")
    return dict(sorted((which, path) for path, (which, _) in named.items()))


def _common(folder: Path, manifests: dict[int, Manifest]) -> dict[str, Any]:
    """The meta data that all shards have in common, without their number and counts."""
    metas = [{k: v for k, v in manifest.meta.items() if k not in ("shard", "counts")} for manifest in manifests.values()]
    if any(meta != metas[0] for meta in metas):
        raise ArtefactError(
            "the shards come from different teachers or data", where=folder, todo="make them with the same command"
        )
    return metas[0]
