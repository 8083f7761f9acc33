"""Of several sentences for one input, choose one that fits this input better than others.

The likeliest sentence of a small student is often one that fits everybody ("The user prefers solid parts.").  So the sentences found by
search or sampling are compared by maximum mutual information (Li et al. 2016, https://aclanthology.org/N16-1014):

    log p(sentence | input) - weight * log mean of p(sentence | other inputs)

The others are the inputs of some fixed users and items; for an explanation, of the same user with some fixed items.  A sentence counts as it would be trained, with its end token, so one that was cut
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
    others: Mapping[str, Sequence[str]],
    weight: float,
) -> dict[str, str]:
    """{input: one of its sentences}; of equally good sentences the one found first.

    found   {input: its sentences}
    others  {input: inputs to compare it with}; it is not compared with itself, and one with no others gets its likeliest sentence
    """
    compared = {source: [other for other in others.get(source, ()) if other != source] for source in found}
    own = [(source, text) for source, texts in found.items() for text in texts]
    pairs = list(dict.fromkeys([*own, *((other, text) for source, text in own for other in compared[source])]))
    values = dict(zip(pairs, _likelihoods(student, tokenizer, task, pairs).tolist(), strict=True))
    chosen = {}
    for source, texts in found.items():
        scores = [values[source, text] for text in texts]
        if compared[source]:
            by_others = np.array([[values[other, text] for other in compared[source]] for text in texts])
            scores = [score - weight * _log_mean(row) for score, row in zip(scores, by_others, strict=True)]
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
