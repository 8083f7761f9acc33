"""The one cut in time of the protocol `temporal`: where it lies, and what lies on each side of it.

Whole moments stay together: where many purchases share a time (a day, in the older releases), the cut is the moment that comes nearest
to the share that was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from rdrec import settings
from rdrec.records import Dataset, InputError, plural

Integers = npt.NDArray[np.int64]
DAY = 86_400


@dataclass(frozen=True)
class CutShares:
    """What is asked for: the share of all purchases after the cut, and the share in the validation stretch just before it."""

    after_cut: float
    validation_stretch: float

    @classmethod
    def default(cls) -> CutShares:
        return cls(float(settings.default("train.after_cut")), float(settings.default("train.validation_stretch")))

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


@dataclass(frozen=True)
class TimeCut:
    """Unix seconds: training ends before `validation_from`, validation before `test_from`; a purchase at `test_from` lies after the cut."""

    shares: CutShares
    validation_from: int
    test_from: int


def times_of(dataset: Dataset) -> Integers:
    """(N,) Unix seconds of the interactions.  Raises InputError where a purchase has none, or a user's are not in order of time."""
    times, user = dataset.interactions["timestamp"], dataset.interactions["user"].to_numpy()
    missing = int(times.isna().sum())
    if missing:
        partly = f"the time of every purchase; without one: {missing:,} of {len(times):,}"
        raise InputError(
            f"the protocol temporal needs {'times, and no purchase has one' if missing == len(times) else partly}",
            where=dataset.name,
            todo="import the raw reviews, or use --protocol clean; released folders carry no times",
        )
    known: Integers = times.to_numpy(dtype=np.int64)
    back = np.flatnonzero((np.diff(known) < 0) & (np.diff(user) == 0))
    if len(back):
        raise InputError(
            f"the purchases of user {user[back[0]]} are not in order of time", where=dataset.name, todo="import the set again"
        )
    return known


def cut_in_time(dataset: Dataset, shares: CutShares) -> TimeCut:
    """Where to cut.  Raises InputError for a set without times, and where nothing would be left on a side."""
    if shares.after_cut + shares.validation_stretch >= 1:
        raise InputError(
            f"{shares_in_words(shares.as_dict())} leave nothing for training",
            where=dataset.name,
            todo="give shares whose sum is below 1",
        )
    times = np.sort(times_of(dataset))
    moments, first = np.unique(times, return_index=True)  # first[i]: how many purchases lie before moments[i]
    total = len(times)
    if len(moments) < 3:
        raise InputError(
            f"the purchases have only {plural(len(moments), 'different time')}; training, validation and test need at least 3",
            where=dataset.name,
            todo="use --protocol clean",
        )
    test = _nearest(first, total * (1 - shares.after_cut), 2, len(moments))
    validation = _nearest(first[:test], first[test] - total * shares.validation_stretch, 1, test)
    return TimeCut(shares, int(moments[validation]), int(moments[test]))


def _nearest(before: Integers, wanted: float, least: int, end: int) -> int:
    """The place from `least` to `end` (exclusive) whose number of purchases before it is nearest to `wanted`."""
    return least + int(np.argmin(np.abs(before[least:end] - wanted)))


def shares_in_words(shares: Mapping[str, object]) -> str:
    """--after-cut 0.1 --validation-stretch 0.1."""
    return " ".join(f"--{name.replace('_', '-')} {value}" for name, value in shares.items())


def day(seconds: int) -> str:
    """2014-03-05, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def shares_of(facts: Mapping[str, Any] | None) -> CutShares | None:
    """The shares that were asked for, from anything that holds them by name; None for None."""
    return None if facts is None else CutShares(float(facts["after_cut"]), float(facts["validation_stretch"]))


def facts_in_words(facts: Mapping[str, Any]) -> str:
    """One or two sentences from what `ProtocolView.cut_facts` counts."""
    return (
        f"Cut at {facts['test_from']}: {facts['after_share']:.1%} of purchases lie after it; validation is the "
        f"{plural(facts['validation_days'], 'day')} before it (from {facts['validation_from']}, {facts['validation_share']:.1%} of purchases). "
        f"{plural(facts['test_users'], 'user')} tested with their first purchase after the cut; left out: "
        f"{facts['users_without_history']:,} without a purchase before it, {facts['users_without_later']:,} without one after it. "
        f"{facts['unseen_test_items']:,} of the {facts['test_users']:,} hidden purchases are of items never bought before the cut, which "
        f"nothing can predict; {facts['untrained_test_items']:,} of items that are not in training."
    )
