"""Synthetic catalogues, users and students for benchmarks; seeded, no data set needed.

Two ways of splitting ids into tokens:

    t5    approximates T5's tokenizer: pairs of digits from the right, with up to three digits in front (12101 is 121 01);
          Beauty's 12,101 ids then have 113 branching prefixes, compared with 153 under T5's tokenizer
    own   as in students trained from scratch: groups of three from the right (12101 is 12 101)
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from tqdm import tqdm
from transformers import T5ForConditionalGeneration

from rdrec.student.batches import IGNORED, Batch, padded
from rdrec.student.model import Student
from rdrec.student.shapes import t5_config
from rdrec.student.tasks import Task

PAD, EOS, FIRST = 0, 1, 3  # as in T5, where padding is also the decoder start token
VOCABULARY = {"t5": 32_128, "own": 4_000}
FORMS = tuple(VOCABULARY)
CLUSTERS = 40  # product groups
TRAIN_ROWS, LEARNING_RATE = 32, 1e-3


def groups(number: int, form: str) -> tuple[str, ...]:
    """Split the digits of an id as `form` does."""
    digits = str(number)
    if form == "own":
        return tuple(f"{number:_}".split("_"))
    front = len(digits) if len(digits) <= 3 else 3 if len(digits) % 2 else 2
    return (digits[:front], *(digits[start : start + 2] for start in range(front, len(digits), 2)))


def paths(items: int, form: str) -> list[tuple[int, ...]]:
    """The token path of each id 1..items, ending with the end token."""
    known: dict[str, int] = {}
    cut = [groups(number, form) for number in range(1, items + 1)]
    return [(*(known.setdefault(group, FIRST + len(known)) for group in parts), EOS) for parts in cut]


def student(shape: str, form: str, seed: int) -> Student:
    """A student with random weights and the vocabulary size of `form`."""
    torch.manual_seed(seed)
    config = t5_config(shape, VOCABULARY[form], pad=PAD, eos=EOS)
    config.scale_decoder_outputs = True  # as in T5; makes a random student maximally uncertain, which is the worst case
    return Student(T5ForConditionalGeneration(config)).eval().requires_grad_(False)


class Shoppers:
    """Synthetic users: each buys from one product group, with Zipf-distributed popularity within the group."""

    def __init__(self, item_paths: list[tuple[int, ...]], seed: int) -> None:
        self._paths, self._rng = item_paths, np.random.default_rng(seed)
        order = self._rng.permutation(len(item_paths))
        self._kinds = np.array_split(order, min(CLUSTERS, len(item_paths)))

    def histories(self, count: int, length: int) -> list[np.ndarray]:
        """`count` lists of `length` + 1 items; the last one is the target."""
        found = []
        for _ in range(count):
            kind = self._kinds[self._rng.integers(len(self._kinds))]
            rank = np.minimum(self._rng.zipf(1.5, length + 1), len(kind)) - 1
            found.append(kind[rank])
        return found

    def batch(self, histories: Iterable[np.ndarray], *, targets: bool) -> Batch:
        """Rows of the sequential task; the tokens of each item form one whole word."""
        rows, words, labels = [], [], []
        for history in histories:
            parts = [self._paths[item][:-1] for item in history[:-1]]
            rows.append([token for part in parts for token in part])
            words.append([place for place, part in enumerate(parts, 1) for _ in part])
            labels.append(list(self._paths[history[-1]]))
        mask = [[1] * len(row) for row in rows]
        return Batch(
            Task.SEQUENTIAL, padded(rows, PAD), padded(words, 0), padded(mask, 0), padded(labels, IGNORED) if targets else None
        )


def train(model: Student, shoppers: Shoppers, length: int, steps: int) -> None:
    """Train for a few AdamW steps so that the student becomes confident; leaves it in eval mode without gradients."""
    model.train().requires_grad_(True)
    optimiser = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    for _ in tqdm(range(steps), desc="train the student to be timed", unit="step", leave=False, disable=None):
        optimiser.zero_grad()
        batch = shoppers.batch(shoppers.histories(TRAIN_ROWS, length), targets=True).to(model.device)
        model(batch).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
    model.eval().requires_grad_(False)
