"""Training a student: one task a batch, all tasks a step, early stop, and a state on disk after every epoch.

In: a `Sampler`, a student, its tokenizer, settings.  Out: the best weights and the curve.  It knows no file of reviews and no page.

A step adds up the gradients of one batch a task, each with its own weight whatever its rows, so that short rows are
never padded to long ones.  A student that starts from data learns sentences alone in its first epochs, by what is silent where an item is
predicted (`language.py`), so that its ranking stays as it was; without dropout, which only slows that down.  Randomness depends on (seed, epoch) alone: a run that was killed goes on from its last finished epoch and
ends with the same weights, bit for bit on a CPU, as one that was not.  Several processes share every batch (`team.py`): the same samples in
the same order and the same gradient up to rounding, whatever their number; only dropout draws otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from rdrec.core.records import ArtefactError, InputError
from rdrec.student.batches import Row, make_batch
from rdrec.student.gap import own_and_other
from rdrec.student.id_vectors import IdVectors
from rdrec.student.language import FirstPosition, language_layers
from rdrec.student.model import Student, set_dropout
from rdrec.student.sampling import Sampler
from rdrec.student.state import discard_other, resume, save_state, weights_once
from rdrec.student.step import add_gradients, target_tokens
from rdrec.student.tasks import ID_TASKS, RATIONALE_TASKS, Task
from rdrec.student.team import Team
from rdrec.student.tokenizer import StudentTokenizer

VALIDATION_ROWS = 64  # rows a batch when nothing has to be remembered for a gradient
_LAYERS_FROM_DATA, _LAYERS = 0.02, 0.3  # rate of the layers, in that of the vectors
_RATE_FROM_DATA, _RATE = 6e-3, 3e-3
CLIP = 1.0  # norm of the gradient; keeps the first steps of a student from scratch in bounds


@dataclass(frozen=True)
class TrainSettings:
    """See `rdrec/core/settings/` for units and bounds."""

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
    hold: float = 0.0
    text_share: float = 0.0
    least_steps: int = 0
    warm_up: int = 0
    schedule: str = "constant"
    dropout: float = 0.1
    hide_user: float = 0.0
    sequential_weight: float = 1.0
    topn_weight: float = 1.0
    watch: str = "paper"
    accumulate: int = 1
    precision: str = "fp32"

    def rows(self, task: Task) -> int:
        """Rows of a task in one step."""
        own = self.topn_rows if task is Task.TOPN else 0 if task is Task.SEQUENTIAL else self.text_rows
        return own or self.batch_rows

    def of_start(self, start: str) -> TrainSettings:
        """For a student that starts from "data", whose vectors and layers are there already, or as "random" or "pretrained"."""
        if start == "data":
            return replace(
                self,
                layer_rate=self.layer_rate or _LAYERS_FROM_DATA,
                learning_rate=self.learning_rate or _RATE_FROM_DATA,
            )
        return replace(
            self,
            layer_rate=self.layer_rate or _LAYERS,
            learning_rate=self.learning_rate or _RATE,
            language_rate=0.0,
            id_rate=1.0,
            hold=0.0,
            text_share=0.0,
        )

    def weight(self, task: Task) -> float:
        """Of a task's mean loss in the sum that is minimised."""
        return {Task.SEQUENTIAL: self.sequential_weight, Task.TOPN: self.topn_weight}.get(task, 1.0)

    @property
    def text_epochs(self) -> int:
        """How many of the first epochs hold the text tasks alone."""
        return int(self.text_share * self.epochs)

    def dropout_of(self, task: Task) -> float:
        """None in the sentences of a student whose language is apart from what it ranks with."""
        return 0.0 if self.language_rate and task not in ID_TASKS else self.dropout

    def rate_of_ids(self, step: int, steps: int) -> float:
        """Of the vectors of users and items, in learning rates."""
        return 0.0 if step < self.hold * steps else self.id_rate

    def rate(self, step: int, steps: int) -> float:
        """Learning rate of `step` (from 0) of `steps` in all epochs."""
        rising = min(1.0, (step + 1) / self.warm_up) if self.warm_up else 1.0
        falling = 0.5 * (1 + math.cos(math.pi * step / steps)) if self.schedule == "cosine" else 1.0
        return self.learning_rate * rising * falling


Judge = Callable[[Student], float]  # NDCG@10 of the validation items


@dataclass(frozen=True)
class EpochRecord:
    """One line of the training curve.  Losses are means over target tokens, by task key.

    score  what early stop watches; lower is better
    ndcg   NDCG@10 of the validation items, where somebody judged it
    gaps   own-other gap of each text task on its validation rows, nats per token, by task key (`gap.py`)
    """

    epoch: int
    train: dict[str, float]
    validation: dict[str, float]
    score: float
    ndcg: float | None = None
    gaps: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Trained:
    """`student` holds the weights of `best_epoch`: the last one where nothing is watched."""

    student: Student
    best_epoch: int
    curve: tuple[EpochRecord, ...]


