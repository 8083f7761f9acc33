"""What is held out of each user under each protocol, which number an item has, which text training may see; seeded negatives.

`published`  ids and review split as released; the last two purchases of each user are held out (leave-one-out)
`shuffled`   the same with permuted ids
`clean`      the default: permuted ids, and no text of a validation or test interaction in training, nor a copy of it
`temporal`   as `clean`, but one cut in time (`rdrec.data.time_cut`) in place of leave-one-out: training ends before the validation
             stretch, the stretch before the cut, and the test is each user's first purchase after it

`UserSplit` is the only place that decides what is trained on, validated with, shown and tested.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from rdrec import settings
from rdrec.data.item_ids import PROTOCOL, check_ids, check_learned, inverse, item_ids
from rdrec.data.text import same_text
from rdrec.data.time_cut import DAY, CutShares, TimeCut, cut_in_time, day, times_of
from rdrec.records import Dataset, InputError, first_few

Integers = npt.NDArray[np.int64]
Split = Literal["train", "val", "test"]
RowSplit = Literal["train", "val", "test", "after"]  # "after": a purchase after the cut in time that is no test
PROTOCOLS = ("published", "shuffled", "clean", "temporal")
TEMPORAL = "temporal"
HIDES_TEXT = ("clean", TEMPORAL)  # protocols that keep the texts of held-out interactions out of training
_SCHEME = {"published": "published", "shuffled": "shuffled", "clean": "shuffled", TEMPORAL: "shuffled"}
_TEXT_STREAM, _NEGATIVES_STREAM = 2, 3  # item_ids.py has stream 1 of the seed


@dataclass(frozen=True, eq=False)
class UserSplit:
    """One user's purchases, oldest first: `trained` of them for training, the rest of the first `before` for validation, then the test.

    train        items that may be trained on; the history that is shown when the validation item is asked for
    validation   the first item after them, or None
    shown        everything before the test item: the history that is shown when it is asked for
    test         the held-out item, or None
    """

    history: Integers
    trained: int
    before: int

    @property
    def train(self) -> Integers:
        return self.history[: self.trained]

    @property
    def validation(self) -> int | None:
        return int(self.history[self.trained]) if 0 < self.trained < self.before else None

    @property
    def shown(self) -> Integers:
        return self.history[: self.before]

    @property
    def test(self) -> int | None:
        return int(self.history[self.before]) if 0 < self.before < len(self.history) else None

    @property
    def rows(self) -> list[RowSplit]:
        """For each purchase what it is for."""
        train: list[RowSplit] = ["train"] * self.trained
        val: list[RowSplit] = ["val"] * (self.before - self.trained)
        rest: list[RowSplit] = ["after"] * (len(self.history) - self.before)
        if self.test is not None:
            rest[0] = "test"
        return train + val + rest


def leave_one_out(history: Integers) -> UserSplit:
    """The last of at least `data.min_leave_one_out` items is the test, the one before it validation; a shorter history is all training."""
    count = len(history)
    if count < settings.integer("data.min_leave_one_out"):
        return UserSplit(history, count, count)
    return UserSplit(history, count - 2, count - 1)


def at_the_cut(history: Integers, times: Integers, cut: TimeCut) -> UserSplit:
    """Split a history by the times of its purchases, ascending."""
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
    """A data set under a protocol.  `item_ids[item]` is the number that the student sees, `items_of[number]` the item;
    `scheme` is `PROTOCOL`, or how they were learned (`item_ids.LEARNED`)."""

    dataset: Dataset
    protocol: str
    seed: int
    item_ids: Integers  # (I + 1,), [0] is 0
    items_of: Integers  # (I + 1,), [0] is 0
    histories: list[Integers]
    scheme: str = PROTOCOL
    cut: TimeCut | None = None  # of the protocol temporal

    @cached_property
    def splits(self) -> list[UserSplit]:
        """splits[user - 1]: what of the user's purchases is for training, validation and test."""
        if self.cut is None:
            return [leave_one_out(history) for history in self.histories]
        times = _by_user(self.dataset, times_of(self.dataset))
        return [at_the_cut(history, when, self.cut) for history, when in zip(self.histories, times, strict=True)]

    @property
    def training_parts(self) -> list[Integers]:
        """What of each history may be trained on."""
        return [split.train for split in self.splits]

    @cached_property
    def row_splits(self) -> npt.NDArray[np.object_]:
        """One `RowSplit` for each interaction, in the data set's order."""
        return np.array([label for split in self.splits for label in split.rows], dtype=object)

    def cut_facts(self) -> dict[str, Any] | None:
        """Where the cut in time lies and what it does, for results to state; None under other protocols."""
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
        """The same data and protocol with learned item numbers.  Raises InputError under `published`, and for ids that are no numbering."""
        check_learned(scheme, self.protocol)
        check_ids(ids, self.dataset.n_items, self.dataset.name)
        return replace(self, item_ids=ids, items_of=inverse(ids), scheme=scheme)

    def text_rows(self, split: Split) -> pd.DataFrame:
        """The interactions with review text whose text a task may use in this split, in the data set's order."""
        return self.dataset.interactions[self._text_splits == split].reset_index(drop=True)

    @cached_property
    def _text_splits(self) -> npt.NDArray[np.object_]:
        """One of "train", "val", "test" or None for each interaction."""
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
    """The data set under one of `PROTOCOLS`; `seed` draws the permuted ids, `shares` say where `temporal` cuts (None: the settings).

    Raises InputError for an unknown protocol, and under `temporal` for a data set without times.
    """
    if protocol not in PROTOCOLS:
        raise InputError(f"there is no protocol {protocol[:40]!r}", todo=f"use one of {', '.join(PROTOCOLS)}")
    ids = item_ids(_SCHEME[protocol], dataset.n_items, seed)
    cut = cut_in_time(dataset, shares or CutShares.default()) if protocol == TEMPORAL else None
    return ProtocolView(dataset, protocol, seed, ids, inverse(ids), histories_of(dataset), cut=cut)


