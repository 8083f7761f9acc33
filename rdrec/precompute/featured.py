"""A few users worth a look, each with its reason in plain words, chosen from the results and never by hand.

In: ranks of the true next purchase by the two students.  Out: user -> reason.  It knows no table and no page.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def featured_users(
    users: Sequence[int], lengths: Sequence[int], with_rationales: np.ndarray, without: np.ndarray
) -> dict[int, str]:
    """At most six users.  lengths: purchases of each; ranks: of the true next purchase, 1 is best.

    Gain is the ratio of the two ranks, so that 2 against 20 counts as much as 20 against 200.  Equal users: the first.
    """
    gain = np.log(without / with_rationales)
    both = np.maximum(with_rationales, without)
    picks = (
        (int(np.argmax(gain)), "rationales help most here: the true purchase is rank {a} with them, {b} without"),
        (int(np.argmin(gain)), "rationales hurt most here: the true purchase is rank {a} with them, {b} without"),
        (int(np.argmin(both)), "both students are right or nearly so: ranks {a} and {b}"),
        (int(np.argmax(np.minimum(with_rationales, without))), "both students miss by far: ranks {a} and {b}"),
        (int(np.argmax(lengths)), "the longest history: {n} purchases"),
        (int(np.argmin(lengths)), "a newcomer: {n} purchases"),
    )
    reasons: dict[int, str] = {}
    for index, words in picks:
        text = words.format(a=round(with_rationales[index]), b=round(without[index]), n=lengths[index])
        reasons.setdefault(users[index], text)
    return reasons
