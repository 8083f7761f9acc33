"""Compare a live ranking with the precomputed one, in words."""

from __future__ import annotations

from collections.abc import Sequence

from rdrec.core.plain_text import plain
from rdrec.explorer import sentences
from rdrec.explorer.answers import Prediction, Truth
from rdrec.explorer.live_runner import LiveStudent
from rdrec.explorer.store import Store, name

NEAR = 0.001  # probabilities less than 0.1 % apart before calibration, relative to the larger, are a near tie


def compare(store: Store, live: LiveStudent, stored: Sequence[Prediction], truth: Truth | None) -> str:
    """Whether the ranking is the same, the same up to near ties, or where it first differs."""
    if not stored:
        return "no precomputed ranking to compare with"
    expected = [prediction.item.item for prediction in stored]
    got = list(live.items[: len(expected)])
    odds = {prediction.item.item: prediction.probability for prediction in stored}
    temperature = max(_temperatures(store, live.role), default=1.0)
    for place, (a, b) in enumerate(zip(got, expected, strict=False), start=1):
        # an item below the stored ranks has no stored probability, so its live one is used
        if a != b and not _near(odds.get(a, live.probabilities[place - 1]), odds[b], temperature):
            common = len(set(got) & set(expected))
            names = {"live": plain(name(store.item(a)), 60), "stored": plain(name(store.item(b)), 60)}
            return sentences.LIVE_NOT_SAME.format(place=place, common=common, top=len(expected), **names)
    if len(got) < len(expected):
        return sentences.LIVE_NOT_SAME.format(
            place=len(got) + 1,
            live="nothing",
            stored=plain(name(store.item(expected[len(got)])), 60),
            common=len(got),
            top=len(expected),
        )
    same = got == expected
    if truth is not None and live.truth_rank is not None and live.truth_rank != truth.rank:
        if live.truth_rank > len(stored) or not _near(stored[live.truth_rank - 1].probability, truth.probability, temperature):
            moved = sentences.LIVE_TRUTH_MOVED if same else sentences.LIVE_NEAR_TRUTH_MOVED
            return moved.format(top=len(expected), live=live.truth_rank, stored=truth.rank)
        same = False
    return sentences.LIVE_SAME if same else sentences.LIVE_NEAR


def _temperatures(store: Store, role: str) -> list[float]:
    return [one for student in store.facts.students if student.role == role for one in student.temperatures.values()]


def _near(a: float, b: float, temperature: float = 1.0) -> bool:
    """Whether rounding on another device could swap items with these probabilities, which a temperature moved closer together."""
    return max(temperature, 1.0) * abs(a - b) < NEAR * max(a, b)
