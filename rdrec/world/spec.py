"""What a world is: categories, attributes, products, people, the numbers of the model, and the text bank.

In: a folder such as `assets/worlds/toys`.  Out: a `World`, checked whole: every fault of a file is named with its place.
It draws nothing.  A second world is another folder.

An *aspect* is what a sentence can be about: an attribute value ("theme=space"), a quality ("quality=sturdy") or "detail".
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from rdrec.home import PROJECT
from rdrec.records import InputError, UnknownNameError, first_few
from rdrec.storage import sha256_of
from rdrec.world.bank import Line, read_bank

WORLDS = PROJECT / "assets" / "worlds"
DETAIL = "detail"
_DETAILS = ("detail1", "detail2", "detail3")
_SENTENCES, _PHRASES = ("+", "-"), ("prefers", "avoids", "is")
_REASONS = ("self", "gift", "follow", "popular", "whim")
_VOICED = ("chatty", "plain", "grumpy")
_BLUNT = {"terse": "plain"}  # a terse writer has no asides of an own kind


@dataclass(frozen=True)
class Attribute:
    """`weight`: how much shoppers care on average; `likes`, `dislikes`: how many values of it one shopper does."""

    name: str
    label: str
    weight: float
    likes: int
    dislikes: int
    values: tuple[str, ...]


@dataclass(frozen=True)
class Product:
    """`values`: one of each attribute, in order; `follows`: index of the product it continues, or None."""

    name: str
    maker: str
    category: str
    price: float
    values: tuple[str, ...]
    follows: int | None
    details: tuple[str, ...]


@dataclass(frozen=True)
class Person:
    """`again`: how they are called once the reader knows who it is; as before where it is not given."""

    who: str
    he: str
    again: str = ""

    @property
    def words(self) -> dict[str, str]:
        him, his = {"he": ("him", "his"), "she": ("her", "her")}[self.he]
        return {
            "who": self.who,
            "he": self.he,
            "him": him,
            "his": his,
            "himself": f"{him}self",
            "again": self.again or self.who,
        }


@dataclass(frozen=True)
class Voice:
    name: str
    share: float
    fewest: int
    most: int
    aside: float
    closing: float

    @property
    def bank(self) -> str:
        """Whose asides and closings it uses."""
        return _BLUNT.get(self.name, self.name)


@dataclass(frozen=True)
class World:
    """All of a world; see `world.toml` for units and meaning of the numbers."""

    name: str
    title: str
    first_day: dt.date
    days: int
    categories: dict[str, dict[str, str]]
    attributes: tuple[Attribute, ...]
    products: tuple[Product, ...]
    qualities: tuple[str, ...]
    people: tuple[Person, ...]
    gifts: tuple[Person, ...]
    voices: tuple[Voice, ...]
    numbers: dict[str, float]
    bank: dict[str, tuple[Line, ...]]
    sha256: str

    @cached_property
    def value_names(self) -> tuple[str, ...]:
        """All attribute values, "theme=space", attribute by attribute."""
        return tuple(f"{a.name}={value}" for a in self.attributes for value in a.values)

    @cached_property
    def product_values(self) -> np.ndarray:
        """(products, attributes) index into `value_names` of each product's values."""
        index = {name: place for place, name in enumerate(self.value_names)}
        return np.array(
            [[index[f"{a.name}={v}"] for a, v in zip(self.attributes, p.values, strict=True)] for p in self.products]
        )

    @cached_property
    def product_categories(self) -> np.ndarray:
        """(products,) index into the categories."""
        names = list(self.categories)
        return np.array([names.index(product.category) for product in self.products])

    def sentences(self, aspect: str, sign: str, category: str) -> tuple[Line, ...]:
        """Lines that like ("+") or dislike ("-") an aspect: general ones, and those in the words of the category."""
        return self.bank.get(f"{aspect} {sign}", ()) + self.bank.get(f"{category}: {aspect} {sign}", ())

    def phrases(self, aspect: str, use: str) -> tuple[Line, ...]:
        return self.bank[f"{aspect} {use}"]


def world_names() -> list[str]:
    return sorted(path.parent.name for path in WORLDS.glob("*/world.toml"))


