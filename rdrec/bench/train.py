"""Benchmark training with one batch per task against one mixed batch of the same samples, as built by the released program.

Both run one optimiser step on the same synthetic rows of all five tasks (method, fault 4).  Our method pads each task to its longest
input and target; the mixed batch pads all rows to the longest top-N input and all targets to 20 tokens.  Both tokenise before timing
starts, which favours the mixed batch: the released program tokenises in the loop, twice (fault 12).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy, pad

from rdrec.bench.timing import medians, peak_megabytes
from rdrec.core.records import InputError
from rdrec.core.settings import integer
from rdrec.student.batches import IGNORED, Row, make_batch
from rdrec.student.model import Encoding, Student, set_dropout
from rdrec.student.shapes import t5_config
from rdrec.student.step import PRECISIONS, add_gradients
from rdrec.student.tasks import TEMPLATES, Task, id_target, input_text
from rdrec.student.tokenizer import StudentTokenizer
from rdrec.student.train import CLIP

VOCABULARY = 32_128  # T5's
SENTENCES = (
    "the user prefers {a} {b} that will {c} for years",
    "the item's attributes are {a} {b} and a {c} finish",
    "i love the {a} {b} , it does {c} what it should and looks good too",
)
WORDS = ("clear", "sturdy", "bright", "cheap", "warm", "quiet", "light", "solid", "sound", "clamp", "cable", "case", "tone")


@dataclass(frozen=True)
class Plan:
    """What to time.  rows: per task and step; history: mean number of items in a sequential input."""

    shape: str = "small"
    precision: str = "fp32"
    device: str = "cpu"
    rows: int = 16
    accumulate: int = 1
    items: int = 12_101
    users: int = 22_363
    history: int = 6
    repeats: int = 5
    warm_up: int = 1
    seed: int = 0


@dataclass(frozen=True)
class Mixed:
    """One batch of all tasks: tasks (B,); tokens, whole_words, mask (B, S); labels (B, 20 + end), padding ignored; unsaid (B, V)."""

    tasks: torch.Tensor
    tokens: torch.Tensor
    whole_words: torch.Tensor
    mask: torch.Tensor
    labels: torch.Tensor
    unsaid: torch.Tensor


def bench_train(plan: Plan) -> dict[str, Any]:
    """Time both methods; a sample is a row with its target.  Raises InputError for an unknown precision."""
    if plan.precision not in PRECISIONS:
        raise InputError(f"unknown precision {plan.precision!r}", todo=f"use {' or '.join(PRECISIONS)}")
    tokenizer, rows = synthetic_rows(plan)
    torch.manual_seed(plan.seed)
    config = t5_config(plan.shape, VOCABULARY, pad=tokenizer.pad, eos=tokenizer.eos)
    student = Student.from_scratch(config).to(plan.device)
    set_dropout(student, 0.1)
    student.train()
    optimizer = torch.optim.AdamW(student.parameters(), lr=1e-5)
    mixed = mixed_batch(rows, tokenizer, plan.device)

    def step(work: Any) -> None:
        optimizer.zero_grad(set_to_none=True)
        work()
        torch.nn.utils.clip_grad_norm_(student.parameters(), CLIP)
        optimizer.step()

    def ours() -> None:
        for task_rows in rows.values():
            add_gradients(student, tokenizer, task_rows, 1 / len(rows), parts=plan.accumulate, precision=plan.precision)

    def padded() -> None:
        with torch.autocast(plan.device, PRECISIONS[plan.precision], enabled=plan.precision != "fp32"):
            loss = mixed_loss(student, mixed)
        loss.backward()  # type: ignore[no-untyped-call]

    methods = {"ours": lambda: step(ours), "mixed": lambda: step(padded)}
    times = medians(methods, plan.repeats, plan.warm_up, plan.device)
    samples = sum(len(task_rows) for task_rows in rows.values())
    real = int(mixed.mask.sum())
    own = sum(make_batch(task_rows, tokenizer).tokens.numel() for task_rows in rows.values())
    return {
        **asdict(plan),
        "threads": torch.get_num_threads(),
        "samples": samples,
        "input_tokens": real,
        "target_tokens": int((mixed.labels != IGNORED).sum()),
        "ours_samples_per_s": round(samples / times["ours"] * 1000, 2),
        "mixed_padded_samples_per_s": round(samples / times["mixed"] * 1000, 2),
        "speedup": round(times["mixed"] / times["ours"], 2),
        "encoder_token_share_padding": {
            "ours": round(1 - real / own, 3),
            "mixed_padded": round(1 - real / mixed.tokens.numel(), 3),
        },
        "encoder_tokens": {"ours": own, "mixed_padded": mixed.tokens.numel()},
        "peak_memory_mb": round(peak_megabytes(plan.device), 1),
    }


def synthetic_rows(plan: Plan) -> tuple[StudentTokenizer, dict[Task, list[Row]]]:
    """A tokenizer as trained from scratch, and `plan.rows` synthetic rows of every task."""
    rng = np.random.default_rng(plan.seed)

    def sentence(kind: int) -> str:
        a, b, c = rng.choice(WORDS, 3)
        return SENTENCES[kind].format(a=a, b=b, c=c)

    wordings = [wording.format(user="", item="", items="") for group in TEMPLATES.values() for wording in group]
    tokenizer = StudentTokenizer.train([*wordings, *(sentence(n % 3) for n in range(300))] * 3)

    def row(task: Task) -> Row:
        shown = {Task.SEQUENTIAL: min(1 + int(rng.geometric(1 / plan.history)), integer("train.max_history")),
                 Task.TOPN: integer("data.negatives") + 1, Task.USER_PREFERENCE: 0}.get(task, 1)  # fmt: skip
        ids = (rng.integers(plan.items, size=shown) + 1).tolist()
        wording = int(rng.integers(len(TEMPLATES[task])))
        source = input_text(task, user=int(rng.integers(plan.users)) + 1, item_ids=ids, wording=wording)
        if task in (Task.SEQUENTIAL, Task.TOPN):
            return Row(task, source, id_target(int(rng.integers(plan.items)) + 1))
        return Row(task, source, sentence({Task.USER_PREFERENCE: 0, Task.ITEM_ATTRIBUTION: 1}.get(task, 2)))

    return tokenizer, {task: [row(task) for _ in range(plan.rows)] for task in Task}


def mixed_batch(rows: dict[Task, list[Row]], tokenizer: StudentTokenizer, device: str) -> Mixed:
    """All rows in one batch, padded to the longest input and to targets of 20 tokens."""
    batches = [make_batch(task_rows, tokenizer) for task_rows in rows.values()]
    longest = max(batch.tokens.shape[1] for batch in batches)
    targets = integer("train.max_target_tokens") + 1

    def wide(tensors: Sequence[torch.Tensor], width: int, value: int) -> torch.Tensor:
        return torch.cat([pad(tensor, (0, width - tensor.shape[1]), value=value) for tensor in tensors]).to(device)

    labels = [batch.labels for batch in batches if batch.labels is not None]
    unsaid = torch.zeros(sum(map(len, batches)), tokenizer.size, dtype=torch.bool)
    at = 0
    for batch in batches:
        unsaid[at : at + len(batch), batch.unsaid.start : batch.unsaid.stop] = True
        at += len(batch)
    return Mixed(
        tasks=torch.cat([torch.full((len(batch),), int(batch.task)) for batch in batches]).to(device),
        tokens=wide([batch.tokens for batch in batches], longest, tokenizer.pad),
        whole_words=wide([batch.whole_words for batch in batches], longest, 0),
        mask=wide([batch.mask for batch in batches], longest, 0),
        labels=wide(labels, targets, IGNORED),
        unsaid=unsaid.to(device),
    )


def mixed_loss(student: Student, batch: Mixed) -> torch.Tensor:
    """Mean loss over all target tokens of a mixed batch: the reference for training with one batch per task."""
    tokens = student.t5.shared(batch.tokens) + student.whole_word(batch.whole_words)  # (B, S, D)
    prompts = student.prompts[batch.tasks].to(tokens.dtype)  # (B, P, D)
    mask = torch.cat([batch.mask.new_ones(prompts.shape[:2]), batch.mask], dim=1)
    states = student.t5.encoder(inputs_embeds=torch.cat([prompts, tokens], dim=1), attention_mask=mask).last_hidden_state
    logits = student.logits(Encoding(states, mask), student.t5._shift_right(batch.labels)).float()
    unsaid = pad(
        batch.unsaid, (0, logits.shape[-1] - batch.unsaid.shape[-1])
    )  # a vocabulary may be larger than its tokenizer's
    logits = logits.masked_fill(unsaid[:, None], -torch.inf)
    return cross_entropy(logits.flatten(0, 1), batch.labels.flatten(), ignore_index=IGNORED)
