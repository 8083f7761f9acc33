"""Protocols: what is held out, how items are numbered, which text may be trained on; and seeded negatives.

`published`  ids and review split as released; each user's last two items are held out (leave-one-out)
`shuffled`   the same with permuted ids
`clean`      the default: permuted ids, and no text of a held-out interaction, nor a copy of it, in training
`temporal`   like `clean`, but with one temporal cut (`rdrec.data.time_cut`) instead of leave-one-out: training ends before the
             validation period, which ends at the cut; the test item is each user's first one after it

`UserSplit` alone decides what is trained on, validated, shown and tested.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from rdrec.core import settings
from rdrec.core.arrays import Integers
from rdrec.core.records import Dataset, InputError, first_few
from rdrec.core.vocabulary import PROTOCOLS, TEMPORAL, Split
from rdrec.data.item_ids import PROTOCOL, check_ids, check_learned, item_ids
from rdrec.data.text import same_text
from rdrec.data.time_cut import DAY, CutShares, TimeCut, cut_in_time, day, times_of

RowSplit = Literal["train", "val", "test", "after"]  # "after": after the temporal cut but not tested
HIDES_TEXT = ("clean", TEMPORAL)  # protocols that keep the texts of held-out interactions out of training
_SCHEME = {"published": "published", "shuffled": "shuffled", "clean": "shuffled", TEMPORAL: "shuffled"}
_TEXT_STREAM, _NEGATIVES_STREAM = 2, 3  # random streams; item_ids.py uses 1


@dataclass(frozen=True, eq=False)
class UserSplit:
    """One user's items, oldest first: `trained` items for training, validation up to `before`, then the test item."""

    history: Integers
    trained: int
    before: int

    @property
    def train(self) -> Integers:
        """Items that may be trained on; the history shown for the validation item."""
        return self.history[: self.trained]

    @property
    def validation(self) -> int | None:
        """The first item after those for training, or None."""
        return int(self.history[self.trained]) if 0 < self.trained < self.before else None

    @property
    def shown(self) -> Integers:
        """All items before the test item; the history shown for it."""
        return self.history[: self.before]

    @property
    def test(self) -> int | None:
        """The held-out item, or None."""
        return int(self.history[self.before]) if 0 < self.before < len(self.history) else None

    @property
    def rows(self) -> list[RowSplit]:
        """The role of each interaction."""
        train: list[RowSplit] = ["train"] * self.trained
        val: list[RowSplit] = ["val"] * (self.before - self.trained)
        rest: list[RowSplit] = ["after"] * (len(self.history) - self.before)
        if self.test is not None:
            rest[0] = "test"
        return train + val + rest


def leave_one_out(history: Integers) -> UserSplit:
    """Hold out the last item for testing and the one before for validation; histories below `data.min_leave_one_out` are all training."""
    count = len(history)
    if count < settings.integer("data.min_leave_one_out"):
        return UserSplit(history, count, count)
    return UserSplit(history, count - 2, count - 1)


def split_at_cut(history: Integers, times: Integers, cut: TimeCut) -> UserSplit:
    """Split a history by the ascending times of its interactions."""
    trained, before = np.searchsorted(times, [cut.validation_from, cut.test_from])
    return UserSplit(history, int(trained), int(before))


def histories_of(dataset: Dataset) -> list[Integers]:
    """histories[user - 1] = all items of the user, oldest first, int64."""
    return _by_user(dataset, dataset.interactions["item"].to_numpy())


def _by_user(dataset: Dataset, values: Integers) -> list[Integers]:
    user = dataset.interactions["user"].to_numpy()
    return np.split(values, np.flatnonzero(np.diff(user)) + 1)


