"""Which folders are precomputed sets."""

import pandas as pd

from rdrec.core.home import PROJECT, Home
from rdrec.evaluation.dials import COLUMNS, write_dials
from rdrec.explorer.catalogue import find_stores


def test_other_bundled_folders_are_not_broken_sets(tmp_path):
    assert (PROJECT / "precomputed" / "answers").is_dir() and (PROJECT / "precomputed" / "evidence").is_dir()
    found = find_stores(Home(tmp_path), PROJECT)
    assert list(found.stores) == ["toys"]
    assert not found.broken


def test_an_incomplete_set_is_listed_as_broken(tmp_path):
    (tmp_path / "precomputed" / "half-made").mkdir(parents=True)
    found = find_stores(Home(tmp_path), tmp_path / "nothing")
    assert [one.name for one in found.broken] == ["half-made"]


def test_gains_by_dial_beside_the_sets_are_no_broken_set(tmp_path):
    row = ("shop", 2.5, 0.7, 9.0, 1200, 1, "baseline", 0.1, 0.0, 0.0, 0.0, *[float("nan")] * 3, "", *[float("nan")] * 2)
    write_dials(pd.DataFrame([dict(zip(COLUMNS, row, strict=True))]).astype(COLUMNS), tmp_path / "precomputed" / "dials")
    assert find_stores(Home(tmp_path / "home"), tmp_path).broken == ()