def validation_score(losses: dict[str, float], watch: str = "paper") -> float:
    """`paper`: the mean of the validation losses of explanation, sequential, top-N and rationale (RDRec, section 4.1), the two
    rationale tasks counting as one; all others: of the two recommendation tasks alone.  Tasks without rows are left out.
    """
    if watch != "paper":
        losses = {key: loss for key, loss in losses.items() if Task.of(key) in ID_TASKS} or losses
    rationale = [losses[task.key] for task in RATIONALE_TASKS if task.key in losses]
    groups = [loss for key, loss in losses.items() if Task.of(key) not in RATIONALE_TASKS]
    if rationale:
        groups.append(sum(rationale) / len(rationale))
    return sum(groups) / len(groups)


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
    judge: Judge | None = None,
    team: Team | None = None,
) -> Trained:
    """Train until early stop or `settings.epochs`, saving the full state under `state_folder` after every epoch.

    `header` says what run this is; a state with another header is refused (ArtefactError), or with `restart` thrown away.  After a finished run the
    caller removes the state with `discard_state`, once the checkpoint is safe.  `judge` gives the NDCG@10 of the validation items (`rdrec.evaluation.judge`;
    ranking is a later stage than training); `settings.watch == "ndcg"` needs it.  `observe` is given the student after every epoch and must not change it.  `team`: the processes that train together, one by default; the first
    alone measures, saves and reports, and all return the same.
    """
    judge = _usable_judge(sampler, settings, judge)
    # more epochs may be asked for on resuming, unless the learning rate depends on how many there will be
    epochs = settings.epochs if settings.schedule == "cosine" else None
    header = {**header, "settings": {**asdict(settings), "epochs": epochs}}
    team = team or Team(device=str(student.device))
    set_dropout(student, settings.dropout)
    optimizer = optimizer_for(student, settings)
    ids = IdVectors(student, tokenizer, sampler.view)
    if restart:
        team.of_first(lambda: discard_other(state_folder, header))
    curve, best = _resumed(student, optimizer, state_folder, header, team)
    validation = _validation_rows(sampler)
    while (epoch := len(curve)) < settings.epochs and not (settings.watch != "last" and _stopped(curve, settings.patience)):
        losses = _train_epoch(student, tokenizer, sampler, settings, optimizer, ids, epoch, progress and team.first, team)
        checked, ndcg, gaps = team.of_first(lambda: _measured(student, tokenizer, sampler, validation, judge))
        record = _record(epoch + 1, losses, checked, ndcg, gaps, settings.watch)
        if settings.watch == "last" or not curve or record.score < min(earlier.score for earlier in curve):
            best = {name: tensor.detach().clone() for name, tensor in weights_once(student).items()}
        curve.append(record)
        if team.first:
            save_state(student, optimizer, state_folder, header, [asdict(r) for r in curve], best)
            if after_epoch:
                after_epoch(record)
            if observe:
                observe(record, student.eval())
    student.load_state_dict(best, strict=False)
    student.t5.tie_weights()
    best_epoch = curve[-1].epoch if settings.watch == "last" else min(curve, key=lambda record: record.score).epoch
    return Trained(student.eval(), best_epoch, tuple(curve))


def _usable_judge(sampler: Sampler, settings: TrainSettings, judge: Judge | None) -> Judge | None:
    """None where the next purchase is not trained.  Raises InputError where somebody must judge and nobody can."""
    if Task.SEQUENTIAL not in sampler.tasks:
        judge = None  # what is not trained is not judged
    if settings.watch == "ndcg" and judge is None:
        raise InputError("nobody judges how the next purchase is ranked", todo="train that task, or watch something else")
    return judge


def _resumed(
    student: Student, optimizer: torch.optim.Optimizer, folder: Path, header: dict[str, Any], team: Team
) -> tuple[list[EpochRecord], dict[str, torch.Tensor]]:
    """The curve and the best weights so far.  Raises ArtefactError where the processes of a team find different states."""
    saved, best = resume(student, optimizer, folder, header)
    if (known := team.of_first(lambda: len(saved))) != len(saved):
        raise ArtefactError(
            f"this process finds {len(saved)} finished epochs of the run, the first process {known}",
            where=folder,
            todo="use a --home that all machines of the run share",
        )
    return [EpochRecord(**record) for record in saved], best


def _validation_rows(sampler: Sampler) -> dict[Task, list[Row]]:
    """Raises InputError where no task has any."""
    rows = {task: sampler.validation(task) for task in sampler.tasks}
    if not any(rows.values()):
        raise InputError(
            "no user has a validation item, so nothing says when to stop", todo="import a set with longer histories"
        )
    return rows


def _measured(
    student: Student,
    tokenizer: StudentTokenizer,
    sampler: Sampler,
    validation: dict[Task, list[Row]],
    judge: Judge | None,
) -> tuple[dict[str, float], float | None, dict[str, float]]:
    """Validation losses by task key, NDCG@10 of the validation items, and the own-other gaps."""
    losses = {task.key: validation_loss(student, tokenizer, rows) for task, rows in validation.items() if rows}
    return losses, judge(student.eval()) if judge else None, _gaps(student, tokenizer, sampler)


