"""The temporal cut of the protocol `temporal`.

Interactions with the same time (a day, in older releases) stay together, so the cut is the time closest to the requested share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from rdrec.core import settings
from rdrec.core.arrays import Integers
from rdrec.core.records import Dataset, InputError, plural

DAY = 86_400


@dataclass(frozen=True)
class CutShares:
    """Requested shares of all interactions: after the cut, and in the validation period just before it."""

    after_cut: float
    validation_stretch: float

    @classmethod
    def default(cls) -> CutShares:
        """The shares that the settings state."""
        return cls(float(settings.default("train.after_cut")), float(settings.default("train.validation_stretch")))

    def as_dict(self) -> dict[str, float]:
        """The shares by name, for a manifest."""
        return asdict(self)


@dataclass(frozen=True)
class TimeCut:
    """Unix seconds: training ends before `validation_from`, validation before `test_from`; an interaction at `test_from` is after the cut."""

    shares: CutShares
    validation_from: int
    test_from: int


def times_of(dataset: Dataset) -> Integers:
    """(N,) Unix seconds of the interactions.  Raises InputError if one has no time or a user's are not in order."""
    times, user = dataset.interactions["timestamp"], dataset.interactions["user"].to_numpy()
    missing = int(times.isna().sum())
    if missing:
        count = "no interaction has one" if missing == len(times) else f"{missing:,} of {len(times):,} interactions have none"
        raise InputError(
            f"the protocol temporal needs times, but {count}",
            where=dataset.name,
            todo="import the raw reviews or use --protocol clean; released folders have no times",
        )
    known: Integers = times.to_numpy(dtype=np.int64)
    back = np.flatnonzero((np.diff(known) < 0) & (np.diff(user) == 0))
    if len(back):
        raise InputError(
            f"the interactions of user {user[back[0]]} are not in order of time",
            where=dataset.name,
            todo="import the data set again",
        )
    return known


def cut_in_time(dataset: Dataset, shares: CutShares) -> TimeCut:
    """Choose the cut.  Raises InputError for a data set without times, and if nothing would be left on one side."""
    if shares.after_cut + shares.validation_stretch >= 1:
        raise InputError(
            f"{shares_in_words(shares.as_dict())} leave nothing for training",
            where=dataset.name,
            todo="use shares with a sum below 1",
        )
    times = np.sort(times_of(dataset))
    moments, first = np.unique(times, return_index=True)  # first[i]: number of interactions before moments[i]
    total = len(times)
    if len(moments) < 3:
        raise InputError(
            f"the interactions have only {plural(len(moments), 'different time')}, but training, validation and test need at least 3",
            where=dataset.name,
            todo="use --protocol clean",
        )
    test = _nearest(first, total * (1 - shares.after_cut), 2, len(moments))
    validation = _nearest(first[:test], first[test] - total * shares.validation_stretch, 1, test)
    return TimeCut(shares, int(moments[validation]), int(moments[test]))


def _nearest(before: Integers, target: float, least: int, end: int) -> int:
    """The index in [least, end) whose number of earlier interactions is closest to `target`."""
    return least + int(np.argmin(np.abs(before[least:end] - target)))


def shares_in_words(shares: Mapping[str, object]) -> str:
    """Format as options: --after-cut 0.1 --validation-stretch 0.1."""
    return " ".join(f"--{name.replace('_', '-')} {value}" for name, value in shares.items())


def day(seconds: int) -> str:
    """The UTC date, as in 2014-03-05."""
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def shares_of(facts: Mapping[str, Any] | None) -> CutShares | None:
    """The requested shares recorded in `facts`; None for None."""
    return None if facts is None else CutShares(float(facts["after_cut"]), float(facts["validation_stretch"]))


def facts_in_words(facts: Mapping[str, Any]) -> str:
    """Describe the facts from `ProtocolView.cut_facts` in a few sentences."""
    return (
        f"Cut at {facts['test_from']}: {facts['after_share']:.1%} of purchases lie after it; validation is the "
        f"{plural(facts['validation_days'], 'day')} before it (from {facts['validation_from']}, {facts['validation_share']:.1%} of purchases). "
        f"{plural(facts['test_users'], 'user')} tested on their first purchase after the cut; left out: "
        f"{facts['users_without_history']:,} without a purchase before it, {facts['users_without_later']:,} without one after it. "
        f"{facts['unseen_test_items']:,} of the {facts['test_users']:,} held-out purchases are of items never bought before the cut, which "
        f"no model can predict; {facts['untrained_test_items']:,} are of items not in training."
    )
