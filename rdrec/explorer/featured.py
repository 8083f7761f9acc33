"""Select a few interesting users from the results, each with a reason."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

CLEAR_DRIFT = 0.75  # share of later purchases in new categories that counts as a changed taste
# First words of the reasons, in display order: the effects of rationales come first.
ORDER = (
    "the largest gain", "the largest loss", "found by both", "missed by both", "a taste that drifts", "a newcomer",
    "a beam search misses", "the longest history",
)  # fmt: skip
FIRST = 10  # ranks that the page shows at first; a true item ranked lower counts as missed


def featured_users(
    users: Sequence[int],
    lengths: Sequence[int],
    with_rationales: np.ndarray,
    without: np.ndarray,
    drift: np.ndarray | None = None,
    lost: np.ndarray | None = None,
    described: np.ndarray | None = None,
) -> dict[int, str]:
    """user -> reason, for at most eight users; reasons that fit nobody are left out.

    lengths                    number of interactions of each user
    with_rationales, without   displayed rank of the true item, from 1
    drift                      how far later purchases differ from earlier ones, 0 to 1, nan if unknown
    lost                       how many of the exact top ten of the student with rationales a search with 20 beams misses
    described                  whether all that this student says about the user is true; an example of a gain should show why there
                               is one, so it is chosen among these if any of them gains, and says so
    The gain is the ratio of the ranks, so that 2 against 20 counts as much as 20 against 200.  Ties go to the first user.  If space is
    short, only the text before the colon is shown (ui/explore/picker.py).
    """
    gain = np.log(without / with_rationales)
    better, worse = np.minimum(with_rationales, without), np.maximum(with_rationales, without)
    ranks = "the true purchase is rank {a} with them, {b} without"
    both = "the true purchase is rank {a} with rationales, {b} without"
    explained, largest = gain, f"the largest gain with rationales: {ranks}"
    if described is not None and gain[described].max(initial=0.0) > 0:
        explained = np.where(described, gain, 0.0)
        largest = "the largest gain among shoppers described correctly: rank {a} with rationales, {b} without"
    picks: list[tuple[int, bool, str]] = [
        (int(np.argmax(explained)), explained.max() > 0, largest),
        (int(np.argmin(gain)), gain.min() < 0, f"the largest loss with rationales: {ranks}"),
        (int(np.argmin(worse)), worse.min() <= FIRST, f"found by both students: {both}"),
        (int(np.argmax(better)), better.max() > FIRST, f"missed by both students: {both}"),
        (int(np.argmax(lengths)), True, "the longest history: {n} purchases"),
    ]
    found = np.flatnonzero(with_rationales <= FIRST)
    if len(found):
        newcomer = int(found[np.argmin(np.asarray(lengths)[found])])
        picks.append((newcomer, True, f"a newcomer: {{n}} purchases in all; {both}"))
    if drift is not None and np.isfinite(drift).any():
        words = "a taste that drifts: {d} % of the newer half of the purchases are of categories that the older half lacks"
        picks.append((int(np.nanargmax(drift)), np.nanmax(drift) >= CLEAR_DRIFT, words))
    if lost is not None:
        words = "a beam search misses: {m} of the exact ten best are not among its 20 beams"
        picks.append((int(np.argmax(lost)), lost.max() > 0, words))
    reasons: dict[int, str] = {}
    for index, holds, words in picks:
        if holds:
            numbers = {"a": with_rationales[index], "b": without[index], "n": lengths[index]}
            numbers |= {"d": 0 if drift is None or np.isnan(drift[index]) else round(100 * drift[index])}
            reasons.setdefault(users[index], words.format(**numbers, m=0 if lost is None else lost[index]))
    return reasons


def in_order(reason: str) -> int:
    """The position of a reason in the display order; unknown ones come last."""
    return next((place for place, words in enumerate(ORDER) if reason.startswith(words)), len(ORDER))
