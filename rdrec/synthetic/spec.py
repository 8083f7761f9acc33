"""The definition of a world: categories, attributes, products, people, model parameters and the text bank.

A world is a folder such as `assets/worlds/toys`.  Reading it checks everything; errors name the file.
An *aspect* is the topic of a sentence: an attribute value ("theme=space"), a quality ("quality=sturdy") or "detail".
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from rdrec.core.home import PROJECT
from rdrec.core.records import InputError, UnknownNameError, first_few
from rdrec.core.storage import sha256_of
from rdrec.core.untrusted import read_toml
from rdrec.synthetic.bank import Line, read_bank

WORLDS = PROJECT / "assets" / "worlds"
DETAIL = "detail"
_DETAILS = ("detail1", "detail2", "detail3")
_SENTENCES, _PHRASES = ("+", "-"), ("prefers", "avoids", "is")
MOTIVE_FRAMES = ("motive has", "motive lacks", "motive has too", "motive lacks too")
_REASONS = ("self", "gift", "follow", "popular", "whim")
_VOICED = ("chatty", "plain", "grumpy")
_MOTIVE_SLOTS, _FRAME_SLOTS = frozenset(["motive", "bare"]), frozenset(["who", "kind", "name", "maker"])
LEAST_WORDINGS = 2  # per motive; each user has two personal ones
LEAST_FRAMES = 8  # sentences per motive section; each user has a few personal ones
DIALS = {"drive": (0.0, 10.0), "names": (0.0, 1.0)}  # bounds; those of purchases depend on the world, see `World.with_dials`
_OLD_FORM = (
    "give each value its wording in the answer key as in assets/worlds/toys/world.toml; docs/worlds.md describes the format"
)
_BLUNT = {"terse": "plain"}  # terse writers use the asides and closings of plain ones


@dataclass(frozen=True)
class Attribute:
    """An attribute of products.  weight: average importance to users; likes, dislikes: number of values that one user likes or dislikes;
    motives: whether its values can be standing motives; wordings: value -> wording in the answer key."""

    name: str
    label: str
    weight: float
    likes: int
    dislikes: int
    motives: bool
    wordings: dict[str, str]

    @property
    def values(self) -> tuple[str, ...]:
        """Names of the values, in the order of the file."""
        return tuple(self.wordings)


@dataclass(frozen=True)
class Product:
    """A product.  values: one per attribute, in order; follows: index of the product that it continues, or None."""

    name: str
    maker: str
    category: str
    price: float
    values: tuple[str, ...]
    follows: int | None
    details: tuple[str, ...]


@dataclass(frozen=True)
class Person:
    """A person in reviews.  again: how they are called once introduced; defaults to `who`."""

    who: str
    he: str
    again: str = ""

    @property
    def words(self) -> dict[str, str]:
        """The pronouns and names that fill the sentences about this person."""
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
    """A way of writing reviews: its share of the writers, how many sentences it uses, and how likely an aside and a closing are."""

    name: str
    share: float
    fewest: int
    most: int
    aside: float
    closing: float

    @property
    def bank(self) -> str:
        """The voice whose asides and closings it uses."""
        return _BLUNT.get(self.name, self.name)


@dataclass(frozen=True)
class World:
    """A complete world; `world.toml` documents the units and meaning of the numbers."""

    name: str
    title: str
    first_day: dt.date
    days: int
    categories: dict[str, dict[str, str]]
    attributes: tuple[Attribute, ...]
    products: tuple[Product, ...]
    quality_wordings: dict[str, tuple[str, str]]  # (good, bad)
    detail_wordings: tuple[str, str]
    people: tuple[Person, ...]
    gifts: tuple[Person, ...]
    voices: tuple[Voice, ...]
    numbers: dict[str, float]
    bank: dict[str, tuple[Line, ...]]
    sha256: str

    @property
    def qualities(self) -> tuple[str, ...]:
        """Names of the qualities, in the order of the file."""
        return tuple(self.quality_wordings)

    @cached_property
    def value_names(self) -> tuple[str, ...]:
        """All attribute values ("theme=space"), attribute by attribute."""
        return tuple(f"{a.name}={value}" for a in self.attributes for value in a.values)

    @cached_property
    def product_values(self) -> np.ndarray:
        """(products, attributes): indices into `value_names`."""
        index = {name: place for place, name in enumerate(self.value_names)}
        return np.array(
            [[index[f"{a.name}={v}"] for a, v in zip(self.attributes, p.values, strict=True)] for p in self.products]
        )

    @cached_property
    def product_categories(self) -> np.ndarray:
        """(products,): indices into the categories."""
        names = list(self.categories)
        return np.array([names.index(product.category) for product in self.products])

    @cached_property
    def wordings(self) -> dict[str, tuple[str, str]]:
        """The answer key: aspect -> (wording if liked, wording if disliked); the two are equal for values."""
        found = {f"{a.name}={value}": (wording, wording) for a in self.attributes for value, wording in a.wordings.items()}
        return (
            found | {f"quality={name}": pair for name, pair in self.quality_wordings.items()} | {DETAIL: self.detail_wordings}
        )

    @cached_property
    def motive_values(self) -> np.ndarray:
        """(V,) bool: which values can be standing motives."""
        return np.repeat([a.motives for a in self.attributes], [len(a.values) for a in self.attributes])

    @property
    def other_weight(self) -> float:
        """The factor on all feelings that are not motives, while each motive counts `drive`."""
        return 1 / (1 + 0.6 * self.numbers["drive"])

    def with_dials(self, *, drive: float | None = None, names: float | None = None, purchases: float | None = None) -> World:
        """This world with other dials; None keeps the value of `world.toml`.  Raises InputError if one is out of bounds."""
        numbers = dict(self.numbers)
        numbers |= {name: value for name, value in (("drive", drive), ("names", names)) if value is not None}
        if purchases is not None:
            numbers["purchases_mean"] = purchases
        _check_dials(numbers, where=None)
        return replace(self, numbers=numbers)

    def sentences(self, aspect: str, sign: str, category: str) -> tuple[Line, ...]:
        """Lines that like ("+") or dislike ("-") an aspect: general ones and those of the category."""
        return self.bank.get(f"{aspect} {sign}", ()) + self.bank.get(f"{category}: {aspect} {sign}", ())

    def phrases(self, aspect: str, use: str) -> tuple[Line, ...]:
        """The sentences for one aspect and use (`likes`, `lacks` and so on)."""
        return self.bank[f"{aspect} {use}"]


def world_names() -> list[str]:
    """Names of the worlds that come with the program."""
    return sorted(path.parent.name for path in WORLDS.glob("*/world.toml"))


def read_world(name: str, folder: Path | None = None) -> World:
    """Read the world of that name, or the one in `folder`.  Raises UnknownNameError or InputError."""
    if folder is None and name not in world_names():
        raise UnknownNameError(f"there is no world {name[:80]!r}", where=WORLDS, todo=f"use one of {', '.join(world_names())}")
    folder = folder or WORLDS / name
    path = folder / "world.toml"
    try:
        raw = read_toml(path)
        _check_form(raw, path)
        attributes = tuple(
            Attribute(key, a["label"], float(a["weight"]), a["likes"], a["dislikes"], bool(a["motives"]), a["values"])
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
            quality_wordings={name: _pair(pair) for name, pair in raw["qualities"]["names"].items()},
            detail_wordings=_pair(raw["detail"]["wordings"]),
            people=tuple(Person(**person) for person in raw["people"]),
            gifts=tuple(Person(**person) for person in raw["gifts"]),
            voices=tuple(Voice(name=key, **voice) for key, voice in raw["voices"].items()),
            numbers=_numbers(raw),
            bank=read_bank(sorted((folder / "sentences").glob("*.txt"))),
            sha256=_sha256(folder),
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"cannot read this world ({error})", where=path, todo="compare it with assets/worlds/toys/world.toml"
        ) from error
    _check_dials(world.numbers, where=path)
    _check_motives(world, path)
    _check_bank(world, folder)
    return world


def world_in_words(meta: Mapping[str, Any]) -> str | None:
    """The world and its dials in words, so that results of different worlds are not mixed; None for the meta of other data sets."""
    source, options = meta.get("source"), meta.get("options", {})
    if not isinstance(source, Mapping) or "world" not in source:
        return None
    dials = [f"{name} {options[name]:g}" for name in ("drive", "names", "purchases") if options.get(name) is not None]
    files = str(source.get("world_sha256", ""))[:12]
    return ", ".join([f"invented world {source['world']} ({files})", *dials])


def _check_form(raw: Mapping[str, Any], path: Path) -> None:
    """Raise InputError for a world written before users had standing motives."""
    lists = [name for name, a in raw["attributes"].items() if not isinstance(a["values"], dict)]
    lists += [] if isinstance(raw["qualities"]["names"], dict) else ["qualities"]
    if lists:
        raise InputError(f"outdated world format: no wordings for {first_few(lists)}", where=path, todo=_OLD_FORM)
    needed = ("motives", "drive", "names", "names_second", "names_lacking")
    if missing := [name for name in needed if name not in raw["model"]]:
        raise InputError(f"outdated world format: [model] lacks {first_few(missing)}", where=path, todo=_OLD_FORM)


def _check_dials(numbers: Mapping[str, float], where: Path | None) -> None:
    least, most = numbers["purchases_least"], numbers["purchases_most"]
    bounds = DIALS | {"names_second": (0.0, 1.0), "names_lacking": (0.0, 1.0), "purchases_mean": (least, most)}
    for name, (low, high) in bounds.items():
        if not low <= numbers[name] <= high:  # also true for nan
            shown = name if where else f"--{'purchases' if name == 'purchases_mean' else name}"
            raise InputError(f"{shown} is {numbers[name]:g}", where=where, todo=f"use a number from {low:g} to {high:g}")


def _check_motives(world: World, path: Path) -> None:
    likes = sum(a.likes for a in world.attributes if a.motives)
    count = world.numbers["motives"]
    if count != int(count) or not 0 <= count <= likes:
        raise InputError(
            f"motives is {count:g}, but a user likes only {likes} values that can be motives",
            where=path,
            todo=f"use a whole number from 0 to {likes}, or set `motives` for more attributes",
        )


def _sha256(folder: Path) -> str:
    """One hash over all files of a world."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".toml", ".csv", ".txt"))
    return hashlib.sha256("".join(f"{path.name} {sha256_of(path)}\n" for path in files).encode()).hexdigest()


