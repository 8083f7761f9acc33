"""Which folders beside each other are sets of a page."""

from rdrec.home import PROJECT, Home
from rdrec.precompute.catalogue import find_stores


def test_what_lies_beside_the_shipped_sets_is_no_broken_set(tmp_path):
    assert (PROJECT / "precomputed" / "answers").is_dir() and (PROJECT / "precomputed" / "evidence").is_dir()
    found = find_stores(Home(tmp_path), PROJECT)
    assert list(found.stores) == ["toys"]
    assert not found.broken


def test_a_set_that_was_not_finished_is_named(tmp_path):
    (tmp_path / "precomputed" / "half-made").mkdir(parents=True)
    found = find_stores(Home(tmp_path), tmp_path / "nothing")
    assert [one.name for one in found.broken] == ["half-made"]
