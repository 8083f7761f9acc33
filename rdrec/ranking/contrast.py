"""Of several sentences for one input, choose one that fits this input better than others.

The likeliest sentence of a small student is often one that fits everybody ("The user prefers solid parts.").  So the sentences that a beam
search finds are compared by maximum mutual information (Li et al. 2016, https://aclanthology.org/N16-1014):

    log p(sentence | input) - weight * log mean of p(sentence | other inputs)

The others are the inputs of some fixed users and items.  A sentence counts as it would be trained, with its end token, so one that was cut
off counts as unlikely.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from rdrec.core.arrays import Floats
from rdrec.student.batches import Row, target_of
from rdrec.student.gap import row_losses
from rdrec.student.model import Student
from rdrec.student.tasks import Task
from rdrec.student.tokenizer import StudentTokenizer


def most_telling(
    student: Student,
    tokenizer: StudentTokenizer,
    task: Task,
    found: Mapping[str, Sequence[str]],
    others: Sequence[str],
    weight: float,
) -> dict[str, str]:
    """{input: one of its sentences}; of equally good sentences the one found first.

    found   {input: its sentences}
    others  inputs to compare with; an input is not compared with itself, and one with no others keeps its likeliest sentence
    """
    sentences = sorted({text for texts in found.values() for text in texts})
    place = {text: index for index, text in enumerate(sentences)}
    grid = _likelihoods(student, tokenizer, task, [(other, text) for text in sentences for other in others])
    by_others = grid.reshape(len(sentences), len(others))
    own = iter(_likelihoods(student, tokenizer, task, [(source, text) for source, texts in found.items() for text in texts]))
    chosen = {}
    for source, texts in found.items():
        columns = [index for index, other in enumerate(others) if other != source]
        rows = by_others[[place[text] for text in texts]][:, columns]
        scores = [next(own) - (weight * _log_mean(row) if columns else 0.0) for row in rows]
        chosen[source] = texts[int(np.argmax(scores))]
    return chosen


def _likelihoods(student: Student, tokenizer: StudentTokenizer, task: Task, pairs: Sequence[tuple[str, str]]) -> Floats:
    """(N,) log-probability of each (input, sentence), in nats."""
    rows = [Row(task, source, text) for source, text in pairs]
    lengths = np.array([len(target_of(row, tokenizer)) for row in rows], dtype=np.float64)
    return -row_losses(student, tokenizer, rows) * lengths


def _log_mean(values: Floats) -> float:
    """Logarithm of the mean of exp(values)."""
    return float(np.logaddexp.reduce(values)) - math.log(len(values))
