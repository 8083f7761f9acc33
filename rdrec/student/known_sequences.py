"""The sequences of tokens in a student's training texts, stored beside its weights, so that it writes only sequences that somebody wrote.

A small student gives every continuation some probability, and broken ones ("I do have a soft spot for paper decided it.") are too many
together to be rare.  In real reviews and in the invented shop nearly every sequence of four tokens of a fluent sentence also occurs in
other sentences, so requiring this removes most of what is broken.  It also means that many short sentences equal a training text.
"""

from __future__ import annotations

from collections.abc import Mapping
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


class KnownSequences:
    """Sequences of tokens that occur in the training texts of each text task, all of one length."""

    def __init__(self, sequences: Mapping[Task, Integers]) -> None:
        """sequences: (N, `train.known_tokens`) for each task, the end token included; -1 before the first token."""
        self.sequences = dict(sequences)
        self._followers = {task: _followers(table) for task, table in self.sequences.items()}

    def __contains__(self, task: Task) -> bool:
        return task in self._followers

    def followers(self, task: Task, tokens: list[int]) -> list[int]:
        """Tokens that follow the end of `tokens` (without the decoder's start token) in a training text; [] if none does."""
        before = self.sequences[task].shape[1] - 1
        context = [_BEFORE] * (before - len(tokens)) + tokens[len(tokens) - before if len(tokens) > before else 0 :]
        return self._followers[task].get(tuple(context), [])

    @classmethod
    def of(cls, texts: TextRows, tokenizer: StudentTokenizer) -> KnownSequences:
        """The sequences of the targets in `texts` as they are trained, with their end token; a task without texts is left out."""
        length, found = integer("train.known_tokens"), {}
        for task in (task for task in Task if task not in ID_TASKS and texts.of(task)):
            sequences = set()
            for text in {text for _, _, text in texts.of(task)}:
                tokens = [_BEFORE] * (length - 1) + list(target_of(Row(task, "", text), tokenizer))
                sequences |= {tuple(tokens[at : at + length]) for at in range(len(tokens) - length + 1)}
            found[task] = np.array(sorted(sequences), dtype=np.int64)
        return cls(found)

    def write(self, folder: Path) -> None:
        """Write one row per sequence: the key of its task, and a column for each place."""
        tables = [_frame(table).assign(task=task.key) for task, table in self.sequences.items()]
        write_table(pd.concat(tables, ignore_index=True), folder / FILE)

    @classmethod
    def read(cls, folder: Path, tokens: int) -> KnownSequences | None:
        """The sequences of the student in `folder`; None if it has none, as older students and released ones.

        tokens  size of its vocabulary.  Raises ArtefactError for a table that does not hold sequences of such tokens.
        """
        if not (folder / FILE).is_file():
            return None
        frame, keys = read_table(folder / FILE), {task.key: task for task in Task if task not in ID_TASKS}
        try:
            found = {
                keys[str(key)]: rows.drop(columns="task").to_numpy(dtype=np.int64) for key, rows in frame.groupby("task", sort=False)
            }
        except (KeyError, ValueError, TypeError) as error:
            raise _damaged(folder, str(error)) from error
        if not found or any(table.shape[1] < 2 or table.min() < _BEFORE or table.max() >= tokens for table in found.values()):
            raise _damaged(folder, "there are none, or some hold unknown tokens")
        return cls(found)


def _followers(table: Integers) -> dict[tuple[int, ...], list[int]]:
    """{all tokens of a sequence but the last: the last ones}."""
    found: dict[tuple[int, ...], list[int]] = {}
    for *before, last in table.tolist():
        found.setdefault(tuple(before), []).append(last)
    return found


def _frame(table: Integers) -> pd.DataFrame:
    return pd.DataFrame(table.astype(np.int32), columns=[f"token_{place}" for place in range(1, table.shape[1] + 1)])


def _damaged(folder: Path, why: str) -> ArtefactError:
    return ArtefactError(
        f"these are not the token sequences of a student ({why})", where=folder / FILE, todo="train the student again"
    )
