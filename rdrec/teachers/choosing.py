"""Which reviews a run reads: all, those of some users, or one of several shards.

Shards are divided by user number, so a user's reviews stay together, and every review is in exactly one shard.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rdrec.core.records import InputError, Review
from rdrec.core.settings import integer

_RANGE = re.compile(r"([0-9]{1,9})(?:-([0-9]{1,9}))?")
_SHARD = re.compile(r"([0-9]{1,5})/([0-9]{1,5})")


@dataclass(frozen=True)
class Choice:
    """users: ranges of user numbers, both ends included; shard: (which, of how many), counted from 1."""

    users: tuple[tuple[int, int], ...] = ()
    shard: tuple[int, int] | None = None

    def shard_of(self, reviews: Sequence[Review]) -> list[Review]:
        """The reviews of the shard in their order; all reviews without a shard."""
        if self.shard is None:
            return list(reviews)
        which, of = self.shard
        return [review for review in reviews if review.user % of == which - 1]

    def of(self, reviews: Sequence[Review]) -> list[Review]:
        """The chosen reviews in their order.  Raises InputError if none of the users has one; a shard may be empty."""
        chosen = [
            review
            for review in self.shard_of(reviews)
            if not self.users or any(first <= review.user <= last for first, last in self.users)
        ]
        if self.users and not chosen:
            raise InputError("none of the chosen users has a review", where="--users", todo="choose other users")
        return chosen


ALL = Choice()


def parse_choice(users: str | None, shard: str | None) -> Choice:
    """Parse `users` such as "1-500,731" and `shard` such as "2/8".  Raises InputError for anything else."""
    return Choice(() if users is None else _users(users), None if shard is None else _shard(shard))


def _users(text: str) -> tuple[tuple[int, int], ...]:
    ranges = []
    for part in text.split(","):
        found = _RANGE.fullmatch(part.strip())
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
        if not 1 <= first <= last:
            raise InputError(
                f"{part[:40]!r} is not a range of users", where="--users", todo='write user numbers like "1-500,731"'
            )
        ranges.append((first, last))
    return tuple(ranges)


def _shard(text: str) -> tuple[int, int]:
    found = _SHARD.fullmatch(text)
    which, of = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= which <= of <= integer("distill.max_shards"):
        raise InputError(
            f"{text[:40]!r} is not a shard",
            where="--shard",
            todo=f'write "2/8", of at most {integer("distill.max_shards"):,} shards',
        )
    return which, of
