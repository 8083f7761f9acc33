"""Which precomputed sets there are: those of the home and those that came with the program, read once at start.

In: the home and the program's own folder.  Out: a `Catalogue`: open stores by name, and the sets that cannot be opened,
each with its error.  Names from outside are looked up in it; no path is ever built from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rdrec.distill.answers import SHIPPED
from rdrec.home import NAME_PATTERN, Home
from rdrec.precompute.collected import KIND as COLLECTION
from rdrec.precompute.store import IN_MEMORY_BYTES, Store
from rdrec.records import RDRecError
from rdrec.storage import MANIFEST, read_manifest


@dataclass(frozen=True)
class BrokenSet:
    """A set that is there and cannot be shown."""

    name: str
    error: RDRecError


@dataclass(frozen=True)
class Catalogue:
    """The stores by name, the default one first."""

    stores: dict[str, Store]
    broken: tuple[BrokenSet, ...] = ()

    @property
    def default(self) -> str | None:
        return next(iter(self.stores), None)


def find_stores(home: Home, project: Path, first: str | None = None) -> Catalogue:
    """Open RDREC_HOME/precomputed/* and PROJECT/precomputed/*; on the same name the home's own set wins.

    `first` becomes the default; otherwise sets of real reviews come before synthetic ones, then by name.
    """
    folders: dict[str, Path] = {}
    for root in (project / "precomputed", home.root / "precomputed"):
        if root.is_dir():
            folders |= {
                path.name: path
                for path in sorted(root.iterdir())
                if NAME_PATTERN.fullmatch(path.name) and path.is_dir() and not _is_beside(path)
            }
    stores: dict[str, Store] = {}
    broken: list[BrokenSet] = []
    room = IN_MEMORY_BYTES
    for name, folder in folders.items():
        try:
            stores[name] = Store.open(folder, room)
            room -= stores[name].held_bytes
        except RDRecError as error:
            broken.append(BrokenSet(name, error))
    order = sorted(stores, key=lambda name: (name != first, stores[name].facts.synthetic, name))
    return Catalogue({name: stores[name] for name in order}, tuple(broken))


def _is_beside(folder: Path) -> bool:
    """Measurements of several sets and kept answers of teachers lie beside the sets, and are none."""
    if folder.name == SHIPPED.name and not (folder / MANIFEST).exists():
        return True
    try:
        read_manifest(folder, COLLECTION)
    except RDRecError:
        return False
    return True
