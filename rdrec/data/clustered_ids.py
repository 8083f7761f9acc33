"""Item numbers that carry meaning: items that are alike share the leading digits of their numbers.

In: a vector for each item, learned from the training part alone; how many digits of a number a student reads at once.
Out: `ids` as of `rdrec.data.item_ids`, a permutation of 1..I.  It knows neither purchases nor texts: `item_vectors.py` reads those.

The numbers 1..I are cut into groups of digits from the right, as the tokenizer cuts them ("12|101"), so the numbers below one prefix
are a block of a known size.  From the left, block by block:

    leading groups   2-means of exact sizes, again and again: items are sorted along the line through the two means and cut where the
                     left blocks are full (given the means, no other split into these sizes has a smaller sum of squares)
    last group       what is left of an item when its block's mean is taken away decides the digits, by one code book for all
                     blocks: "101" means the same beside "12" and beside "3".  Assignment problem a block, means a digit group, in turn

Whoever reads the digits otherwise (a pretrained T5) still finds neighbours beside each other.  Nothing depends on the numbering that the
data set came with, whose order is a leak: items are shuffled first, so that ties fall as the seed says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from rdrec.data.item_ids import Integers, item_ids

Floats = npt.NDArray[np.float64]
_STREAM = 6  # this module's own stream of the seed
_ROUNDS = 30  # of 2-means at most: nearly always they stand still after fewer than 10
_CODE_ROUNDS = 5  # of the code book; later ones move few items


def clustered_ids(vectors: Floats, seed: int, digits: int) -> Integers:
    """ids[item] is the item's number, int64 (I + 1), [0] is 0.

    vectors  (I + 1, D), row 0 unused; digits  of a number that are one token
    """
    n_items, base = len(vectors) - 1, 10**digits
    shuffled = np.argsort(item_ids("shuffled", n_items, seed)[1:]) + 1  # the items, in an order that says nothing
    points, rng = vectors[shuffled], np.random.default_rng([seed, _STREAM])
    width = base ** -(-len(str(n_items)) // digits)
    blocks = list(_blocks(points, np.arange(n_items), range(1, n_items + 1), width, base, rng))
    ids = np.zeros(n_items + 1, dtype=np.int64)
    for (members, _), numbers in zip(blocks, _last_groups(points, blocks, base, rng), strict=True):
        ids[shuffled[members]] = numbers
    return ids


def _blocks(
    points: Floats, members: Integers, numbers: range, width: int, base: int, rng: np.random.Generator
) -> Iterator[tuple[Integers, range]]:
    """The members of each block of numbers that differ in the last group alone; `numbers` lie within one multiple of `width`."""
    if width == base:
        yield members, numbers
        return
    inner = width // base
    cuts = [numbers.start, *range((numbers.start // inner + 1) * inner, numbers.stop, inner), numbers.stop]
    parts = [range(begin, end) for begin, end in pairwise(cuts)]
    for held, part in _shared_out(points, members, parts, rng):
        yield from _blocks(points, held, part, inner, base, rng)


def _shared_out(
    points: Floats, members: Integers, parts: Sequence[range], rng: np.random.Generator
) -> Iterator[tuple[Integers, range]]:
    """Members for each of the parts, as many as it has numbers: the parts are halved until one is left."""
    if len(parts) == 1:
        yield members, parts[0]
        return
    middle = len(parts) // 2
    left, right = _two_means(points, members, sum(map(len, parts[:middle])), rng)
    yield from _shared_out(points, left, parts[:middle], rng)
    yield from _shared_out(points, right, parts[middle:], rng)


def _two_means(points: Floats, members: Integers, size: int, rng: np.random.Generator) -> tuple[Integers, Integers]:
    """`size` members on one side and the others: starting across the longest axis, each side's mean decides anew who is nearer."""
    own = points[members]
    centred = own - own.mean(axis=0)
    direction = np.linalg.eigh(centred.T @ centred)[1][:, -1] * rng.choice((-1, 1))
    chosen: Integers | None = None
    for _ in range(_ROUNDS):
        order = np.argsort(centred @ direction, kind="stable")
        now = np.sort(order[:size])
        if chosen is not None and np.array_equal(now, chosen):
            break
        chosen = now
        direction = own[order[size:]].mean(axis=0) - own[chosen].mean(axis=0)
    inside = np.zeros(len(members), dtype=bool)
    inside[chosen] = True
    return members[inside], members[~inside]


def _last_groups(
    points: Floats, blocks: Sequence[tuple[Integers, range]], base: int, rng: np.random.Generator
) -> list[Integers]:
    """The number of each member of each block, by one code book of the last group of digits."""
    left_over = [points[members] - points[members].mean(axis=0) for members, _ in blocks]
    slots = [np.arange(numbers.start, numbers.stop) % base for _, numbers in blocks]
    codes = np.zeros((base, points.shape[1]))
    first = int(
        np.argmax([len(members) for members, _ in blocks])
    )  # the code book starts with the items of one block, neighbours
    singles = [range(number, number + 1) for number in blocks[first][1]]  # beside each other
    places = np.arange(len(blocks[first][0]))
    start = [int(held[0]) for held, _ in _shared_out(left_over[first], places, singles, rng)]
    codes[slots[first]] = left_over[first][start]
    for _ in range(_CODE_ROUNDS):
        given = [_assigned(rest, codes[slot]) for rest, slot in zip(left_over, slots, strict=True)]
        used = np.concatenate([slot[place] for slot, place in zip(slots, given, strict=True)])
        counts = np.bincount(used, minlength=base)
        sums = np.zeros_like(codes)
        np.add.at(sums, used, np.concatenate(left_over))
        codes = sums / np.maximum(counts, 1)[:, None]
    return [numbers.start + place for (_, numbers), place in zip(blocks, given, strict=True)]


def _assigned(rest: Floats, codes: Floats) -> Integers:
    """place[i]: the row of `codes` for row i of `rest`, each used once; the smallest sum of squared distances."""
    cost = (codes**2).sum(axis=1) - 2 * rest @ codes.T
    return linear_sum_assignment(cost)[1].astype(np.int64)