def read_world(name: str, folder: Path | None = None) -> World:
    """The world of that name, or the one in `folder`.  Raises UnknownNameError or InputError."""
    if folder is None and name not in world_names():
        raise UnknownNameError(f"there is no world {name[:80]!r}", where=WORLDS, todo=f"use one of {', '.join(world_names())}")
    folder = folder or WORLDS / name
    path = folder / "world.toml"
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
        attributes = tuple(
            Attribute(key, a["label"], float(a["weight"]), a["likes"], a["dislikes"], tuple(a["values"]))
            for key, a in raw["attributes"].items()
        )
        world = World(
            name=raw["name"],
            title=raw["title"],
            first_day=raw["first_day"],
            days=raw["days"],
            categories=raw["categories"],
            attributes=attributes,
            products=_products(sorted(folder.glob("products*.csv")), attributes, raw["categories"]),
            qualities=tuple(raw["qualities"]["names"]),
            people=tuple(Person(**person) for person in raw["people"]),
            gifts=tuple(Person(**person) for person in raw["gifts"]),
            voices=tuple(Voice(name=key, **voice) for key, voice in raw["voices"].items()),
            numbers=_numbers(raw),
            bank=read_bank(sorted((folder / "sentences").glob("*.txt"))),
            sha256=_sha256(folder),
        )
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise InputError(f"this is not a world ({error})", where=path, todo="see assets/worlds/toys/world.toml") from error
    _check_bank(world, folder)
    return world


def _sha256(folder: Path) -> str:
    """One hash of all files of a world."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".toml", ".csv", ".txt"))
    return hashlib.sha256("".join(f"{path.name} {sha256_of(path)}\n" for path in files).encode()).hexdigest()


def _numbers(raw: Mapping[str, Any]) -> dict[str, float]:
    found = {**raw["model"], **raw["habits"]}
    found |= {"quality_good": raw["qualities"]["good"], "quality_bad": raw["qualities"]["bad"]}
    return {name: float(value) for name, value in found.items()}


def _products(files: list[Path], attributes: tuple[Attribute, ...], categories: Mapping[str, object]) -> tuple[Product, ...]:
    found: list[Product] = []
    index: dict[str, int] = {}
    faults: list[str] = []
    for path in files:
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                where = f"{path.name}: {row.get('name')}"
                wrong = [a.name for a in attributes if row.get(a.name) not in a.values]
                wrong += ["category"] if row.get("category") not in categories else []
                wrong += ["follows"] if row["follows"] and row["follows"] not in index else []
                wrong += ["name"] if row["name"] in index or not row["name"] else []
                wrong += [name for name in _DETAILS if not str(row.get(name)).startswith("the ")]
                if wrong or row.get(None):
                    faults.append(f"{where} ({', '.join(wrong) or 'too many columns'})")
                    continue
                index[row["name"]] = len(found)
                found.append(
                    Product(
                        name=row["name"],
                        maker=row["maker"],
                        category=row["category"],
                        price=float(row["price"]),
                        values=tuple(row[a.name] for a in attributes),
                        follows=index[row["follows"]] if row["follows"] else None,
                        details=tuple(row[name] for name in _DETAILS),
                    )
                )
    if faults or not found:
        what = f"products with a wrong field: {first_few(faults, 8)}" if faults else "there is no product"
        raise InputError(what, where=files[0].parent if files else "products.csv", todo="use the values of world.toml")
    return tuple(found)


def _check_bank(world: World, folder: Path) -> None:
    """Every section that the composer may ask for is there, and fits its use."""
    wanted = [f"{aspect} {use}" for aspect in world.value_names for use in (*_SENTENCES, *_PHRASES)]
    wanted += [f"quality={name} {use}" for name in world.qualities for use in (*_SENTENCES, *_PHRASES, "isnt")]
    wanted += [f"{DETAIL} {sign}" for sign in _SENTENCES] + [f"reason {name}" for name in _REASONS]
    wanted += [f"aside {voice}" for voice in _VOICED] + [f"summary {stars}" for stars in range(1, 6)]
    wanted += [f"closing {stars} {voice}" for stars in range(1, 6) for voice in _VOICED]
    missing = [name for name in wanted if name not in world.bank]
    if missing:
        raise InputError(f"the text bank lacks {first_few(missing)}", where=folder / "sentences", todo="write these sections")
    local = {f"{c}: quality={q} {s}" for c in world.categories for q in world.qualities for s in _SENTENCES}
    unknown = [name for name in world.bank if name not in wanted and name not in local]
    if unknown:
        raise InputError(
            f"the text bank has unknown sections: {first_few(unknown)}", where=folder / "sentences", todo="rename them"
        )
    for section, lines in world.bank.items():
        if section.split()[-1] in (*_PHRASES, "isnt") and (slotted := [line.where for line in lines if line.slots]):
            raise InputError("a phrase may have no slot", where=slotted[0], todo="write it without {...}")
