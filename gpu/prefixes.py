"""Every prefix of every training list as a sample of the next-item task, held on one device.

A prefix is a target with the items before it, at most `most` of them.  Prefixes are kept in groups of similar length, and a batch
takes a fixed number from each group in proportion to its size: batches then have fixed shapes and little padding, and every
prefix is equally likely.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from rdrec.core.arrays import Integers
from rdrec.core.records import InputError

SHORT = 6  # items of a history in the first of two groups: on Beauty and Toys three of four prefixes, and 38 % less padding


@dataclass(frozen=True)
class Group:
    """Prefixes with at most `width` items in their history.  end (R,): place of the target in `Prefixes.items`; length (R,)."""

    width: int
    end: torch.Tensor
    length: torch.Tensor

    def __len__(self) -> int:
        return len(self.end)


@dataclass(frozen=True)
class Prefixes:
    """items (N + most,): the training lists one after another, then `most` zeros."""

    items: torch.Tensor
    groups: tuple[Group, ...]

    @classmethod
    def of(cls, parts: Sequence[Integers], most: int, device: str | torch.device) -> Prefixes:
        """All prefixes of the training lists `parts`, oldest item first.  Raises InputError if no list has two items."""
        counts = np.array([len(part) for part in parts])
        place = np.concatenate([np.arange(count) for count in counts])  # of each interaction in its own list
        end, length = np.flatnonzero(place), np.minimum(place[place > 0], most)
        if not len(end):
            raise InputError("no user has two interactions to train on", todo="import a data set with longer histories")
        items = np.concatenate([*parts, np.zeros(most, dtype=np.int64)]).astype(np.int64)
        groups = []
        for least, width in ((1, min(SHORT, most)), (SHORT + 1, most)):
            chosen = (least <= length) & (length <= width)
            if chosen.any():
                groups.append(
                    Group(width, torch.from_numpy(end[chosen]).to(device), torch.from_numpy(length[chosen]).to(device))
                )
        return cls(torch.from_numpy(items).to(device), tuple(groups))

    def __len__(self) -> int:
        return sum(map(len, self.groups))

    def shares(self, rows: int) -> tuple[int, ...]:
        """How many rows of a batch of about `rows` each group gives, at least one."""
        return tuple(max(1, round(rows * len(group) / len(self))) for group in self.groups)

    def draw(self, steps: int, rows: int, generator: torch.Generator) -> tuple[torch.Tensor, ...]:
        """For each group the rows of `steps` batches, (steps, share): all prefixes in random order, as often as needed."""
        return tuple(
            _dealt(len(group), steps * share, generator).view(steps, share)
            for group, share in zip(self.groups, self.shares(rows), strict=True)
        )

    def histories(self, group: Group, rows: torch.Tensor, shortened: float = 0.0) -> tuple[torch.Tensor, torch.Tensor]:
        """Of `rows` (B,) of a group: histories (B, width), oldest first, right-padded with 0, and targets (B,).

        shortened  probability that a history keeps only its newest items, a random number of them from 1 to all
        """
        end, length = group.end[rows], group.length[rows]
        if shortened:
            kept = 1 + (torch.rand(len(rows), device=rows.device) * length).long()
            length = torch.where(torch.rand(len(rows), device=rows.device) < shortened, kept.minimum(length), length)
        offset = torch.arange(group.width, device=rows.device)
        found = self.items[(end - length)[:, None] + offset]
        return torch.where(offset < length[:, None], found, 0), self.items[end]


def _dealt(size: int, count: int, generator: torch.Generator) -> torch.Tensor:
    """`count` numbers below `size`: whole permutations, the last one cut."""
    rounds = -(-count // size)
    order = [torch.randperm(size, generator=generator, device=generator.device) for _ in range(rounds)]
    return torch.cat(order)[:count]
