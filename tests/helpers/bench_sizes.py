"""What a benchmark checks beside its subject, in a moment instead of seconds."""

import pytest

from rdrec.bench import rank


@pytest.fixture
def small_measures(monkeypatch):
    """Brute force over 40 items."""
    monkeypatch.setattr(rank, "CHECKED_PATHS", 40)
