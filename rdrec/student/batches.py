"""Turn rows of one task into a padded batch of tensors.

All rows of a batch belong to one task and are padded to the longest of them.  A mixed batch would pad every short row to the
~400 tokens of a top-N input.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import pad

from rdrec.core.records import InputError
from rdrec.core.settings import integer
from rdrec.student.tasks import ID_TASKS, Task, input_text
from rdrec.student.tokenizer import StudentTokenizer

IGNORED = -100  # label of padding, which must not count in the loss (method fault 3)


@dataclass(frozen=True, slots=True)
class Row:
    """One training or test example.  `target` is None at test time."""

    task: Task
    source: str
    target: str | None = None


@dataclass(frozen=True)
class Batch:
    """tokens, whole_words, mask: (B, S); labels: (B, T) or None; all rows share one task.

    seen  (B, S + 1) tokens of the items in the history other than the target, if every item is one token.  As in ranking, they do not
          compete in training; otherwise most of the loss would be about not buying the same item twice.  Otherwise padding, which
          also fills the last column of every row: padding never competes, so the loss does not depend on the batch
    unsaid  tokens that do not compete in a text task: those of users, nearly half of the vocabulary
    """

    task: Task
    tokens: torch.Tensor
    whole_words: torch.Tensor
    mask: torch.Tensor
    labels: torch.Tensor | None
    seen: torch.Tensor | None = None
    unsaid: range = range(0)

    def to(self, device: torch.device | str) -> Batch:
        """The batch on another device."""
        labels = None if self.labels is None else self.labels.to(device)
        seen = None if self.seen is None else self.seen.to(device)
        return Batch(
            self.task, self.tokens.to(device), self.whole_words.to(device), self.mask.to(device), labels, seen, self.unsaid
        )

    def __len__(self) -> int:
        return self.tokens.shape[0]


def make_batch(rows: Sequence[Row], tokenizer: StudentTokenizer) -> Batch:
    """Encode and pad.  Raises InputError for an input longer than `train.max_input_tokens`."""
    task = rows[0].task
    assert all(row.task is task for row in rows), "a batch has rows of one task only"
    sources = [tokenizer.encode(row.source) for row in rows]
    longest = max(len(source.tokens) for source in sources)
    if longest > integer("train.max_input_tokens"):
        raise InputError(
            f"an input of the {task.key} task has {longest} tokens", todo=f"stay within {integer('train.max_input_tokens')}"
        )
    tokens = padded([source.tokens for source in sources], tokenizer.pad)
    targets = [target_of(row, tokenizer) for row in rows if row.target is not None]
    assert len(targets) in (0, len(rows)), "either all rows of a batch have a target or none"
    labels = padded(targets, IGNORED) if targets else None
    seen = None
    if task is Task.SEQUENTIAL and tokenizer.whole_ids and labels is not None:
        seen = pad(tokens.where(tokens != labels[:, :1], tokenizer.pad), (0, 1), value=tokenizer.pad)
    return Batch(
        task=task,
        tokens=tokens,
        whole_words=padded([source.whole_words for source in sources], 0),
        mask=padded([(1,) * len(source.tokens) for source in sources], 0),
        labels=labels,
        seen=seen,
        unsaid=range(0) if task in ID_TASKS else tokenizer.users,
    )


def text_row(task: Task, user: int, item: int, target: str, item_ids: npt.NDArray[np.integer], wording: int = 0) -> Row:
    """A row of a text task, by default in the bare form used at test time."""
    ids = () if task is Task.USER_PREFERENCE else (int(item_ids[item]),)
    return Row(task, input_text(task, user=user, item_ids=ids, wording=wording), target)


def target_of(row: Row, tokenizer: StudentTokenizer) -> tuple[int, ...]:
    """Tokens of a row's target with the end token; texts are cut to `train.max_target_tokens`."""
    assert row.target is not None
    return tokenizer.encode_target(row.target, None if row.task in ID_TASKS else integer("train.max_target_tokens"))


def padded(rows: Sequence[Sequence[int]], value: int) -> torch.Tensor:
    """(B, longest) int64."""
    longest = max(len(row) for row in rows)
    return torch.tensor([list(row) + [value] * (longest - len(row)) for row in rows], dtype=torch.long)
