"""User and item vectors in training: fixed at first, while the student learns language, then trained more slowly than the rest.

They hold the data that a student starts from (`start.py`); a step large enough for a new layer would destroy it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from rdrec.data.splits import ProtocolView
from rdrec.student.model import Student
from rdrec.student.tasks import item_word, user_word
from rdrec.student.tokenizer import StudentTokenizer


class IdVectors:
    """Rows of the embedding table that belong to IDs; none for a tokenizer that was not trained here."""

    def __init__(self, student: Student, tokenizer: StudentTokenizer, view: ProtocolView) -> None:
        words = [user_word(user) for user in range(1, view.dataset.n_users + 1)]
        words += [item_word(int(number)) for number in view.item_ids[1:]]
        rows = {token for word in words for token in tokenizer.encode(word).tokens} if tokenizer.ids_only else set()
        self._table, self._rows = student.t5.shared.weight, torch.tensor(sorted(rows), dtype=torch.long, device=student.device)

    @contextmanager
    def slowed(self, rate: float) -> Iterator[None]:
        """Scale the changes that the block makes to the vectors by `rate`; 0 keeps them fixed."""
        before = self._table.detach()[self._rows]
        yield
        with torch.no_grad():
            self._table[self._rows] = torch.lerp(before, self._table[self._rows], rate)
