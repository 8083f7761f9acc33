"""What is held out: leave-one-out, the three protocols of method section 3, and the seeded negatives.

In: a `Dataset`, a protocol, a seed.  Out: a `ProtocolView` that says which number an item has and which text training may see.
`published`: ids and review split as released.  `shuffled`: ids permuted.  `clean` (the default): ids permuted, and no text
of a validation or test interaction in training, nor a copy of it.  It knows no model and no file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from rdrec import settings
from rdrec.data.item_ids import PROTOCOL, check_ids, check_learned, inverse, item_ids
from rdrec.data.text import same_text
from rdrec.records import Dataset, InputError, first_few

Integers = npt.NDArray[np.int64]
Split = Literal["train", "val", "test"]
PROTOCOLS = ("published", "shuffled", "clean")
_SCHEME = {"published": "published", "shuffled": "shuffled", "clean": "shuffled"}
_TEXT_STREAM, _NEGATIVES_STREAM = 2, 3  # item_ids.py has stream 1 of the seed


@dataclass(frozen=True)
class LeaveOneOut:
    """One history: the last item is the test, the one before it validation; nothing is held out of a too short one."""

    train: Integers
    validation: int | None
    test: int | None


def leave_one_out(history: Integers) -> LeaveOneOut:
    """Split a history (items, oldest first) of at least `data.min_leave_one_out` items; a shorter one is all training."""
    if len(history) < settings.integer("data.min_leave_one_out"):
        return LeaveOneOut(history, None, None)
    return LeaveOneOut(history[:-2], int(history[-2]), int(history[-1]))


def histories_of(dataset: Dataset) -> list[Integers]:
    """histories[user - 1] = all items of the user, oldest first, int64."""
    user = dataset.interactions["user"].to_numpy()
    return np.split(dataset.interactions["item"].to_numpy(), np.flatnonzero(np.diff(user)) + 1)


def training_parts(histories: Sequence[Integers]) -> list[Integers]:
    """What of each history may be trained on."""
    return [leave_one_out(history).train for history in histories]


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
        if self.protocol != "clean":
            released = rows["text_split"].to_numpy(dtype=object, copy=True)
            released[~has_text] = None
            return released
        lengths = np.repeat([len(history) for history in self.histories], [len(history) for history in self.histories])
        from_end = lengths - rows["position"].to_numpy()  # 1 for the last
        held_out = (lengths >= settings.integer("data.min_leave_one_out")) & (from_end <= 2)
        split = np.where(held_out, np.where(from_end == 1, "test", "val"), "train").astype(object)
        split[~has_text] = None
        texts = np.array([same_text(text) if isinstance(text, str) else None for text in rows["review"]], dtype=object)
        secret = set(texts[held_out & has_text])
        copied = np.fromiter((text in secret for text in texts), dtype=bool, count=len(texts))
        split[copied & ~held_out] = None
        return split


def protocol_view(dataset: Dataset, protocol: str = "clean", seed: int = 0) -> ProtocolView:
    """The data set under one of `PROTOCOLS`; `seed` draws the permuted ids."""
    if protocol not in PROTOCOLS:
        raise InputError(f"there is no protocol {protocol[:40]!r}", todo=f"use one of {', '.join(PROTOCOLS)}")
    ids = item_ids(_SCHEME[protocol], dataset.n_items, seed)
    return ProtocolView(dataset, protocol, seed, ids, inverse(ids), histories_of(dataset))


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
