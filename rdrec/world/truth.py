"""The truth beside an invented data set, as it lies in the home.

In: a home, a data set's name.  Out: the world it was made of and one row a review with its text, checked to belong to the data set.
"""

from __future__ import annotations

import pandas as pd

from rdrec.data import schema
from rdrec.data.store import KIND as DATASET_KIND
from rdrec.data.store import dataset_sha256, load_dataset
from rdrec.home import Home
from rdrec.records import ArtefactError, InputError
from rdrec.storage import read_manifest, read_table, verify
from rdrec.world.make import TRUTH, TRUTH_KIND
from rdrec.world.spec import World, read_world


def load_truth(home: Home, name: str) -> tuple[World, pd.DataFrame]:
    """Raises InputError for a data set that was not made here, ArtefactError where data, truth and world no longer fit."""
    sha256 = dataset_sha256(home, name)
    source = read_manifest(home.data(name), DATASET_KIND).meta.get("source")
    if not isinstance(source, dict) or "world" not in source:
        raise InputError(
            f"the data set {name!r} was not made here: nobody knows its truth", todo="use one from: rdrec data make"
        )
    folder = home.require(home.truth(name), "truth of a data set", f"python -m rdrec data make --name {name} --replace")
    manifest = verify(folder, TRUTH_KIND)
    world = read_world(str(source["world"]))
    if manifest.meta.get("data_sha256") != sha256 or world.sha256 != source.get("world_sha256"):
        raise ArtefactError(
            "the truth, the data set and the world's files are not of one making",
            where=folder,
            todo=f"python -m rdrec data make --name {name} --replace",
        )
    truth = schema.cast(read_table(folder / "truth.parquet", list(TRUTH)), TRUTH)
    return world, truth.assign(review=load_dataset(home, name).interactions["review"])


def has_truth(home: Home, name: str) -> bool:
    """Whether a data set was made here, with its truth beside it."""
    return (home.truth(name) / "manifest.json").is_file()