def draw_text_split(has_text: Sequence[bool], seed: int) -> list[str | None]:
    """The released way: 80/10/10 at random over all interactions with text, held-out ones among them."""
    rows = np.flatnonzero(has_text)
    order = np.random.default_rng([seed, _TEXT_STREAM]).permutation(rows)
    split: list[str | None] = [None] * len(has_text)
    for rank, row in enumerate(order):
        split[row] = "train" if rank < len(rows) * 0.8 else "val" if rank < len(rows) * 0.9 else "test"
    return split


def negatives(data: ProtocolView | Dataset, seed: int) -> Integers:
    """Items that each user never had, int64 (U, 99), for ranking 1 positive among 100.

    A data set that came with its negatives keeps them, whatever the seed.  Otherwise each user has an own stream of the seed:
    what one user bought never changes another's.  Raises InputError where the catalogue is too small.
    """
    dataset = data.dataset if isinstance(data, ProtocolView) else data
    if dataset.negatives is not None:
        return np.stack(dataset.negatives["negatives"].to_list())
    histories, wanted = histories_of(dataset), settings.integer("data.negatives")
    short = users_without_negatives(dataset)
    if short:
        raise InputError(
            f"the {dataset.n_items:,} items leave fewer than {wanted} that were never bought for user {first_few(short)}",
            where=dataset.name,
            todo="import with a smaller --core-items or more reviews: top-N ranking needs a larger catalogue",
        )
    drawn = np.empty((dataset.n_users, wanted), dtype=np.int64)
    for index, history in enumerate(histories):
        rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, _NEGATIVES_STREAM, index + 1])))
        places = rng.choice(dataset.n_items - len(history), wanted, replace=False)
        had = np.sort(history) - 1 - np.arange(len(history))  # how many never-bought items come before each bought one
        drawn[index] = places + np.searchsorted(had, places, side="right") + 1
    return drawn


def users_without_negatives(dataset: Dataset) -> list[int]:
    """Users who had so much of the catalogue that not enough items are left."""
    left = settings.integer("data.negatives")
    return [user for user, history in enumerate(histories_of(dataset), 1) if dataset.n_items - len(history) < left]
