"""What is asked in an evaluation: for each user the history shown, the items that compete, and the truth.

In: a `ProtocolView`.  Out: `Case`s of one task.  It knows no model.

sequential   history = all but the test item (the validation item is shown); every item competes except those already bought
topn         the test item among 99 seeded negatives, shuffled with the same seed
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rdrec.data.splits import ProtocolView, leave_one_out, negatives
from rdrec.records import InputError

TASKS = ("sequential", "topn")


@dataclass(frozen=True)
class Case:
    """history: items oldest first, without the truth; compete: items ranked, the truth among them (for topn in shown order)."""

    user: int
    history: np.ndarray
    compete: np.ndarray
    truth: int


def cases(view: ProtocolView, task: str) -> list[Case]:
    """One case for every user that has a test item."""
    if task not in TASKS:
        raise InputError(f"unknown task {task!r}", todo=f"use {' or '.join(TASKS)}")
    sampled = negatives(view.dataset, view.seed) if task == "topn" else None
    everything = np.arange(1, view.dataset.n_items + 1)
    found = []
    for index, history in enumerate(view.histories):
        truth = leave_one_out(history).test
        if truth is None:
            continue
        before = np.asarray(history[:-1], dtype=np.int64)
        if sampled is None:
            compete = np.setdiff1d(everything, before[before != truth])
        else:
            compete = np.random.default_rng([view.seed, index + 1, 1]).permutation(np.append(sampled[index], truth))
        found.append(Case(index + 1, before, compete, int(truth)))
    if not found:
        raise InputError("no user has a test item", where=view.dataset.name, todo="import a set with longer histories")
    return found
