"""Which folders are precomputed sets."""

from rdrec.core.home import PROJECT, Home
from rdrec.explorer.catalogue import find_stores


def test_other_bundled_folders_are_not_broken_sets(tmp_path):
    assert all((PROJECT / "precomputed" / other).is_dir() for other in ("answers", "evidence", "dials"))
    found = find_stores(Home(tmp_path), PROJECT)
    assert list(found.stores) == ["toys"]
    assert not found.broken


def test_an_incomplete_set_is_listed_as_broken(tmp_path):
    (tmp_path / "precomputed" / "half-made").mkdir(parents=True)
    found = find_stores(Home(tmp_path), tmp_path / "nothing")
    assert [one.name for one in found.broken] == ["half-made"]
