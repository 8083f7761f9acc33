"""Open all precomputed sets at startup: those of the home and the bundled ones.

Names from outside are only looked up here; paths are never built from them.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rdrec.core.home import NAME_PATTERN, Home
from rdrec.core.records import ArtefactError, RDRecError
from rdrec.core.storage import MANIFEST, read_manifest
from rdrec.core.vocabulary import COLLECTION_KIND, DIALS_KIND
from rdrec.explorer.store import Store
from rdrec.explorer.tables import IN_MEMORY_BYTES
from rdrec.teachers.answers import SHIPPED

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class BrokenSet:
    """A set that cannot be shown, with its error."""

    name: str
    error: RDRecError


@dataclass(frozen=True)
class Catalogue:
    """Open stores by name, the default one first, and broken sets."""

    stores: dict[str, Store]
    broken: tuple[BrokenSet, ...] = ()

    @property
    def default(self) -> str | None:
        """The data set of the first view; None if there is none."""
        return next(iter(self.stores), None)

    def prepare(self) -> None:
        """Preload what the first view needs from the default set; a table that cannot be read is reported by the view itself."""
        if self.default is not None:
            with suppress(RDRecError):
                self.stores[self.default].prepare()


def find_stores(home: Home, project: Path, first: str | None = None) -> Catalogue:
    """Open RDREC_HOME/precomputed/* and PROJECT/precomputed/*; sets of the home take precedence over bundled ones of the same name.

    first  becomes the default; otherwise real data comes before synthetic data, then by name
    """
    folders: dict[str, Path] = {}
    for root in (project / "precomputed", home.root / "precomputed"):
        if root.is_dir():
            folders |= {
                path.name: path
                for path in sorted(root.iterdir())
                if NAME_PATTERN.fullmatch(path.name) and path.is_dir() and not _is_other_folder(path)
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
        except Exception as error:  # a broken set must never stop the page; the page names it, the log has the traceback
            LOG.warning("the set %s cannot be opened", name, exc_info=error)
            reason = f"it cannot be opened ({type(error).__name__}: {' '.join(str(error).split())[:200]})"
            broken.append(
                BrokenSet(name, ArtefactError(reason, where=folder, todo="make it again with: python -m rdrec precompute"))
            )
    order = sorted(stores, key=lambda name: (name != first, stores[name].facts.synthetic, name))
    return Catalogue({name: stores[name] for name in order}, tuple(broken))


def _is_other_folder(folder: Path) -> bool:
    """Whether a folder contains something other than a set: collected measurements, gains by dial or shipped teacher answers."""
    if folder.name == SHIPPED.name and not (folder / MANIFEST).exists():
        return True
    for kind in (COLLECTION_KIND, DIALS_KIND):
        with suppress(RDRecError, OSError):  # an unreadable folder is reported when it is opened as a set
            read_manifest(folder, kind)
            return True
    return False
