"""Texts are returned in order of place, whether they were buffered in memory or on disk."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from rdrec.data.importers import text_buffer
from rdrec.data.importers.text_buffer import TextBuffer


@pytest.mark.parametrize("limit", [10**9, 2_000])
def test_texts_are_sorted_by_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    monkeypatch.setattr(text_buffer, "BLOCK_ROWS", 64)
    monkeypatch.setattr(text_buffer, "settings", SimpleNamespace(integer=lambda name: limit))
    wanted: list[tuple[str | None, str | None]] = [
        (f"review ü {n}" if n % 7 else None, f"s{n}" if n % 3 else None) for n in range(300)
    ]
    with TextBuffer(300, tmp_path) as waiting:
        for place in np.random.default_rng(0).permutation(290).tolist():  # the last ten are never put
            waiting.put(place, *wanted[place])
        assert bool(list(tmp_path.iterdir())) == (limit == 2_000)
        blocks = list(waiting.blocks())
    got = [pair for reviews, summaries in blocks for pair in zip(reviews, summaries, strict=True)]
    assert got == wanted[:290] + [(None, None)] * 10
    assert [len(reviews) for reviews, _ in blocks] == [64, 64, 64, 64, 44]
    assert not list(tmp_path.iterdir())


def test_nothing_stays_on_disk_after_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_buffer, "settings", SimpleNamespace(integer=lambda name: 100))
    with pytest.raises(KeyboardInterrupt), TextBuffer(10, tmp_path) as waiting:
        waiting.put(3, "long " * 50, None)
        assert list(tmp_path.iterdir())
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())
