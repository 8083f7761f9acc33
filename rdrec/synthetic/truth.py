"""Read the truth of an invented data set.  Training and distillation must not read it; a test enforces this."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rdrec.core.home import Home
from rdrec.core.records import ArtefactError, InputError
from rdrec.core.storage import read_manifest, read_table, verify
from rdrec.data import schema
from rdrec.data.store import KIND as DATASET_KIND
from rdrec.data.store import dataset_sha256, load_dataset
from rdrec.synthetic.make import PRODUCTS, SHOPPERS, TRUTH, TRUTH_KIND
from rdrec.synthetic.spec import World, read_world


@dataclass(frozen=True)
class Standing:
    """The truth about all users.

    motives   (U, V) bool: the standing motives
    named     U lists of P lists: the motives that each review names, by position
    chances   (U, I + 1) float32: the probability of every item at the last purchase, given all tastes
    values    (I + 1, V) bool: the true values of every item
    """

    motives: np.ndarray
    named: list[list[list[int]]]
    chances: np.ndarray
    values: np.ndarray

    @cached_property
    def named_before_last_two(self) -> np.ndarray:
        """(U, V) bool: motives named in the training reviews, that is, all but the last two."""
        found = np.zeros_like(self.motives)
        for user, reviews in enumerate(self.named):
            for motives in reviews[:-2]:
                found[user, motives] = True
        return found


def load_truth(home: Home, name: str) -> tuple[World, pd.DataFrame]:
    """The world of a data set, and one truth row per review with its text.

    Raises InputError for a data set that is not invented, and ArtefactError if data, truth and world do not match.
    """
    world, folder = _checked_world(home, name)
    truth = schema.cast(read_table(folder / "truth.parquet", list(TRUTH)), TRUTH)
    return world, truth.assign(review=load_dataset(home, name).interactions["review"])


def load_standing(home: Home, name: str) -> Standing:
    """The truth about all users of a data set.  Raises like `load_truth`."""
    world, truth = load_truth(home, name)
    folder = home.truth(name)
    shoppers = read_table(folder / "shoppers.parquet", SHOPPERS.names)
    product_of = read_table(folder / "products.parquet", list(PRODUCTS)).sort_values("item")["product"].to_numpy()
    index = {value: place for place, value in enumerate(world.value_names)}
    motives = np.zeros((len(shoppers), len(index)), dtype=bool)
    for row, text in enumerate(shoppers["motives"]):
        motives[row, [index[value] for value in json.loads(text)]] = True
    values = np.zeros((len(product_of) + 1, len(index)), dtype=bool)
    np.put_along_axis(values[1:], world.product_values[product_of], values=True, axis=1)
    chances = np.zeros((len(shoppers), len(product_of) + 1), dtype=np.float32)
    chances[:, 1:] = np.stack(shoppers["chances"].to_list())[:, product_of]
    lines = [[index[value] for value in json.loads(text)] for text in truth["motives"]]
    ends = np.cumsum(np.bincount(truth["user"].to_numpy(), minlength=len(shoppers) + 1))
    named = [lines[begin:end] for begin, end in itertools.pairwise(ends)]
    return Standing(motives, named, chances, values)


def _checked_world(home: Home, name: str) -> tuple[World, Path]:
    """The world and the truth folder, checked to match the data set."""
    sha256 = dataset_sha256(home, name)
    meta = read_manifest(home.data(name), DATASET_KIND).meta
    source = meta.get("source")
    if not isinstance(source, dict) or "world" not in source:
        raise InputError(
            f"the data set {name!r} is not invented, so its truth is unknown", todo="use one created by: rdrec data make"
        )
    folder = home.require(home.truth(name), "truth of a data set", f"python -m rdrec data make --name {name} --replace")
    manifest = verify(folder, TRUTH_KIND)
    world = read_world(str(source["world"]))
    if manifest.meta.get("data_sha256") != sha256 or world.sha256 != source.get("world_sha256"):
        raise ArtefactError(
            "the truth, the data set and the world's files do not match",
            where=folder,
            todo=f"recreate them: python -m rdrec data make --name {name} --replace",
        )
    options: dict[str, Any] = meta["options"]
    return world.with_dials(**{dial: options[dial] for dial in ("drive", "names", "purchases")}), folder


def has_truth(home: Home, name: str) -> bool:
    """Whether the truth of a data set is stored in the home."""
    return (home.truth(name) / "manifest.json").is_file()
