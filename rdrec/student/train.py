"""Train a student: one task per batch, all tasks in every step, early stopping, and the full state saved after every epoch.

A step adds up the gradients of one batch of each task.  All tasks count alike, whatever their number of rows, and short rows are never
padded to the length of another task's.

A student that starts from data keeps the initial weights of the layers that rank: when trained, they fit the training purchases, which
the start already contains, and rank worse.  It learns with its vectors and with the layers that have no effect where an item is
predicted (`language_layers.py`).  In its first epochs it learns only sentences; user and item vectors stay as they are until it learns all tasks.
Sentences are learned without dropout, which would only slow this down.

Randomness depends on (seed, epoch) alone: a run that was killed resumes from its last finished epoch and ends with the same weights as
an uninterrupted one, bit for bit on a CPU.  Several processes share every batch (`team.py`): whatever their number, they train on the
same samples in the same order with the same gradient up to rounding; only their dropout masks differ.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from rdrec.core.records import ArtefactError, InputError
from rdrec.student.batches import Row, make_batch
from rdrec.student.gap import own_and_other
from rdrec.student.id_vectors import IdVectors
from rdrec.student.language_layers import RankingWeights, language_layers
from rdrec.student.model import Student, set_dropout
from rdrec.student.sampling import Sampler
from rdrec.student.state import discard_other, resume, save_state, weights_once
from rdrec.student.step import add_gradients, target_tokens
from rdrec.student.tasks import ID_TASKS, RATIONALE_TASKS, Task
from rdrec.student.team import Team
from rdrec.student.tokenizer import StudentTokenizer

VALIDATION_ROWS = 64  # rows per batch where no gradients are needed
_RATE_FROM_DATA, _RATE = 6e-3, 3e-3
CLIP = 1.0  # largest norm of the gradient; keeps the first steps of a student with random weights small


@dataclass(frozen=True)
class TrainSettings:
    """Settings of a training run; `rdrec/core/settings/` has their meanings, units and bounds."""

    seed: int
    epochs: int
    patience: int
    batch_rows: int
    learning_rate: float
    topn_rows: int = 0
    text_rows: int = 0
    id_rate: float = 1.0
    layer_rate: float = 1.0
    language_rate: float = 0.0
    text_share: float = 0.0
    least_steps: int = 0
    warm_up: int = 0
    schedule: str = "constant"
    dropout: float = 0.1
    watch: str = "paper"
    accumulate: int = 1
    precision: str = "fp32"

    def rows(self, task: Task) -> int:
        """Number of rows of a task in one step."""
        own = self.topn_rows if task is Task.TOPN else 0 if task is Task.SEQUENTIAL else self.text_rows
        return own or self.batch_rows

    def of_start(self, start: str) -> TrainSettings:
        """These settings with the default rates for a start from "data", "random" or "pretrained" weights.

        What belongs to a start from data (frozen layers, slow ID vectors, epochs of sentences alone) is switched off for
        the other two.  Raises InputError if a start from data has no language rate.
        """
        if start == "data":
            if not self.language_rate:
                raise InputError(
                    "a student that starts from data learns words with its language layers", todo="raise --language-rate"
                )
            return replace(self, layer_rate=0.0, learning_rate=self.learning_rate or _RATE_FROM_DATA)
        return replace(self, learning_rate=self.learning_rate or _RATE, language_rate=0.0, id_rate=1.0, text_share=0.0)

    @property
    def text_epochs(self) -> int:
        """How many of the first epochs train the text tasks alone."""
        return int(self.text_share * self.epochs)

    def dropout_of(self, task: Task) -> float:
        """Dropout for a task: 0 for sentences if the student learns them with separate layers."""
        return 0.0 if self.language_rate and task not in ID_TASKS else self.dropout

    def rate(self, step: int, steps: int) -> float:
        """Learning rate of `step` (from 0), of `steps` in all epochs together."""
        warm_up = min(1.0, (step + 1) / self.warm_up) if self.warm_up else 1.0
        decay = 0.5 * (1 + math.cos(math.pi * step / steps)) if self.schedule == "cosine" else 1.0
        return self.learning_rate * warm_up * decay


MeasureNdcg = Callable[[Student], float]  # returns NDCG@10 of the validation items


@dataclass(frozen=True)
class EpochRecord:
    """One point of the training curve.  train, validation: mean losses over target tokens in nats, by task key.

    score  the quantity that early stopping watches; lower is better
    ndcg   NDCG@10 of the validation items, if measured
    gaps   own-other gap of each text task on its validation rows in nats per token, by task key (`gap.py`)
    """

    epoch: int
    train: dict[str, float]
    validation: dict[str, float]
    score: float
    ndcg: float | None = None
    gaps: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Trained:
    """`student` has the weights of `best_epoch`, which is the last epoch if `watch` is "last"."""

    student: Student
    best_epoch: int
    curve: tuple[EpochRecord, ...]


def validation_score(losses: dict[str, float], watch: str = "paper") -> float:
    """What early stopping watches, from the validation losses by task key; tasks without rows do not count.

    "paper": the mean loss of explanation, sequential, top-N and rationale, where the two rationale tasks count as one (RDRec,
    section 4.1).  Any other value of `watch`: the mean loss of the two recommendation tasks.
    """
    if watch != "paper":
        losses = {key: loss for key, loss in losses.items() if Task.of(key) in ID_TASKS} or losses
    rationale = [losses[task.key] for task in RATIONALE_TASKS if task.key in losses]
    means = [loss for key, loss in losses.items() if Task.of(key) not in RATIONALE_TASKS]
    if rationale:
        means.append(sum(rationale) / len(rationale))
    return sum(means) / len(means)


def train(
    student: Student,
    tokenizer: StudentTokenizer,
    sampler: Sampler,
    settings: TrainSettings,
    state_folder: Path,
    header: dict[str, Any],
    *,
    restart: bool = False,
    progress: bool = True,
    after_epoch: Callable[[EpochRecord], None] | None = None,
    observe: Callable[[EpochRecord, Student], None] | None = None,
    measure_ndcg: MeasureNdcg | None = None,
    team: Team | None = None,
) -> Trained:
    """Train until early stopping or `settings.epochs`, saving the full state in `state_folder` after every epoch.

    header        identifies the run; a saved state with another header is refused (ArtefactError), or discarded with `restart`
    observe       gets the student after every epoch and must not change it
    measure_ndcg  measures NDCG@10 of the validation items (`rdrec.evaluation.validation_ndcg`, a later stage than training);
                  `settings.watch == "ndcg"` needs it
    team          the processes that train together (default: this one alone); only the first evaluates, saves and reports, and all
                  return the same result

    The caller removes the state with `discard_state` after saving the checkpoint.  Raises InputError if there are no validation
    rows, if a loss is not finite, and if NDCG@10 is watched but cannot be measured.
    """
    run = _Run(student, tokenizer, sampler, settings, measure_ndcg, team or Team(device=str(student.device)))
    # a resumed run may be given more epochs, unless the learning rate depends on their number
    header = header | {
        "settings": asdict(settings) | {"epochs": settings.epochs if settings.schedule == "cosine" else None},
        "record": [column.name for column in fields(EpochRecord)],  # a version that records something else starts over
    }
    if restart:
        run.team.broadcast(lambda: discard_other(state_folder, header))
    curve, best = run.resumed(state_folder, header)
    while not run.ended(curve):
        record = run.epoch(len(curve), progress)
        curve.append(record)
        if run.best_of(curve) is record:
            best = {name: tensor.detach().clone() for name, tensor in weights_once(student).items()}
        if run.team.first:
            save_state(student, run.optimizer, state_folder, header, [asdict(r) for r in curve], best)
            if after_epoch:
                after_epoch(record)
            if observe:
                observe(record, student.eval())
    student.load_state_dict(best, strict=False)
    student.t5.tie_weights()
    return Trained(student.eval(), run.best_of(curve).epoch, tuple(curve))


class _Run:
    """What all epochs of one training share."""

    def __init__(
        self, student: Student, tokenizer: StudentTokenizer, sampler: Sampler, settings: TrainSettings,
        measure_ndcg: MeasureNdcg | None, team: Team,
    ) -> None:  # fmt: skip
        self.student, self.tokenizer, self.sampler, self.settings, self.team = student, tokenizer, sampler, settings, team
        self.measure_ndcg = measure_ndcg if Task.SEQUENTIAL in sampler.tasks else None
        if settings.watch == "ndcg" and self.measure_ndcg is None:
            raise InputError(
                "nothing measures NDCG@10, which this run watches", todo="train the sequential task, or choose another --watch"
            )
        self.validation = {task: sampler.validation(task) for task in sampler.tasks}
        if not any(self.validation.values()):
            raise InputError(
                "no user has a validation item, so early stopping is impossible", todo="import a data set with longer histories"
            )
        set_dropout(student, settings.dropout)
        self.optimizer = optimizer_for(student, settings)
        self.ids = IdVectors(student, tokenizer, sampler.view)
        # how many of the first epochs leave out the tasks that rank; 0 if there is only one kind of task
        self.text_epochs = settings.text_epochs if len({task in ID_TASKS for task in sampler.tasks}) == 2 else 0

    def resumed(self, folder: Path, header: dict[str, Any]) -> tuple[list[EpochRecord], dict[str, torch.Tensor]]:
        """The curve and the best weights so far.  Raises ArtefactError if the processes of a team find different states."""
        saved, best = resume(self.student, self.optimizer, folder, header)
        if (known := self.team.broadcast(lambda: len(saved))) != len(saved):
            raise ArtefactError(
                f"this process finds {len(saved)} finished epochs of the run, but the first process finds {known}",
                where=folder,
                todo="use a --home that all machines of the run share",
            )
        return [EpochRecord(**record) for record in saved], best

    def best_of(self, curve: list[EpochRecord]) -> EpochRecord:
        """The record whose weights are kept."""
        return curve[-1] if self.settings.watch == "last" else best_of(curve, self.text_epochs)

    def ended(self, curve: list[EpochRecord]) -> bool:
        """Whether all epochs are done, or early stopping applies."""
        if len(curve) >= self.settings.epochs:
            return True
        return self.settings.watch != "last" and _stopped(curve, self.settings.patience, self.text_epochs)

    def epoch(self, epoch: int, progress: bool) -> EpochRecord:
        """Train one epoch (counted from 0) and evaluate it.  Raises InputError if the score is not finite."""
        losses = self._train(epoch, progress and self.team.first)
        checked, ndcg, gaps = self.team.broadcast(self._evaluate)
        watch = self.settings.watch
        score = 1 - ndcg if watch == "ndcg" and ndcg is not None else validation_score(checked, watch)
        if not math.isfinite(score):
            raise InputError(f"the validation loss is {score} in epoch {epoch + 1}", todo="lower --learning-rate")
        return EpochRecord(epoch + 1, losses, checked, score, ndcg, gaps)

    def _evaluate(self) -> tuple[dict[str, float], float | None, dict[str, float]]:
        """Validation losses by task key, NDCG@10 of the validation items, and the own-other gaps."""
        rows = {task.key: rows for task, rows in self.validation.items() if rows}
        losses = {key: validation_loss(self.student, self.tokenizer, some) for key, some in rows.items()}
        ndcg = self.measure_ndcg(self.student.eval()) if self.measure_ndcg else None
        return losses, ndcg, _gaps(self.student, self.tokenizer, self.sampler)

    def _train(self, epoch: int, progress: bool) -> dict[str, float]:
        """The mean training loss of each task trained in this epoch, by task key."""
        student, sampler, settings = self.student, self.sampler, self.settings
        self.team.sync_weights(student)
        fixed = RankingWeights(student) if settings.language_rate else None
        torch.manual_seed(settings.seed * 1_000_003 + epoch + self.team.dropout_seed)
        student.train()
        steps = sampler.steps(settings.batch_rows, settings.least_steps)
        texts = tuple(task for task in sampler.tasks if task not in ID_TASKS)
        texts_alone = epoch < settings.text_epochs and bool(texts)
        sizes = {task: settings.rows(task) for task in (texts if texts_alone else sampler.tasks)}
        rows = {task: sampler.epoch(task, epoch, steps * size) for task, size in sizes.items()}
        sums = dict.fromkeys(sizes, 0.0)
        with tqdm(total=steps, desc=f"epoch {epoch + 1}", unit="step", leave=False, disable=None if progress else True) as bar:
            for step in range(steps):
                rate = settings.rate(epoch * steps + step, settings.epochs * steps)
                losses = self._gradients(
                    {task: rows[task][step * size : (step + 1) * size] for task, size in sizes.items()}, rate
                )
                for task, loss in losses.items():
                    sums[task] += loss
                torch.nn.utils.clip_grad_norm_(student.parameters(), CLIP)
                with self.ids.slowed(0.0 if texts_alone else settings.id_rate), fixed.restored() if fixed else nullcontext():
                    self.optimizer.step()
                bar.update()
                bar.set_postfix({task.key: f"{sums[task] / (step + 1):.2f}" for task in sizes}, refresh=False)
        return {task.key: sums[task] / steps for task in sizes}

    def _gradients(self, rows: dict[Task, Sequence[Row]], rate: float) -> dict[Task, float]:
        """Set the gradients and learning rates of one step, all tasks weighted alike; return the mean loss of each task."""
        settings = self.settings
        self.optimizer.zero_grad(set_to_none=True)
        for group in self.optimizer.param_groups:
            group["lr"] = group["share"] * rate
        losses = []
        for task, some in rows.items():
            set_dropout(self.student, settings.dropout_of(task))
            losses.append(
                add_gradients(
                    self.student, self.tokenizer, some, 1 / len(rows), parts=settings.accumulate, precision=settings.precision,
                    team=self.team,
                )
            )  # fmt: skip
        return dict(zip(rows, self.team.all_reduce(self.student.parameters(), losses), strict=True))


def validation_loss(student: Student, tokenizer: StudentTokenizer, rows: list[Row]) -> float:
    """Mean loss in nats over all target tokens of `rows`, in batches of similar length, so that there is little padding."""
    student.eval()
    ordered = sorted(rows, key=lambda row: len(tokenizer.encode(row.source).tokens))
    total, count = 0.0, 0
    with torch.inference_mode():
        for start in range(0, len(ordered), VALIDATION_ROWS):
            batch = make_batch(ordered[start : start + VALIDATION_ROWS], tokenizer).to(student.device)
            tokens = target_tokens(batch)
            total += float(student(batch)) * tokens
            count += tokens
    return total / count


def optimizer_for(student: Student, settings: TrainSettings) -> torch.optim.Optimizer:
    """AdamW with a rate of its own for token and prompt vectors (no weight decay), for language layers, and for all other layers.

    Parameters with rate 0 are frozen, also after training.
    """
    tokens = [student.t5.shared.weight, student.prompts]
    language = language_layers(student) if settings.language_rate else []
    grouped = {id(parameter) for parameter in tokens + language}
    layers = [parameter for parameter in student.parameters() if id(parameter) not in grouped]
    groups = [
        {"params": tokens, "share": 1.0, "weight_decay": 0.0},
        {"params": language, "share": settings.language_rate},
        {"params": layers, "share": settings.layer_rate},
    ]
    for parameter in layers:
        parameter.requires_grad_(settings.layer_rate > 0)
    return torch.optim.AdamW([group for group in groups if group["params"] and group["share"]], lr=settings.learning_rate)


def _gaps(student: Student, tokenizer: StudentTokenizer, sampler: Sampler) -> dict[str, float]:
    """Own-other gaps by task key, of the text tasks whose validation rows can exchange IDs (`gap.partners`)."""
    gaps = {}
    for task in sampler.tasks:
        rows = sampler.validation_texts(task)
        with suppress(InputError):
            gaps[task.key] = round(
                own_and_other(student, tokenizer, sampler.view.item_ids, task, rows, sampler.seed).summary().value, 4
            )
    return gaps


def best_of(curve: Sequence[EpochRecord], text_epochs: int) -> EpochRecord:
    """The record with the lowest score; the first `text_epochs` do not count once there are others, since nothing that ranks was trained."""
    return min(curve[text_epochs:] or curve, key=lambda record: record.score)


def _stopped(curve: list[EpochRecord], patience: int, text_epochs: int) -> bool:
    """Whether `patience` epochs in a row brought no new best; a new best restarts the count (method fault 11)."""
    return len(curve) > text_epochs and len(curve) - best_of(curve, text_epochs).epoch >= patience
