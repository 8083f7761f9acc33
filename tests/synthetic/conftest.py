"""The bundled world, one shop of it, and a small generated data set."""

import pytest

from rdrec.core.home import Home
from rdrec.synthetic.make import MakePlan, make
from rdrec.synthetic.spec import read_world
from rdrec.synthetic.tastes import Shop


@pytest.fixture(scope="session")
def toys():
    return read_world("toys")


@pytest.fixture(scope="session")
def shop(toys):
    return Shop(toys, 0)


@pytest.fixture(scope="session")
def made_home(toys, tmp_path_factory):
    """150 users of the bundled world, as written by `data make --users 150`."""
    home = Home(tmp_path_factory.mktemp("world"))
    make(home, MakePlan(toys, "toys", 150, 0), progress=False)
    return home
