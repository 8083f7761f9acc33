"""A few users worth a look, each with its reason in plain words, chosen from the results and never by hand.

In: ranks of the true next purchase by the two students.  Out: user -> reason.  It knows no table and no page.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

CLEAR_DRIFT = 0.75  # share of the later purchases from which one may speak of another taste
# How reasons begin, in the order in which a page should offer them: what rationales do first.
ORDER = (
    "the largest gain", "the largest loss", "found by both", "missed by both", "a taste that drifts", "a newcomer",
    "a beam search misses", "the longest history",
)  # fmt: skip
FIRST = 10  # the places that the page shows at once: a truth within them is found, one below is missed


def featured_users(
    users: Sequence[int],
    lengths: Sequence[int],
    with_rationales: np.ndarray,
    without: np.ndarray,
    drift: np.ndarray | None = None,
    lost: np.ndarray | None = None,
) -> dict[int, str]:
    """At most eight users, fewer where a reason fits nobody.

    lengths: purchases of each; ranks: of the true next purchase as the page shows them, whole numbers, 1 is best.
    drift: how far the later purchases of each are from the earlier ones, 0 to 1, nan where that cannot be said; lost: how many
    of the exact ten best of the student with rationales a search with 20 beams does not find.
    Gain is the ratio of the two ranks, so that 2 against 20 counts as much as 20 against 200.  Equal users: the first.
    What stands before the colon is shown alone where space is short (ui/picker.py).
    """
    gain = np.log(without / with_rationales)
    better, worse = np.minimum(with_rationales, without), np.maximum(with_rationales, without)
    ranks = "the true purchase is rank {a} with them, {b} without"
    both = "the true purchase is rank {a} with rationales, {b} without"
    picks: list[tuple[int, bool, str]] = [
        (int(np.argmax(gain)), gain.max() > 0, f"the largest gain with rationales: {ranks}"),
        (int(np.argmin(gain)), gain.min() < 0, f"the largest loss with rationales: {ranks}"),
        (int(np.argmin(worse)), worse.min() <= FIRST, f"found by both students: {both}"),
        (int(np.argmax(better)), better.max() > FIRST, f"missed by both students: {both}"),
        (int(np.argmax(lengths)), True, "the longest history: {n} purchases"),
    ]
    found = np.flatnonzero(with_rationales <= FIRST)
    if len(found):
        newcomer = int(found[np.argmin(np.asarray(lengths)[found])])
        picks.append((newcomer, True, f"a newcomer: {{n}} purchases in all, and {ranks}"))
    if drift is not None and np.isfinite(drift).any():
        picks += (
            (
                int(np.nanargmax(drift)),
                np.nanmax(drift) >= CLEAR_DRIFT,
                "a taste that drifts: {d} % of the later purchases are of other categories",
            ),
        )
    if lost is not None:
        picks += (
            (
                int(np.argmax(lost)),
                lost.max() > 0,
                "a beam search misses: {m} of the exact ten best are not among its 20 beams",
            ),
        )
    reasons: dict[int, str] = {}
    for index, holds, words in picks:
        if holds:
            numbers = {"a": with_rationales[index], "b": without[index], "n": lengths[index]}
            numbers |= {"d": 0 if drift is None or np.isnan(drift[index]) else round(100 * drift[index])}
            reasons.setdefault(users[index], words.format(**numbers, m=0 if lost is None else lost[index]))
    return reasons


def in_order(reason: str) -> int:
    """Where a reason stands among those of a page; one that is not known comes last."""
    return next((place for place, words in enumerate(ORDER) if reason.startswith(words)), len(ORDER))
