"""What a benchmark measures beside its subject, in a moment instead of seconds."""

import pytest

from rdrec.bench import floors, rank


@pytest.fixture
def small_measures(monkeypatch):
    """Rates of a small matrix product and a small copy, which takes nothing but precision from them; brute force over 40 items."""
    monkeypatch.setitem(floors.SIDES, "cpu", floors.SMALL_SIDE)
    monkeypatch.setattr(floors, "COPIED", 2**20)
    monkeypatch.setattr(rank, "CHECKED_PATHS", 40)
