"""One task's share of an optimiser step: compute the loss of its rows and add their gradients to the student's.

Rows may be split into parts of similar length and computed one part after another, which needs less memory and less padding and gives
the same gradient up to rounding.  With bf16 precision, weights, gradients and losses stay fp32; only products are computed in bf16.
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
    """Add the gradient of `weight` times the mean loss over the target tokens of `rows`; return that mean in nats.

    parts      how many parts to split the rows into
    precision  one of `PRECISIONS`
    team       the processes that share the rows: each then adds and returns only its own part, and all parts sum to the whole
    Raises InputError if the loss is not finite.
    """
    own = rows if team is None else team.share(rows)
    batches = [make_batch(part, tokenizer) for part in split(own, parts, tokenizer)] if own else []
    counts = [target_tokens(batch) for batch in batches]
    total = sum(counts) if len(own) == len(rows) else sum(len(target_of(row, tokenizer)) for row in rows)
    mean = 0.0
    for batch, count in zip(batches, counts, strict=True):
        with torch.autocast(student.device.type, PRECISIONS[precision], enabled=precision != "fp32"):
            loss = student(batch.to(student.device))
        share = count / total
        value = loss.item()
        if not math.isfinite(value):
            raise InputError(f"the {batch.task.key} loss is {value}", todo="lower --learning-rate")
        (loss * (weight * share)).backward()
        mean += value * share
    return mean


def split(rows: Sequence[Row], parts: int, tokenizer: StudentTokenizer) -> Iterator[Sequence[Row]]:
    """Split into at most `parts` parts of nearly equal size, short inputs first.  A single part keeps the order of the rows."""
    if parts == 1:
        yield rows
        return
    ordered = sorted(rows, key=lambda row: len(tokenizer.encode(row.source).tokens))
    cuts = [len(rows) * part // parts for part in range(parts + 1)]
    yield from (ordered[begin:end] for begin, end in pairwise(cuts) if begin < end)


def target_tokens(batch: Batch) -> int:
    """Number of target tokens of a batch, without padding."""
    assert batch.labels is not None
    return int((batch.labels >= 0).sum())
