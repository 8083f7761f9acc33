"""Fixtures of the store's and the page's tests: a small precomputed set, opened."""

from pathlib import Path

import pytest
from made_set import write_set

from rdrec.core.home import Home
from rdrec.explorer.catalogue import Catalogue, find_stores
from rdrec.explorer.store import Store


@pytest.fixture(scope="session")
def gear_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with one precomputed set named gear; tests must not change it."""
    home = Home(tmp_path_factory.mktemp("home"))
    write_set(home.root / "precomputed")
    return home


@pytest.fixture(scope="session")
def store(gear_home: Home) -> Store:
    return Store.open(gear_home.precomputed("gear"))


@pytest.fixture(scope="session")
def catalogue(gear_home: Home) -> Catalogue:
    return find_stores(gear_home, Path("/nowhere"))