def _record(
    epoch: int, losses: dict[str, float], checked: dict[str, float], ndcg: float | None, gaps: dict[str, float], watch: str
) -> EpochRecord:
    """Raises InputError where the score is not finite."""
    score = 1 - ndcg if watch == "ndcg" and ndcg is not None else validation_score(checked, watch)
    if not math.isfinite(score):
        raise InputError(f"the validation loss is {score} in epoch {epoch}", todo="lower --learning-rate")
    return EpochRecord(epoch, losses, checked, score, ndcg, gaps)


def validation_loss(student: Student, tokenizer: StudentTokenizer, rows: list[Row]) -> float:
    """Mean loss over all target tokens of `rows`; batches of like length, so that little is padding."""
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
    """Tokens and prompt vectors, which are of unit scale, and the layers at rates of their own; vectors do not decay."""
    tokens = [student.t5.shared.weight, student.prompts]
    language = language_layers(student) if settings.language_rate else []
    known = {id(parameter) for parameter in tokens + language}
    layers = [parameter for parameter in student.parameters() if id(parameter) not in known]
    groups = [
        {"params": tokens, "share": 1.0, "language": True, "weight_decay": 0.0},
        {"params": language, "share": settings.language_rate, "language": True},
        {"params": layers, "share": settings.layer_rate, "language": False},
    ]
    return torch.optim.AdamW([group for group in groups if group["params"]], lr=settings.learning_rate)


def _gaps(student: Student, tokenizer: StudentTokenizer, sampler: Sampler) -> dict[str, float]:
    """Of the text tasks with validation rows enough for another's id to stand in."""
    found = {}
    for task in sampler.tasks:
        rows = sampler.validation_texts(task)
        with suppress(InputError):
            found[task.key] = round(
                own_and_other(student, tokenizer, sampler.view.item_ids, task, rows, sampler.seed).summary().value, 4
            )
    return found


def _train_epoch(
    student: Student,
    tokenizer: StudentTokenizer,
    sampler: Sampler,
    settings: TrainSettings,
    optimizer: torch.optim.Optimizer,
    ids: IdVectors,
    epoch: int,
    progress: bool,
    team: Team,
) -> dict[str, float]:
    """One pass; returns the mean training loss of each task that is trained in this epoch."""
    team.same_start(student)
    first = FirstPosition(student) if settings.language_rate else None
    torch.manual_seed(settings.seed * 1_000_003 + epoch + team.dropout_seed)
    student.train()
    steps = sampler.steps(settings.batch_rows, settings.least_steps)
    texts = tuple(task for task in sampler.tasks if task not in ID_TASKS)
    texts_alone = epoch < settings.text_epochs and bool(texts)
    sizes = {task: settings.rows(task) for task in (texts if texts_alone else sampler.tasks)}
    rows = {task: sampler.epoch(task, epoch, steps * size, settings.hide_user) for task, size in sizes.items()}
    weights = {task: settings.weight(task) for task in sizes}
    whole = sum(weights.values())
    sums = dict.fromkeys(sizes, 0.0)
    with tqdm(total=steps, desc=f"epoch {epoch + 1}", unit="step", leave=False, disable=None if progress else True) as bar:
        for step in range(steps):
            optimizer.zero_grad(set_to_none=True)
            for group in optimizer.param_groups:
                held = texts_alone and not group["language"]
                group["lr"] = 0.0 if held else group["share"] * settings.rate(epoch * steps + step, settings.epochs * steps)
            losses = []
            for task, size in sizes.items():
                set_dropout(student, settings.dropout_of(task))
                part, weight = rows[task][step * size : (step + 1) * size], weights[task] / whole
                losses.append(
                    add_gradients(
                        student, tokenizer, part, weight, parts=settings.accumulate, precision=settings.precision, team=team
                    )
                )
            for task, loss in zip(sizes, team.add_up(student.parameters(), losses), strict=True):
                sums[task] += loss
            torch.nn.utils.clip_grad_norm_(student.parameters(), CLIP)
            with (
                ids.slowed(0.0 if texts_alone else settings.rate_of_ids(epoch * steps + step, settings.epochs * steps)),
                first.kept() if first else nullcontext(),
            ):
                optimizer.step()
            bar.update()
            bar.set_postfix({task.key: f"{sums[task] / (step + 1):.2f}" for task in sizes}, refresh=False)
    return {task.key: sums[task] / steps for task in sizes}


def _stopped(curve: list[EpochRecord], patience: int) -> bool:
    """`patience` epochs in a row without a new best; a new best starts the count again (method fault 11)."""
    if not curve:
        return False
    best = min(range(len(curve)), key=lambda index: curve[index].score)
    return len(curve) - 1 - best >= patience