@dataclass(frozen=True, eq=False)
class ProtocolView:
    """A data set under a protocol.

    item_ids[item] is the number that the student sees; scheme: `PROTOCOL`, or how the numbers were learned (`item_ids.LEARNED`).
    """

    dataset: Dataset
    protocol: str
    seed: int
    item_ids: Integers  # (I + 1,), [0] is 0
    histories: list[Integers]
    scheme: str = PROTOCOL
    cut: TimeCut | None = None  # only for the protocol temporal

    @cached_property
    def splits(self) -> list[UserSplit]:
        """splits[user - 1]: the user's training, validation and test items."""
        if self.cut is None:
            return [leave_one_out(history) for history in self.histories]
        times = _by_user(self.dataset, times_of(self.dataset))
        return [split_at_cut(history, when, self.cut) for history, when in zip(self.histories, times, strict=True)]

    @property
    def training_parts(self) -> list[Integers]:
        """The part of each history that may be trained on."""
        return [split.train for split in self.splits]

    @cached_property
    def row_splits(self) -> npt.NDArray[np.object_]:
        """The `RowSplit` of each interaction, in the order of the data set."""
        return np.array([label for split in self.splits for label in split.rows], dtype=object)

    def cut_facts(self) -> dict[str, Any] | None:
        """Where the temporal cut lies and what it does, for reporting; None under other protocols."""
        if self.cut is None:
            return None
        rows, total = self.row_splits, len(self.row_splits)
        before = np.unique(np.concatenate([split.shown for split in self.splits]))
        trained = np.unique(np.concatenate(self.training_parts))
        tests = [split.test for split in self.splits if split.test is not None]
        return {
            **self.cut.shares.as_dict(),
            "validation_from": day(self.cut.validation_from),
            "test_from": day(self.cut.test_from),
            "validation_days": round((self.cut.test_from - self.cut.validation_from) / DAY),
            "after_share": round(float(np.isin(rows, ("test", "after")).mean()), 6),
            "validation_share": round(float((rows == "val").sum() / total), 6),
            "test_users": len(tests),
            "users_without_history": sum(split.before == 0 for split in self.splits),
            "users_without_later": sum(split.before == len(split.history) for split in self.splits),
            "unseen_test_items": int((~np.isin(tests, before)).sum()),
            "untrained_test_items": int((~np.isin(tests, trained)).sum()),
        }

    def numbered(self, scheme: str, ids: Integers) -> ProtocolView:
        """The same view with learned item numbers.  Raises InputError under `published`, and for invalid ids."""
        check_learned(scheme, self.protocol)
        check_ids(ids, self.dataset.n_items, self.dataset.name)
        return replace(self, item_ids=ids, scheme=scheme)

    def text_rows(self, split: Split) -> pd.DataFrame:
        """Interactions whose review text may be used in this split, in the order of the data set."""
        return self.dataset.interactions[self._text_splits == split].reset_index(drop=True)

    @cached_property
    def _text_splits(self) -> npt.NDArray[np.object_]:
        """ "train", "val", "test" or None for each interaction."""
        rows = self.dataset.interactions
        has_text = rows["review"].notna().to_numpy()
        if self.protocol not in HIDES_TEXT:
            released = rows["text_split"].to_numpy(dtype=object, copy=True)
            released[~has_text] = None
            return released
        held_out = self.row_splits != "train"
        split = self.row_splits.copy()
        split[split == "after"] = None
        split[~has_text] = None
        texts = np.array([same_text(text) if isinstance(text, str) else None for text in rows["review"]], dtype=object)
        secret = set(texts[held_out & has_text])
        copied = np.fromiter((text in secret for text in texts), dtype=bool, count=len(texts))
        split[copied & ~held_out] = None
        return split


def protocol_view(dataset: Dataset, protocol: str = "clean", seed: int = 0, shares: CutShares | None = None) -> ProtocolView:
    """A data set under one of `PROTOCOLS`; `seed` draws permuted ids, `shares` set the cut of `temporal` (None: the settings).

    Raises InputError for an unknown protocol, and for `temporal` without times.
    """
    if protocol not in PROTOCOLS:
        raise InputError(f"unknown protocol {protocol[:40]!r}", todo=f"use one of {', '.join(PROTOCOLS)}")
    ids = item_ids(_SCHEME[protocol], dataset.n_items, seed)
    cut = cut_in_time(dataset, shares or CutShares.default()) if protocol == TEMPORAL else None
    return ProtocolView(dataset, protocol, seed, ids, histories_of(dataset), cut=cut)


def draw_text_split(has_text: Sequence[bool], seed: int) -> list[str | None]:
    """The released split: 80/10/10 at random over all interactions with text, including held-out ones."""
    rows = np.flatnonzero(has_text)
    order = np.random.default_rng([seed, _TEXT_STREAM]).permutation(rows)
    split: list[str | None] = [None] * len(has_text)
    for rank, row in enumerate(order):
        split[row] = "train" if rank < len(rows) * 0.8 else "val" if rank < len(rows) * 0.9 else "test"
    return split


def negatives(dataset: Dataset, seed: int) -> Integers:
    """Items that each user never bought, int64 (U, 99), for ranking 1 positive among 100 candidates.

    Negatives that came with the data set are kept for any seed.  Otherwise each user has a random stream of their own, so that users do not
    affect each other.  Raises InputError if the catalogue is too small.
    """
    if dataset.negatives is not None:
        return np.stack(dataset.negatives["negatives"].to_list())
    histories, count = histories_of(dataset), settings.integer("data.negatives")
    short = users_without_negatives(dataset)
    if short:
        raise InputError(
            f"fewer than {count} of the {dataset.n_items:,} items remain unbought for user {first_few(short)}",
            where=dataset.name,
            todo="import with a smaller --core-items or more reviews: top-N ranking needs a larger catalogue",
        )
    drawn = np.empty((dataset.n_users, count), dtype=np.int64)
    for index, history in enumerate(histories):
        rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, _NEGATIVES_STREAM, index + 1])))
        places = rng.choice(dataset.n_items - len(history), count, replace=False)
        unbought = np.sort(history) - 1 - np.arange(len(history))  # number of unbought items before each bought one
        drawn[index] = places + np.searchsorted(unbought, places, side="right") + 1
    return drawn


def users_without_negatives(dataset: Dataset) -> list[int]:
    """Users who bought so much of the catalogue that too few items remain."""
    needed = settings.integer("data.negatives")
    return [user for user, history in enumerate(histories_of(dataset), 1) if dataset.n_items - len(history) < needed]
