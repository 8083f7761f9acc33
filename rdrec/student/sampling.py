"""Which rows a student trains on: the interactions, explanations and rationales that a protocol allows, as rows of the five tasks.

Every random draw depends on (seed, epoch) alone, so that a resumed run repeats it.

Variants (the paper's ablations are `rdrec` without one or more tasks):

    rdrec       starts from purchases and rationales, learns all five tasks
    baseline    starts from purchases, learns no rationale task (POD)
    scrambled   like rdrec, but with the rationales shuffled among the interactions of a split: amount and wording stay the same, the
                meaning is lost
    start-only  starts from purchases and rationales, learns no rationale task
    tasks-only  starts from purchases, learns all five tasks
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from rdrec.core.records import CLAIM_KINDS, InputError, first_few
from rdrec.core.settings import integer
from rdrec.core.vocabulary import LEARNS_RATIONALES, STARTS_FROM_RATIONALES, Split
from rdrec.data.splits import HIDES_TEXT, ProtocolView, negatives
from rdrec.student.batches import Row, text_row
from rdrec.student.tasks import ID_TASKS, RATIONALE_TASKS, TEMPLATES, Task, id_target, input_text

RATIONALE_WORDS = "The user prefers , dislikes . The item has . The item's attributes are"
_REPEATS = 200  # how often the tokenizer reads RATIONALE_WORDS, so that each of these words becomes one token


@dataclass(frozen=True)
class TextRows:
    """(user, item, target) of each text task in one split."""

    explanation: tuple[tuple[int, int, str], ...]
    user_preference: tuple[tuple[int, int, str], ...]
    item_attribution: tuple[tuple[int, int, str], ...]

    def of(self, task: Task) -> tuple[tuple[int, int, str], ...]:
        """The rows of one text task."""
        rows: tuple[tuple[int, int, str], ...] = getattr(self, task.key)
        return rows


def text_rows(view: ProtocolView, rationales: pd.DataFrame | None, variant: str, split: Split, seed: int) -> TextRows:
    """The text targets that `variant` may see in `split` ("train" | "val" | "test") under the view's protocol.

    Raises InputError if the variant needs rationales and there are none.
    """
    rows = view.text_rows(split)
    explained = rows[rows["explanation"].notna()]
    explanation = tuple(
        zip(explained["user"].tolist(), explained["item"].tolist(), explained["explanation"].tolist(), strict=True)
    )
    if variant == "baseline":
        return TextRows(explanation, (), ())
    if rationales is None:
        raise InputError(
            f"the {variant} variant needs rationales", todo="distil them first: python -m rdrec distill --data NAME"
        )
    columns = ["user", "position", *CLAIM_KINDS]
    joined = rows[["user", "position", "item"]].merge(
        rationales.loc[rationales["status"] == "ok", columns], on=["user", "position"]
    )
    if variant == "scrambled":
        order = np.random.default_rng([seed, len(joined)]).permutation(len(joined))
        for column in CLAIM_KINDS:
            joined[column] = joined[column].to_numpy()[order]
    claims = {}
    for column in CLAIM_KINDS:
        present = joined[joined[column].notna()]
        claims[column] = tuple(zip(present["user"].tolist(), present["item"].tolist(), present[column].tolist(), strict=True))
    return TextRows(explanation, claims["user_preference"], claims["item_attribution"])


class Sampler:
    """Training and validation rows for one variant, protocol and seed; `without` lists tasks to leave out.

    tasks  those with training rows.  Raises InputError if there are none, if no rationale is left for a variant that needs them, and
    for an ablated variant other than rdrec.
    """

    def __init__(
        self,
        view: ProtocolView,
        rationales: pd.DataFrame | None,
        variant: str,
        seed: int,
        without: Collection[Task] = (),
    ) -> None:
        self.view, self.seed, self.variant = view, seed, variant
        if variant != "rdrec" and set(RATIONALE_TASKS) & set(without):
            raise InputError(
                f"rationale tasks cannot be left out of the {variant} variant: "
                f"{first_few([task.key for task in RATIONALE_TASKS if task in without])}",
                todo="use --ablate with --variant rdrec; without both rationale tasks, use --variant baseline",
            )
        self._without = set(without)
        if variant not in LEARNS_RATIONALES:
            without = {*without, *RATIONALE_TASKS}
        self._train = text_rows(view, rationales, variant, "train", seed)
        self._validation = text_rows(view, rationales, variant, "val", seed)
        self._parts = [np.asarray(split.train, dtype=np.int64) for split in view.splits]
        self._held_out = [split.validation for split in view.splits]
        self._all_items = np.arange(1, view.dataset.n_items + 1)
        # Items that are never negatives in top-N training.  The paper excludes everything the user ever bought: held-out items are
        # then never rejected, which gives them away to a student with user IDs.  `clean` and `temporal` exclude only the items of
        # the training part.
        self._never_negative = self._parts if view.protocol in HIDES_TEXT else view.histories
        self._usable = {task: self._find_usable(task) for task in Task}
        self.tasks = tuple(task for task in Task if self._usable[task] and task not in without)
        wanted = set(RATIONALE_TASKS) - self._without
        if variant != "baseline" and wanted and not any(self._usable[task] for task in wanted):
            raise InputError(
                f"there are no rationales that the {variant} student may see in training",
                where=view.dataset.name,
                todo="distil all reviews (python -m rdrec distill --data NAME), or train --variant baseline",
            )
        if not self.tasks:
            raise InputError(
                "there is nothing to train on", where=view.dataset.name, todo="import a larger set or a smaller --core"
            )

    @property
    def start_texts(self) -> TextRows | None:
        """The rationales that the student starts from, or None for a variant that starts from purchases alone."""
        if self.variant not in STARTS_FROM_RATIONALES or set(RATIONALE_TASKS) <= self._without:
            return None
        left_out = {task.key: () for task in RATIONALE_TASKS if task in self._without}
        return replace(self._train, **left_out)

    @property
    def training_texts(self) -> TextRows:
        """The targets of the text tasks that this variant learns."""
        left_out = {task.key: () for task in Task if task not in ID_TASKS and task not in self.tasks}
        return replace(self._train, **left_out)

    def vocabulary_texts(self) -> Iterator[str]:
        """What the tokenizer is trained on: the reviews of the training part, the same texts for every variant."""
        yield from self.view.text_rows("train")["review"]
        yield from [RATIONALE_WORDS] * _REPEATS

    def steps(self, batch_rows: int, least: int = 0) -> int:
        """Optimiser steps of an epoch: with `batch_rows` rows per step the largest task is seen once, but there are at least `least`
        steps, so in a small data set it is seen more often."""
        return max(least, -(-max(len(self._usable[task]) for task in self.tasks) // batch_rows))

    def epoch(self, task: Task, epoch: int, rows: int) -> list[Row]:
        """`rows` training rows of one task in the order of this epoch; a task with fewer rows starts over, reshuffled."""
        rng = np.random.default_rng([self.seed, epoch, int(task)])
        usable = self._usable[task]
        order = np.concatenate([rng.permutation(len(usable)) for _ in range(-(-rows // len(usable)))])[:rows]
        return [self._training_row(task, usable[index], rng) for index in order]

    def validation_texts(self, task: Task) -> tuple[tuple[int, int, str], ...]:
        """A fixed sample of at most `train.validation_rows` (user, item, target) of a text task; () for an ID task."""
        rows = () if task in ID_TASKS else self._validation.of(task)
        return tuple(rows[index] for index in self._sample(task, len(rows)))

    def validation(self, task: Task) -> list[Row]:
        """A fixed sample of at most `train.validation_rows` rows in the bare test form.  Targets come from validation items, never from
        test items."""
        rows = self._all_validation(task)
        return [rows[index] for index in self._sample(task, len(rows))]

    def _sample(self, task: Task, count: int) -> list[int]:
        """Sorted indices of the validation rows to use, out of `count`."""
        most = integer("train.validation_rows")
        if count <= most:
            return list(range(count))
        chosen = np.random.default_rng([self.seed, int(task), 2]).permutation(count)[:most]
        return np.sort(chosen).tolist()

    def _all_validation(self, task: Task) -> list[Row]:
        if task not in ID_TASKS:
            return [text_row(task, *row, self.view.item_ids) for row in self._validation.of(task)]
        found = []
        sampled = negatives(self.view.dataset, self.seed) if task is Task.TOPN else None
        for index, (part, truth) in enumerate(zip(self._parts, self._held_out, strict=True)):
            if truth is None or not len(part):
                continue
            if sampled is None:
                shown = part[-integer("train.max_history") :]
            else:
                shown = np.random.default_rng([self.seed, index + 1]).permutation(np.append(sampled[index], truth))
            found.append(self._id_row(task, index + 1, shown, truth, wording=0))
        return found

    def _find_usable(self, task: Task) -> list[int]:
        """Indices of the users (ID tasks) or text rows from which a training row can be made."""
        if task is Task.SEQUENTIAL:
            return [index for index, part in enumerate(self._parts) if len(part) >= 2]
        if task is Task.TOPN:
            needed = integer("data.negatives")
            return [
                index
                for index, part in enumerate(self._parts)
                if len(part) and len(self._all_items) - len(set(self._never_negative[index].tolist())) >= needed
            ]
        return list(range(len(self._train.of(task))))

    def _training_row(self, task: Task, index: int, rng: np.random.Generator) -> Row:
        wording = int(rng.integers(len(TEMPLATES[task])))
        if task not in ID_TASKS:
            return text_row(task, *self._train.of(task)[index], self.view.item_ids, wording)
        part = self._parts[index]
        if task is Task.SEQUENTIAL:
            # a random contiguous segment whose last item is the target, with at most 20 items before it (RDRec, section 4.1)
            end = int(rng.integers(1, len(part)))
            start = int(rng.integers(max(0, end - integer("train.max_history")), end))
            return self._id_row(task, index + 1, part[start:end], int(part[end]), wording)
        truth = int(part[rng.integers(len(part))])
        free = np.setdiff1d(self._all_items, self._never_negative[index])
        candidates = rng.permutation(np.append(rng.choice(free, integer("data.negatives"), replace=False), truth))
        return self._id_row(task, index + 1, candidates, truth, wording)

    def _id_row(self, task: Task, user: int, shown: np.ndarray, truth: int, wording: int) -> Row:
        ids = self.view.item_ids
        return Row(task, input_text(task, user=user, item_ids=ids[shown].tolist(), wording=wording), id_target(int(ids[truth])))
