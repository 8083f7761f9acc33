"""Does a student's text depend on the ID in its input?  Measures the loss with another ID minus the loss with its own, in nats per token.

The other ID is another user for preferences, another item for attributes, and a pair with another user and another item for
explanations.  A gap of 0 means that the decoder ignores the ID, however low its loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from rdrec.core.arrays import Floats, Integers
from rdrec.core.records import InputError
from rdrec.student.batches import IGNORED, Batch, Row, make_batch, text_row
from rdrec.student.model import Student
from rdrec.student.tasks import Task
from rdrec.student.tokenizer import StudentTokenizer

_BATCH_ROWS = 64
_SWAPS = 200  # rounds of exchanging partners before the rows are considered too similar
_STREAM = 31  # of the seed
_NORMAL_95 = 1.959964


@dataclass(frozen=True)
class Gap:
    """Mean of other - own over rows, with a 95 % interval (normal approximation); own, other: mean losses, nats per token."""

    rows: int
    own: float
    other: float
    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:+.3f} ({self.low:+.3f} to {self.high:+.3f})"


@dataclass(frozen=True)
class RowLosses:
    """own, other: (N,) mean loss per target token of each row in nats, with its own IDs in the input and with another row's."""

    own: Floats
    other: Floats

    def summary(self) -> Gap:
        """Mean losses and the mean gap with its 95 % normal interval over rows."""
        difference = self.other - self.own
        mean = float(difference.mean())
        half = _NORMAL_95 * float(difference.std(ddof=1)) / len(difference) ** 0.5
        return Gap(len(difference), float(self.own.mean()), float(self.other.mean()), mean, mean - half, mean + half)


def own_and_other(
    student: Student,
    tokenizer: StudentTokenizer,
    item_ids: npt.NDArray[np.integer],
    task: Task,
    texts: Sequence[tuple[int, int, str]],
    seed: int,
) -> RowLosses:
    """Losses of texts under the student, with their own IDs and with another row's.  Batched, without gradients; train or eval mode is kept.

    item_ids  (I + 1,) the ID of each item in the student's input
    texts     (user, item, target) of one text task, as `rdrec.student.sampling.TextRows` holds them
    Raises InputError as `partners` does.
    """
    partner = partners(task, texts, seed)
    losses = [
        row_losses(student, tokenizer, [text_row(task, user, item, target, item_ids) for user, item, target in rows])
        for rows in (texts, [(*texts[other][:2], own[2]) for own, other in zip(texts, partner, strict=True)])
    ]
    return RowLosses(*losses)


def row_losses(student: Student, tokenizer: StudentTokenizer, rows: Sequence[Row]) -> Floats:
    """(N,) mean loss per target token of each row in nats, including the end token."""
    order = sorted(range(len(rows)), key=lambda place: len(tokenizer.encode(rows[place].source).tokens))
    found, training = np.empty(len(rows)), student.training
    student.eval()
    try:
        with torch.inference_mode():
            for start in range(0, len(order), _BATCH_ROWS):
                part = order[start : start + _BATCH_ROWS]
                batch = make_batch([rows[place] for place in part], tokenizer).to(student.device)
                found[part] = _batch_losses(student, batch).cpu().numpy()
    finally:
        student.train(training)
    return found


def _batch_losses(student: Student, batch: Batch) -> torch.Tensor:
    """(B,) mean cross-entropy over each row's own target tokens."""
    assert batch.labels is not None
    return student.token_losses(batch).sum(1) / (batch.labels != IGNORED).sum(1)


def partners(task: Task, texts: Sequence[tuple[int, int, str]], seed: int) -> Integers:
    """(N,) for each row the row whose IDs replace its own: a seeded permutation without the same user (preferences), the same item
    (attributes) or either of them (explanations).

    Raises InputError for fewer than two rows, and if too many rows share a user or item for such a permutation.
    """
    pairs = np.array([(user, item) for user, item, _ in texts], dtype=np.int64).reshape(-1, 2)
    keys = {Task.USER_PREFERENCE: pairs[:, :1], Task.ITEM_ATTRIBUTION: pairs[:, 1:]}.get(task, pairs)  # (N, 1 or 2)
    rng = np.random.default_rng([seed, int(task), _STREAM])
    chosen = rng.permutation(len(keys))
    for _ in range(_SWAPS if len(keys) > 1 else 0):
        wrong = np.flatnonzero((keys == keys[chosen]).any(1))
        if not len(wrong):
            return chosen
        for row, other in zip(wrong, rng.integers(len(keys), size=len(wrong)), strict=True):
            chosen[[row, other]] = chosen[[other, row]]
    raise InputError(
        f"too many of the {len(keys):,} rows of the {task.key} task share one user or item, so no other IDs can replace theirs",
        todo="give texts of several users and items",
    )
