"""Read what students gained on invented shops that differ in their dials: made by `rdrec collect --dials`, bundled in precomputed/dials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rdrec.core.home import PROJECT
from rdrec.core.records import ArtefactError
from rdrec.core.storage import read_table, verify
from rdrec.core.vocabulary import DIALS_KIND
from rdrec.evaluation.methods import family

FOLDER = PROJECT / "precomputed" / "dials"
NAMES, DRIVE = "names", "drive"
# The settings of precomputed/make-dials.sh along each dial; the other dial stays at HELD.
SETTINGS: dict[str, tuple[float, ...]] = {NAMES: (0.0, 0.15, 0.35, 0.7, 1.0), DRIVE: (0.0, 2.5, 4.0)}
HELD = {NAMES: 0.7, DRIVE: 2.5}
PURCHASES = 9.0


@dataclass(frozen=True, slots=True)
class Gain:
    """One way on one shop: its mean NDCG@10, and its difference to the student without rationales with a 95 % interval over users."""

    value: float
    difference: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Shop:
    """An invented shop; gains: by kind of way ("rdrec", "scrambled", "ease", "knows all tastes", ...)."""

    data: str
    drive: float
    names: float
    purchases: float
    users: int
    seeds: int
    gains: Mapping[str, Gain]

    def at(self, dial: str) -> float:
        """Where this shop stands on a dial."""
        return self.names if dial == NAMES else self.drive


def read(folder: Path) -> tuple[Shop, ...]:
    """All shops.  Raises ArtefactError where the artefact is altered or has other columns."""
    verify(folder, DIALS_KIND)
    found: dict[str, Shop] = {}
    try:
        for row in read_table(folder / "dials.parquet").to_dict("records"):
            dials = (row["drive"], row["names"], row["purchases"])
            shop = found.setdefault(row["data"], Shop(row["data"], *dials, row["users"], row["seeds"], {}))
            assert isinstance(shop.gains, dict)
            shop.gains[family(row["way"])] = Gain(row["value"], row["difference"], row["low"], row["high"])
    except KeyError as error:
        raise ArtefactError(
            f"a column is missing ({error})", where=folder, todo="collect again: rdrec collect --dials"
        ) from error
    return tuple(found.values())


@cache
def shipped() -> tuple[Shop, ...]:
    """The bundled ones, read once; none where the folder does not exist."""
    return read(FOLDER) if FOLDER.is_dir() else ()


def along(shops: tuple[Shop, ...], dial: str) -> list[tuple[float, Shop | None]]:
    """Every setting of a dial with its shop, None where it was not measured yet."""
    other = DRIVE if dial == NAMES else NAMES
    fitting = {shop.at(dial): shop for shop in shops if (shop.at(other), shop.purchases) == (HELD[other], PURCHASES)}
    return [(setting, fitting.get(setting)) for setting in SETTINGS[dial]]
