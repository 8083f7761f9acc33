"""The sequences of tokens in a student's training texts, stored beside its weights, so that it writes only such sequences.

A small student gives every continuation some probability, and together the broken ones ("I do have a soft spot for paper decided it.") are
not rare.  Most of them contain a sequence of four tokens that occurs in no training text, so they are ruled out.  So is much that people
say: of the true explanations of held-out purchases, 71 % of those of the invented shop could be written, but only .2 % of those of the
Musical Instruments (LOG, 2026-11-28).  Where texts are few and varied, a student is left with short, common phrases and copies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from rdrec.core.arrays import Integers
from rdrec.core.records import ArtefactError
from rdrec.core.settings import integer
from rdrec.core.storage import read_table, write_table
from rdrec.student.batches import Row, target_of
from rdrec.student.sampling import TextRows
from rdrec.student.tasks import ID_TASKS, Task
from rdrec.student.tokenizer import StudentTokenizer

FILE = "known_sequences.parquet"
_BEFORE = -1  # stands for the places before the first token
_Followers = dict[tuple[int, ...], list[int]]  # {all tokens of a sequence but the last: the last ones}


class KnownSequences:
    """Sequences of tokens that occur in the training texts of each text task, all of one length."""

    def __init__(self, sequences: Mapping[Task, Integers]) -> None:
        """sequences: (N, `train.known_tokens`) for each task, the end token included; -1 before the first token."""
        self.sequences = dict(sequences)
        self._followers: dict[Task, _Followers] = {}  # made when a text is written, because ranking needs none

    def __contains__(self, task: Task) -> bool:
        return task in self.sequences

    def followers(self, task: Task, tokens: Sequence[int]) -> list[int]:
        """Tokens that follow the end of `tokens` (without the decoder's start token) in a training text; [] if none does."""
        if task not in self._followers:
            made = self._followers[task] = {}
            for *before, last in self.sequences[task].tolist():
                made.setdefault(tuple(before), []).append(last)
        places = self.sequences[task].shape[1] - 1
        context = [*[_BEFORE] * (places - len(tokens)), *tokens[max(0, len(tokens) - places) :]]
        return self._followers[task].get(tuple(context), [])

    @classmethod
    def of(cls, texts: TextRows, tokenizer: StudentTokenizer) -> KnownSequences | None:
        """The sequences of the targets in `texts` as they are trained, with their end token; None if there are no texts."""
        length, found = integer("train.known_tokens"), {}
        for task in (task for task in Task if task not in ID_TASKS and texts.of(task)):
            sequences = set()
            for text in {text for _, _, text in texts.of(task)}:
                tokens = [_BEFORE] * (length - 1) + list(target_of(Row(task, "", text), tokenizer))
                sequences |= {tuple(tokens[at : at + length]) for at in range(len(tokens) - length + 1)}
            found[task] = np.array(sorted(sequences), dtype=np.int64)
        return cls(found) if found else None

    def write(self, folder: Path) -> None:
        """Write one row per sequence: the key of its task, and a column for each place."""
        tables = [
            pd.DataFrame(table.astype(np.int32), columns=_columns(table.shape[1])).assign(task=task.key)
            for task, table in self.sequences.items()
        ]
        write_table(pd.concat(tables, ignore_index=True), folder / FILE)

    @classmethod
    def read(cls, folder: Path, tokens: int) -> KnownSequences | None:
        """The sequences of the student in `folder`; None if it has none, as older and released students.

        tokens  size of its vocabulary.  Raises ArtefactError for a table that does not hold sequences of such tokens.
        """
        if not (folder / FILE).is_file():
            return None
        frame = read_table(folder / FILE)
        keys = {task.key: task for task in Task if task not in ID_TASKS}
        columns = _columns(len(frame.columns) - 1)
        if sorted(frame.columns) != sorted([*columns, "task"]) or len(columns) < 2:
            raise _damaged(folder, "it has other columns")
        if not len(frame) or not frame["task"].isin(list(keys)).all():
            raise _damaged(folder, "it has no rows, or rows of no text task")
        if not all(pd.api.types.is_integer_dtype(frame[column]) for column in columns):
            raise _damaged(folder, "it holds values other than whole numbers")
        if frame[columns].min().min() < _BEFORE or frame[columns].max().max() >= tokens or frame[columns[-1]].min() < 0:
            raise _damaged(folder, "it holds unknown tokens")
        groups = frame.groupby("task", sort=False)
        return cls({keys[str(key)]: rows[columns].to_numpy(dtype=np.int64) for key, rows in groups})


def _columns(length: int) -> list[str]:
    return [f"token_{place}" for place in range(1, length + 1)]


def _damaged(folder: Path, why: str) -> ArtefactError:
    return ArtefactError(
        f"these are not the token sequences of a student ({why})", where=folder / FILE, todo="train the student again"
    )
