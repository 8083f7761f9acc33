"""Read the students' gains on invented shops with different dials, from `rdrec collect --dials`; bundled in precomputed/dials."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from rdrec.core.home import PROJECT
from rdrec.core.records import ArtefactError
from rdrec.core.storage import read_table, verify
from rdrec.core.vocabulary import DIALS_KIND, EARLIER_STARTS, START_RECIPE
from rdrec.evaluation.methods import family

FOLDER = PROJECT / "precomputed" / "dials"
NAMES, DRIVE, PURCHASES = "names", "drive", "purchases"
# The settings of each dial in precomputed/make-dials.sh; the other dials stay at HELD.
SETTINGS: dict[str, tuple[float, ...]] = {
    NAMES: (0.0, 0.15, 0.35, 0.7, 1.0),
    DRIVE: (0.0, 2.5, 4.0),
    PURCHASES: (6.0, 9.0, 12.0),
}
HELD = {NAMES: 0.7, DRIVE: 2.5, PURCHASES: 9.0}


@dataclass(frozen=True, slots=True)
class Gain:
    """One method on one shop: mean NDCG@10, and its difference to the student without rationales with a 95 % interval over users.

    over_control  difference to the student with shuffled rationales, low, high; None if there is none, and in older collections
    learned       the manipulation check; None if the method was not checked
    """

    value: float
    difference: float
    low: float
    high: float
    over_control: tuple[float, float, float] | None = None
    learned: Learned | None = None

    @property
    def over_none(self) -> tuple[float, float, float]:
        """Difference to the student without rationales, low, high."""
        return self.difference, self.low, self.high


@dataclass(frozen=True, slots=True)
class Learned:
    """Whether a student learned its rationales: the outcome, and its gap and the word-count yardstick in nats per token."""

    outcome: str
    gap: float
    yardstick: float


@dataclass(frozen=True, slots=True)
class Shop:
    """An invented shop; gains: by kind of method ("rdrec", "scrambled", "ease", "knows all tastes", ...).

    older  its students are of an earlier recipe or their recipe was not recorded
    """

    data: str
    drive: float
    names: float
    purchases: float
    users: int
    seeds: int
    gains: Mapping[str, Gain]
    older: bool = False

    def at(self, dial: str) -> float:
        """The shop's setting of a dial."""
        return {NAMES: self.names, DRIVE: self.drive, PURCHASES: self.purchases}[dial]

    def held_but(self, dial: str) -> bool:
        """Whether all other dials are where they stay while this one is turned."""
        return all(self.at(other) == value for other, value in HELD.items() if other != dial)


def read(folder: Path) -> tuple[Shop, ...]:
    """Read all shops.  Raises ArtefactError if the artefact is altered or has other columns."""
    recipes = verify(folder, DIALS_KIND).meta.get("recipes") or {}
    older = not recipes or any(recipe.get(START_RECIPE) in EARLIER_STARTS for recipe in recipes.values())
    found: dict[str, Shop] = {}
    try:
        for row in read_table(folder / "dials.parquet").to_dict("records"):
            dials = (row["drive"], row["names"], row["purchases"])
            shop = found.setdefault(row["data"], Shop(row["data"], *dials, row["users"], row["seeds"], {}, older))
            assert isinstance(shop.gains, dict)
            shop.gains[family(row["method"])] = _gain(row)
    except KeyError as error:
        raise ArtefactError(
            f"a column is missing ({error})", where=folder, todo="collect again: rdrec collect --dials"
        ) from error
    return tuple(found.values())


def _gain(row: Mapping[Hashable, Any]) -> Gain:
    over = tuple(row.get(name, math.nan) for name in ("over_control", "control_low", "control_high"))
    learned = Learned(row["outcome"], row["gap"], row["yardstick"]) if row.get("outcome") else None
    return Gain(row["value"], row["difference"], row["low"], row["high"], None if math.isnan(over[0]) else over, learned)


@cache
def shipped() -> tuple[Shop, ...]:
    """The bundled shops, read once; empty if the folder does not exist."""
    return read(FOLDER) if FOLDER.is_dir() else ()


def along(shops: tuple[Shop, ...], dial: str) -> list[tuple[float, Shop | None]]:
    """Every setting of a dial with its shop, or None if it was not measured."""
    by_setting = {shop.at(dial): shop for shop in shops if shop.held_but(dial)}
    return [(setting, by_setting.get(setting)) for setting in SETTINGS[dial]]