def _pair(wordings: Any) -> tuple[str, str]:
    """(wording if good, wording if bad) of the answer key."""
    good, bad = wordings
    return str(good), str(bad)


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
        what = f"products with invalid fields: {first_few(faults, 8)}" if faults else "there are no products"
        raise InputError(what, where=files[0].parent if files else "products.csv", todo="use the values declared in world.toml")
    return tuple(found)


def _check_bank(world: World, folder: Path) -> None:
    """Check that every section the writer may use exists and suits its use."""
    required = [f"{aspect} {use}" for aspect in world.value_names for use in (*_SENTENCES, *_PHRASES)]
    required += [f"quality={name} {use}" for name in world.qualities for use in (*_SENTENCES, *_PHRASES, "isnt")]
    required += [f"{DETAIL} {sign}" for sign in _SENTENCES] + [f"reason {name}" for name in _REASONS]
    required += [f"aside {voice}" for voice in _VOICED] + [f"summary {stars}" for stars in range(1, 6)]
    required += [f"closing {stars} {voice}" for stars in range(1, 6) for voice in _VOICED]
    required += list(MOTIVE_FRAMES)
    required += [f"{name} motive" for name, able in zip(world.value_names, world.motive_values, strict=True) if able]
    missing = [name for name in required if name not in world.bank]
    if missing:
        raise InputError(f"the text bank lacks {first_few(missing)}", where=folder / "sentences", todo="write these sections")
    local = {f"{c}: quality={q} {s}" for c in world.categories for q in world.qualities for s in _SENTENCES}
    unknown = [name for name in world.bank if name not in required and name not in local]
    if unknown:
        raise InputError(
            f"the text bank has unknown sections: {first_few(unknown)}", where=folder / "sentences", todo="rename them"
        )
    for section, lines in world.bank.items():
        if section.split()[-1] in (*_PHRASES, "isnt", "motive") and (slotted := [line.where for line in lines if line.slots]):
            raise InputError("a phrase cannot contain slots", where=slotted[0], todo="write it without {...}")
        if section not in MOTIVE_FRAMES and (strange := [line.where for line in lines if line.slots & _MOTIVE_SLOTS]):
            raise InputError(
                "{motive} and {bare} are not available here",
                where=strange[0],
                todo="use them only in [motive has] and similar sections",
            )
    _check_motive_lines(world, folder / "sentences")


def _check_motive_lines(world: World, where: Path) -> None:
    """Check that motive sentences suit every motive and that there are enough for personal ones."""
    for section in MOTIVE_FRAMES:
        for line in world.bank[section]:
            if not line.slots & _MOTIVE_SLOTS:
                raise InputError(f"a line of [{section}] names no motive", where=line.where, todo="write {motive} or {bare}")
            allowed = _MOTIVE_SLOTS | _FRAME_SLOTS - ({"who"} if section.endswith("too") else set())
            if strange := sorted(line.slots - allowed):
                raise InputError(
                    f"{{{strange[0]}}} is not available in [{section}]",
                    where=line.where,
                    todo=f"use {', '.join(sorted(allowed))}",
                )
        if sum("who" not in line.slots for line in world.bank[section]) < LEAST_FRAMES:
            raise InputError(
                f"[{section}] has fewer than {LEAST_FRAMES} lines without {{who}}",
                where=where,
                todo="add more lines without {who}",
            )
    for section, lines in world.bank.items():
        if section.endswith(" motive") and len(lines) < LEAST_WORDINGS:
            raise InputError(f"[{section}] has only one wording", where=lines[0].where, todo=f"write at least {LEAST_WORDINGS}")
