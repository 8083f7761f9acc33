"""One task's share of an optimiser step: rows in, gradients added to the student's.

In: rows of one task, a student.  Out: the mean loss over their target tokens.  It knows no optimiser and no epoch.
Rows may be computed in parts of like length, one after the other: the same gradient up to rounding, in a part of the memory
and with less padding.  Under bf16 weights, gradients and losses stay fp32; only products are computed in bf16.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import torch

from rdrec.core.records import InputError
from rdrec.student.batches import Batch, Row, make_batch, target_of
from rdrec.student.model import Student
from rdrec.student.team import Team
from rdrec.student.tokenizer import StudentTokenizer

PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}


def add_gradients(
    student: Student,
    tokenizer: StudentTokenizer,
    rows: Sequence[Row],
    weight: float,
    *,
    parts: int = 1,
    precision: str = "fp32",
    team: Team | None = None,
) -> float:
    """Add the gradient of `weight` times the mean loss of `rows`; returns that mean.  Raises InputError where it is no number.

    team  whose processes share the rows: gradient and mean are then this process's part of them, and all parts add up to the whole
    """
    own = rows if team is None else team.share(rows)
    batches = [make_batch(part, tokenizer) for part in split(own, parts, tokenizer)] if own else []
    counts = [target_tokens(batch) for batch in batches]
    whole = sum(counts) if len(own) == len(rows) else sum(len(target_of(row, tokenizer)) for row in rows)
    mean = 0.0
    for batch, count in zip(batches, counts, strict=True):
        with torch.autocast(student.device.type, PRECISIONS[precision], enabled=precision != "fp32"):
            loss = student(batch.to(student.device))
        share = count / whole
        value = loss.item()
        if not math.isfinite(value):
            raise InputError(f"the {batch.task.key} loss is {value}", todo="lower --learning-rate")
        (loss * (weight * share)).backward()
        mean += value * share
    return mean


def split(rows: Sequence[Row], parts: int, tokenizer: StudentTokenizer) -> Iterator[Sequence[Row]]:
    """At most `parts` runs of nearly equal numbers of rows, short inputs first; one part keeps the order."""
    if parts == 1:
        yield rows
        return
    ordered = sorted(rows, key=lambda row: len(tokenizer.encode(row.source).tokens))
    cuts = [len(rows) * part // parts for part in range(parts + 1)]
    yield from (ordered[begin:end] for begin, end in pairwise(cuts) if begin < end)


def target_tokens(batch: Batch) -> int:
    assert batch.labels is not None
    return int((batch.labels >= 0).sum())
