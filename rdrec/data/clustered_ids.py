"""Learn meaningful item numbers: similar items share the leading digits of their numbers.

The numbers 1..I are split into groups of digits from the right, as the tokenizer does ("12|101"), so the numbers with one prefix form
a block of known size.  From the left, block by block:

    leading groups   recursive 2-means with exact sizes: sort the items along the line through both means and cut where the left
                     blocks are full (given the means, no other split into these sizes has a smaller sum of squares)
    last group       the residual of an item after subtracting its block's mean, quantised with one code book for all blocks:
                     "101" means the same after "12" and after "3".  Alternates an assignment problem per block and new codes

Nothing held out is used: `learned_view` cuts histories to their training parts, and its caller passes training texts only.  The protocol
therefore keeps its name and grade.  A model that tokenises digits differently (a pretrained T5) still finds similar items close together.  The original numbering, whose
order is a leak, has no influence: items are shuffled by the seed first, which also breaks ties.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from scipy.optimize import linear_sum_assignment

from rdrec.core.arrays import Floats, Integers
from rdrec.data.item_ids import check_learned, item_ids
from rdrec.data.item_vectors import vectors_of_purchases, vectors_of_texts
from rdrec.data.splits import ProtocolView

_STREAM = 6  # random stream of this module
_ROUNDS = 30  # maximum for 2-means, which usually converges in fewer than 10
_CODE_ROUNDS = 5  # of the code book; further rounds move few items


def learned_view(view: ProtocolView, scheme: str, digits: int, texts: Sequence[tuple[int, str]] = ()) -> ProtocolView:
    """`view` with learned item numbers, using its seed.

    scheme  `clustered`: from co-purchases; `clustered-text`: from texts about the items
    digits  number of digits in one token
    texts   (item, text) of the training part, for `clustered-text`
    Raises InputError under `published`, and if there is nothing to learn from.
    """
    check_learned(scheme, view.protocol)
    n_items = view.dataset.n_items
    parts = view.training_parts
    vectors = vectors_of_purchases(parts, n_items) if scheme == "clustered" else vectors_of_texts(texts, n_items)
    return view.numbered(scheme, clustered_ids(vectors, view.seed, digits))


def clustered_ids(vectors: Floats, seed: int, digits: int) -> Integers:
    """ids[item] is the item's number, int64 (I + 1), ids[0] = 0; a permutation of 1..I.

    vectors  (I + 1, D), row 0 unused; learned from training data only
    digits   number of digits in one token
    """
    n_items, base = len(vectors) - 1, 10**digits
    shuffled = np.argsort(item_ids("shuffled", n_items, seed)[1:]) + 1  # the items in random order
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
    """The members of each block of numbers that differ only in the last group; `numbers` lie within one multiple of `width`."""
    if width == base:
        yield members, numbers
        return
    inner = width // base
    cuts = [numbers.start, *range((numbers.start // inner + 1) * inner, numbers.stop, inner), numbers.stop]
    parts = [range(begin, end) for begin, end in pairwise(cuts)]
    for held, part in _partition(points, members, parts, rng):
        yield from _blocks(points, held, part, inner, base, rng)


def _partition(
    points: Floats, members: Integers, parts: Sequence[range], rng: np.random.Generator
) -> Iterator[tuple[Integers, range]]:
    """Distribute the members over the parts according to their sizes, by recursive halving."""
    if len(parts) == 1:
        yield members, parts[0]
        return
    middle = len(parts) // 2
    left, right = _two_means(points, members, sum(map(len, parts[:middle])), rng)
    yield from _partition(points, left, parts[:middle], rng)
    yield from _partition(points, right, parts[middle:], rng)


def _two_means(points: Floats, members: Integers, size: int, rng: np.random.Generator) -> tuple[Integers, Integers]:
    """Split off `size` members: start along the principal axis, then reassign by distance to the two means until stable."""
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
    """The number of each member of each block, using one code book for the last group of digits."""
    left_over = [points[members] - points[members].mean(axis=0) for members, _ in blocks]
    slots = [np.arange(numbers.start, numbers.stop) % base for _, numbers in blocks]
    codes = np.zeros((base, points.shape[1]))
    first = int(np.argmax([len(members) for members, _ in blocks]))
    singles = [range(number, number + 1) for number in blocks[first][1]]  # initial codes: one block, similar items adjacent
    places = np.arange(len(blocks[first][0]))
    start = [int(held[0]) for held, _ in _partition(left_over[first], places, singles, rng)]
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
    """place[i]: the row of `codes` assigned to row i of `rest`, each used once, minimising the sum of squared distances."""
    cost = (codes**2).sum(axis=1) - 2 * rest @ codes.T
    return linear_sum_assignment(cost)[1].astype(np.int64)
