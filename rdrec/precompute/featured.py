"""A few users worth a look, each with its reason in plain words, chosen from the results and never by hand.

In: ranks of the true next purchase by the two students.  Out: user -> reason.  It knows no table and no page.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

FIRST = 10  # the places that the page shows at once: a truth within them is found, one below is missed


def featured_users(
    users: Sequence[int], lengths: Sequence[int], with_rationales: np.ndarray, without: np.ndarray
) -> dict[int, str]:
    """At most five users, fewer where a reason fits nobody.

    lengths: purchases of each; ranks: of the true next purchase as the page shows them, whole numbers, 1 is best.
    Gain is the ratio of the two ranks, so that 2 against 20 counts as much as 20 against 200.  Equal users: the first.
    What stands before the colon is shown alone where space is short (ui/picker.py).
    """
    gain = np.log(without / with_rationales)
    better, worse = np.minimum(with_rationales, without), np.maximum(with_rationales, without)
    ranks = "the true purchase is rank {a} with them, {b} without"
    both = "the true purchase is rank {a} with rationales, {b} without"
    picks = (
        (int(np.argmax(gain)), gain.max() > 0, f"the largest gain with rationales: {ranks}"),
        (int(np.argmin(gain)), gain.min() < 0, f"the largest loss with rationales: {ranks}"),
        (int(np.argmin(worse)), worse.min() <= FIRST, f"found by both students: {both}"),
        (int(np.argmax(better)), better.max() > FIRST, f"missed by both students: {both}"),
        (int(np.argmax(lengths)), True, "the longest history: {n} purchases"),
    )
    reasons: dict[int, str] = {}
    for index, holds, words in picks:
        if holds:
            reasons.setdefault(users[index], words.format(a=with_rationales[index], b=without[index], n=lengths[index]))
    return reasons
